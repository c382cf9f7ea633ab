//! Log lines with metrics: one JSON object a line on standard output, in CloudWatch's embedded metric format.
//!
//! They are written whatever the log level is, because alarms depend on them.

use std::{io::Write, sync::OnceLock};

use serde::{Serialize, Serializer, ser::SerializeSeq};
use tollgate_domain::Timestamp;

use super::{Dimension, Metric, NAMESPACE, STACK};

/// About how long a line is, in bytes.
const LINE_BYTES: usize = 1024;

/// How grave a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// As usual.
    Info,
    /// Something failed.
    Error,
}

/// Writes a line with these metrics. `fields` are its other members: the metrics' values and dimensions by
/// their names, and what only people read. They hold no card number, no key and no body.
///
/// In a process that is no Lambda function (the operator's tool, a test) nothing is written.
pub fn write(
    now: Timestamp,
    level: Level,
    message: &'static str,
    metrics: &[&Metric],
    fields: &impl Serialize,
) {
    let (stack, function) = (variable(&STACK_NAME, "TOLLGATE_TABLE"), function());
    if function.is_empty() {
        return;
    }
    let aws = Metadata { timestamp: now.ms(), cloud_watch_metrics: metrics };
    let trace_id = trace_id();
    let line = Line { aws, stack, level, message, function, trace_id: &trace_id, fields };
    let mut text = Vec::with_capacity(LINE_BYTES);
    // Neither a value that is no JSON nor a closed standard output fails a request.
    if serde_json::to_writer(&mut text, &line).is_ok() {
        text.push(b'\n');
        let _ = std::io::stdout().write_all(&text);
    }
}

/// The trace in which this invocation is: the root of Lambda's `_X_AMZN_TRACE_ID`, as X-Ray shows it; empty
/// outside Lambda.
pub fn trace_id() -> String {
    let header = std::env::var("_X_AMZN_TRACE_ID").unwrap_or_default();
    root(&header).to_owned()
}

/// The name of the running function; empty outside Lambda.
pub fn function() -> &'static str {
    variable(&FUNCTION_NAME, "AWS_LAMBDA_FUNCTION_NAME")
}

static STACK_NAME: OnceLock<String> = OnceLock::new();
static FUNCTION_NAME: OnceLock<String> = OnceLock::new();

/// A variable that never changes.
fn variable(kept: &'static OnceLock<String>, name: &str) -> &'static str {
    kept.get_or_init(|| std::env::var(name).unwrap_or_default())
}

fn root(header: &str) -> &str {
    header.split(';').find_map(|part| part.trim().strip_prefix("Root=")).unwrap_or_default()
}

#[derive(Serialize)]
struct Line<'a, F> {
    #[serde(rename = "_aws")]
    aws: Metadata<'a>,
    #[serde(rename = "Stack")]
    stack: &'a str,
    level: Level,
    message: &'static str,
    function: &'a str,
    trace_id: &'a str,
    #[serde(flatten)]
    fields: &'a F,
}

/// The format's own member.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata<'a> {
    /// In Unix milliseconds.
    timestamp: i64,
    cloud_watch_metrics: &'a [&'a Metric],
}

/// A metric as one directive of the format.
impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Directive<'a> {
            namespace: &'static str,
            dimensions: Vec<Set>,
            metrics: [Definition<'a>; 1],
        }
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Definition<'a> {
            name: &'a str,
            unit: &'static str,
        }
        let definition = Definition { name: self.name, unit: self.unit.as_str() };
        let dimensions = self.by.iter().map(|set| Set(set)).collect();
        Directive { namespace: NAMESPACE, dimensions, metrics: [definition] }.serialize(serializer)
    }
}

/// A set of dimensions, after the stack.
struct Set(&'static [Dimension]);

impl Serialize for Set {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut names = serializer.serialize_seq(Some(self.0.len() + 1))?;
        names.serialize_element(STACK)?;
        for dimension in self.0 {
            names.serialize_element(dimension.name())?;
        }
        names.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::metrics::{DUE_WORK_FOUND, DUE_WORK_OLDEST, WEBHOOK_WAIT};

    #[test]
    fn a_line_has_the_shape_that_cloudwatch_counts() {
        let fields = json!({"Kind": "PAY", "DueWorkOldest": 3, "DueWorkFound": 1, "subject": "PAY#1"});
        let line = Line {
            aws: Metadata { timestamp: 7000, cloud_watch_metrics: &[&DUE_WORK_OLDEST, &DUE_WORK_FOUND] },
            stack: "shop",
            level: Level::Info,
            message: "found",
            function: "f",
            trace_id: "1-a-b",
            fields: &fields,
        };
        let line: Value = serde_json::from_str(&serde_json::to_string(&line).unwrap()).unwrap();
        let directive = |name: &str, unit: &str| {
            json!({"Namespace": "Tollgate", "Dimensions": [["Stack", "Kind"]],
                "Metrics": [{"Name": name, "Unit": unit}]})
        };
        assert_eq!(
            line,
            json!({
                "_aws": {"Timestamp": 7000, "CloudWatchMetrics": [
                    directive("DueWorkOldest", "Seconds"), directive("DueWorkFound", "Count")]},
                "Stack": "shop", "level": "INFO", "message": "found", "function": "f", "trace_id": "1-a-b",
                "Kind": "PAY", "DueWorkOldest": 3, "DueWorkFound": 1, "subject": "PAY#1",
            })
        );
        let sets = serde_json::to_value(&WEBHOOK_WAIT).unwrap()["Dimensions"].clone();
        assert_eq!(sets, json!([["Stack"], ["Stack", "Outcome"]]));
    }

    #[test]
    fn the_trace_is_the_root_that_lambda_names() {
        let header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
        assert_eq!(root(header), "1-5759e988-bd862e3fe1be46a994272793");
        assert_eq!(root("Self=1-a-b;Root=1-c-d"), "1-c-d");
        assert_eq!((root(""), root("Parent=1")), ("", ""));
    }
}
