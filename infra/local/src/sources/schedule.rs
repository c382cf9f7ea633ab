//! The clock as an event source.
//!
//! Whatever rate the template names, a schedule ticks once a second here when its last run has finished: a person who
//! tries the gateway out should see a settlement or a late webhook within seconds.

use std::time::Duration;

use serde_json::{Value, json};

use super::Context;
use crate::{
    clock,
    template::{ACCOUNT, REGION, ScheduleSource},
};

const TICK: Duration = Duration::from_secs(1);
/// After a run that failed.
const PAUSE: Duration = Duration::from_secs(5);

pub(super) async fn run(context: Context, source: ScheduleSource) {
    let mut stop = context.stop.clone();
    tokio::select! {
        _ = stop.wait_for(|stop| *stop) => {}
        () = tick(&context, &source) => {}
    }
}

async fn tick(context: &Context, source: &ScheduleSource) {
    loop {
        tokio::time::sleep(TICK).await;
        let event = match &source.input {
            Some(input) => input.clone(),
            None => scheduled_event(&source.id, &clock::rfc3339(clock::now_ms())),
        };
        if let Err(error) = context.lambda.invoke(&source.function, event.to_string().into()).await {
            crate::logs::log(&source.id, &format!("a scheduled run failed: {error}"));
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// The event that `ScheduleV2` and `Schedule` give a function that names no input of its own.
fn scheduled_event(rule: &str, time: &str) -> Value {
    json!({
        "version": "0",
        "id": uuid::Uuid::new_v4().to_string(),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": time,
        "region": REGION,
        "resources": [format!("arn:aws:events:{}:{}:rule/{rule}", REGION, ACCOUNT)],
        "detail": {},
    })
}
