//! One log line for each request, which CloudWatch also counts.

use std::time::Instant;

use serde::Serialize;
use tollgate_domain::Timestamp;
use tollgate_gateway::{
    Cost,
    metrics::{
        LATENCY, Metric, PAYMENT_WRITE_FAILED, REPLAYS, RequestOutcome,
        line::{Level, write},
    },
};

/// What is logged of a request.
pub(crate) struct Logged<'a> {
    /// The front door, or [`PAGES`](tollgate_gateway::metrics::PAGES).
    pub(crate) api: &'static str,
    pub(crate) method: &'a str,
    pub(crate) request_id: &'a str,
    pub(crate) status: u16,
    pub(crate) replayed: bool,
    /// Whether it writes payments or refunds, so that its failures are alarmed about.
    pub(crate) writes_payments: bool,
    pub(crate) cost: Cost,
    /// When it came, and by the monotonic clock.
    pub(crate) now: Timestamp,
    pub(crate) began: Instant,
}

/// The line's members. A metric's has its name.
#[derive(Serialize)]
struct Fields<'a> {
    #[serde(rename = "Api")]
    api: &'static str,
    #[serde(rename = "Outcome")]
    outcome: RequestOutcome,
    #[serde(rename = "Latency")]
    latency_ms: f64,
    #[serde(rename = "PaymentWriteFailed", skip_serializing_if = "Option::is_none")]
    payment_write_failed: Option<u8>,
    #[serde(rename = "Replays", skip_serializing_if = "Option::is_none")]
    replays: Option<u8>,
    method: &'a str,
    request_id: &'a str,
    status: u16,
    replayed: bool,
    /// The payments and refunds that it wrote.
    resources: String,
    calls: String,
    depth: usize,
    read_units: f64,
    write_units: f64,
}

/// Logs a request: API, method, outcome, duration, what it wrote, calls and capacity units. Never a body, a key, a path or
/// a header.
pub(crate) fn log(logged: &Logged<'_>) {
    let outcome = RequestOutcome::of(logged.status);
    let fields = Fields {
        api: logged.api,
        outcome,
        latency_ms: (logged.began.elapsed().as_secs_f64() * 100_000.0).round() / 100.0,
        payment_write_failed: logged.writes_payments.then_some(u8::from(outcome == RequestOutcome::Failed)),
        replays: logged.replayed.then_some(1),
        method: logged.method,
        request_id: logged.request_id,
        status: logged.status,
        replayed: logged.replayed,
        resources: logged.cost.written.join(","),
        calls: logged.cost.operations.join(","),
        depth: logged.cost.depth,
        read_units: logged.cost.read_units,
        write_units: logged.cost.write_units,
    };
    let metrics: &[&Metric] = match (logged.writes_payments, logged.replayed) {
        (false, false) => &[&LATENCY],
        (true, false) => &[&LATENCY, &PAYMENT_WRITE_FAILED],
        (false, true) => &[&LATENCY, &REPLAYS],
        (true, true) => &[&LATENCY, &PAYMENT_WRITE_FAILED, &REPLAYS],
    };
    write(logged.now, Level::Info, "request", metrics, &fields);
}
