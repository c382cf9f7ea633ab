//! One log line for each request.

use std::time::Instant;

use tollgate_gateway::Cost;

/// What is logged of a request.
pub(crate) struct Logged<'a> {
    pub(crate) request_id: &'a str,
    pub(crate) status: u16,
    pub(crate) replayed: bool,
    pub(crate) cost: Cost,
    pub(crate) began: Instant,
}

/// Logs a request: API, method, status, duration, calls and capacity units. Never a body, a key, a path or a header.
pub(crate) fn log(api: &str, method: &str, logged: &Logged<'_>) {
    tracing::info!(
        api,
        method,
        function = std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default(),
        request_id = logged.request_id,
        status = logged.status,
        replayed = logged.replayed,
        duration_ms = u64::try_from(logged.began.elapsed().as_millis()).unwrap_or(u64::MAX),
        calls = logged.cost.operations.join(","),
        depth = logged.cost.depth,
        read_units = logged.cost.read_units,
        write_units = logged.cost.write_units,
        "request"
    );
}
