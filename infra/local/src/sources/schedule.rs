//! A schedule as an event source.
//!
//! Its rate is not that of the template: the next run begins a second after the last one has finished, so that
//! settlements and late webhooks show within seconds.

use std::time::Duration;

use aws_lambda_events::eventbridge::EventBridgeEvent;
use serde_json::json;

use super::context::Context;
use crate::{
    aws::{self, ACCOUNT, REGION},
    clock,
    template::ScheduleSource,
};

/// The time between two runs.
const INTERVAL: Duration = Duration::from_secs(1);
/// The additional pause after a failed run.
const ERROR_PAUSE: Duration = Duration::from_secs(5);

pub(super) async fn run(context: Context, source: ScheduleSource) {
    let mut stop = context.stop.clone();
    tokio::select! {
        _ = stop.wait_for(|stop| *stop) => {}
        () = tick(&context, &source) => {}
    }
}

async fn tick(context: &Context, source: &ScheduleSource) {
    loop {
        tokio::time::sleep(INTERVAL).await;
        let event = match &source.input {
            Some(input) => input.to_string(),
            None => json!(scheduled_event(&source.id, clock::now_ms())).to_string(),
        };
        if let Err(error) = context.lambda.invoke(&source.function, event.into()).await {
            crate::logs::log(&source.id, &format!("a scheduled run failed: {error}"));
            tokio::time::sleep(ERROR_PAUSE).await;
        }
    }
}

/// The event of a schedule without `Input`.
fn scheduled_event(rule: &str, now_ms: u64) -> EventBridgeEvent {
    let mut event = EventBridgeEvent::default();
    event.version = Some("0".to_owned());
    event.id = Some(uuid::Uuid::new_v4().to_string());
    event.detail_type = String::from("Scheduled Event");
    event.source = String::from("aws.events");
    event.account = Some(ACCOUNT.to_owned());
    event.time = clock::rfc3339(now_ms).parse().ok();
    event.region = Some(REGION.to_owned());
    event.resources = Some(vec![aws::arn("events", &format!("rule/{rule}"))]);
    event.detail = json!({});
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheduled_event_has_eventbridges_shape() {
        let event = scheduled_event("Worker.Tick", 1_756_730_096_789);
        let expected = json!({
            "version": "0",
            "id": event.id,
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": "000000000000",
            "time": "2025-09-01T12:34:56Z",
            "region": "us-east-1",
            "resources": ["arn:aws:events:us-east-1:000000000000:rule/Worker.Tick"],
            "detail": {},
        });
        assert_eq!(serde_json::to_string(&event).expect("JSON"), expected.to_string());
    }
}
