//! Logs: one JSON object a line on standard output, where CloudWatch reads them.

use std::str::FromStr;

use tracing::Level;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

/// Sets up logging once per process. `TOLLGATE_LOG` is the lowest level that is written (`info` when absent).
///
/// Below `info` only our own crates are heard: those of the runtime and the SDK write whole requests there, keys and bodies
/// included.
pub fn init_logs() {
    let level = std::env::var("TOLLGATE_LOG")
        .ok()
        .and_then(|text| Level::from_str(&text).ok())
        .unwrap_or(Level::INFO);
    let ours = Targets::new().with_default(level.min(Level::INFO)).with_target("tollgate", level);
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false);
    // A second call, as tests make, keeps the first set-up.
    let _ = tracing_subscriber::registry().with(lines).with(ours).try_init();
}
