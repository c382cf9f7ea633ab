//! The alarm for money that only the operator can move.
//!
//! An alarm is one line on standard output in CloudWatch's embedded metric format. CloudWatch counts it as
//! the metric `MoneyNeedsAttention` of the namespace `Tollgate`, without a call or a permission;
//! `infra/observability.yaml` defines the alarm on it. The payment or the refund stores the reason too.

use std::io::Write;

use serde_json::{Value, json};
use tollgate_domain::Timestamp;

/// The metric that the alarm watches.
const METRIC: &str = "MoneyNeedsAttention";

/// Raises the alarm for a payment or a refund. The texts hold no card number, no key and no body.
pub(crate) fn raise(now: Timestamp, subject: &str, what: &str) {
    tracing::error!(subject, what, "money needs attention");
    let stack = std::env::var("TOLLGATE_TABLE").unwrap_or_default();
    let line = line(now, &stack, subject, what).to_string();
    // The item stores the reason too: a closed standard output does not fail the payment.
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn line(now: Timestamp, stack: &str, subject: &str, what: &str) -> Value {
    json!({
        "_aws": {
            "Timestamp": now.ms(),
            "CloudWatchMetrics": [{
                "Namespace": "Tollgate",
                "Dimensions": [["Stack"]],
                "Metrics": [{"Name": METRIC, "Unit": "Count"}],
            }],
        },
        "Stack": stack,
        METRIC: 1,
        "subject": subject,
        "what": what,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_has_the_shape_that_cloudwatch_counts() {
        let line = line(Timestamp::from_s(7), "shop", "PAY#1", "why");
        assert_eq!(line["_aws"]["Timestamp"], 7000);
        let metrics = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(metrics["Dimensions"], json!([["Stack"]]));
        let name = metrics["Metrics"][0]["Name"].as_str().unwrap();
        // Every name in the metadata names a member at the top.
        assert_eq!((&line[name], &line["Stack"]), (&json!(1), &json!("shop")));
    }
}
