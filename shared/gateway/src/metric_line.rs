//! Metrics: lines on standard output in CloudWatch's embedded metric format.
//!
//! CloudWatch counts them under the namespace `Tollgate`, without a call or a permission.
//! `infra/observability.yaml` defines the alarms.

use std::io::Write;

use serde_json::{Value, json};
use tollgate_domain::Timestamp;

/// The unit of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// A number of things.
    Count,
    /// Seconds.
    Seconds,
}

impl Unit {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Seconds => "Seconds",
        }
    }
}

/// Writes one value of a metric: its name, unit and value, by the stack and these dimensions. `more` are
/// members that only people read; they hold no card number, no key and no body.
pub(crate) fn write(now: Timestamp, dimensions: &[(&str, &str)], metric: (&str, Unit, i64), more: &Value) {
    let stack = std::env::var("TOLLGATE_TABLE").unwrap_or_default();
    let line = line(now, &stack, dimensions, metric, more).to_string();
    // A closed standard output fails nothing.
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn line(
    now: Timestamp,
    stack: &str,
    dimensions: &[(&str, &str)],
    (name, unit, value): (&str, Unit, i64),
    more: &Value,
) -> Value {
    let names: Vec<&str> = std::iter::once("Stack").chain(dimensions.iter().map(|(name, _)| *name)).collect();
    let mut line = json!({
        "_aws": {
            "Timestamp": now.ms(),
            "CloudWatchMetrics": [{
                "Namespace": "Tollgate",
                "Dimensions": [names],
                "Metrics": [{"Name": name, "Unit": unit.as_str()}],
            }],
        },
        "Stack": stack,
        name: value,
    });
    for (name, value) in dimensions {
        line[*name] = json!(value);
    }
    for (name, value) in more.as_object().into_iter().flatten() {
        line[name] = value.clone();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_has_the_shape_that_cloudwatch_counts() {
        let more = json!({"subject": "PAY#1", "what": "why"});
        let line = line(Timestamp::from_s(7), "shop", &[("Kind", "PAY")], ("Age", Unit::Seconds, 3), &more);
        assert_eq!(line["_aws"]["Timestamp"], 7000);
        let metrics = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(metrics["Dimensions"], json!([["Stack", "Kind"]]));
        // Every name in the metadata names a member at the top.
        let name = metrics["Metrics"][0]["Name"].as_str().unwrap();
        assert_eq!((&line[name], &line["Stack"], &line["Kind"]), (&json!(3), &json!("shop"), &json!("PAY")));
        assert_eq!(line["what"], "why");
    }
}
