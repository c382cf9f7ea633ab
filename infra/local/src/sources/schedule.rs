//! A schedule as an event source. Whatever the template says, it ticks every second here: nobody wants to wait a minute
//! to see a bank transfer settle on a laptop.

use std::time::Duration;

use axum::body::Bytes;
use serde_json::json;

use crate::functions::Functions;

/// The time between two runs.
const TICK: Duration = Duration::from_secs(1);

/// Runs a function every second, one run after the other, for ever.
pub async fn run(functions: Functions, function: String) {
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let event = json!({"version": "0", "source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": {}});
        if let Err(error) = functions.invoke(&function, Bytes::from(event.to_string())).await {
            eprintln!("{function}: {error}");
        }
    }
}
