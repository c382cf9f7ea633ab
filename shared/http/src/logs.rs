//! Logs: one JSON object a line on standard output, where CloudWatch reads them.

use std::str::FromStr;

use tracing::Level;

/// Sets up logging once per process. `TOLLGATE_LOG` is the lowest level that is written (`info` when absent).
pub fn init_logs() {
    let level = std::env::var("TOLLGATE_LOG")
        .ok()
        .and_then(|text| Level::from_str(&text).ok())
        .unwrap_or(Level::INFO);
    // A second call, as tests make, keeps the first set-up.
    let _ = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_max_level(level)
        .try_init();
}
