//! Logs: one JSON object a line on standard output, where CloudWatch reads them.

use std::{fmt, str::FromStr};

use tollgate_gateway::metrics::line::trace_id;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::{
    filter::Targets,
    fmt::{FmtContext, FormatEvent, FormatFields, format},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

/// A format of JSON objects, each of which gets a member with the trace of its invocation.
struct WithTrace<F>(F);

impl<S, N, F> FormatEvent<S, N> for WithTrace<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: format::Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = String::new();
        self.0.format_event(context, format::Writer::new(&mut line), event)?;
        let members = line.strip_prefix('{').ok_or(fmt::Error)?;
        write!(writer, "{{\"trace_id\":{},{members}", serde_json::Value::from(trace_id()))
    }
}

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
    let format = format().json().flatten_event(true).with_current_span(false).with_span_list(false);
    let lines = tracing_subscriber::fmt::layer().json().event_format(WithTrace(format));
    // A second call, as tests make, keeps the first set-up.
    let _ = tracing_subscriber::registry().with(lines).with(ours).try_init();
}
