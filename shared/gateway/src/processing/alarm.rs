//! The alarm for money that only the operator can move: the metric `MoneyNeedsAttention`.

use serde_json::json;
use tollgate_domain::Timestamp;

use crate::metric_line::{Unit, write};

/// The metric that the alarm watches.
const METRIC: &str = "MoneyNeedsAttention";

/// Raises the alarm for a payment or a refund, which stores the reason too. The texts hold no card number, no
/// key and no body.
pub(crate) fn raise(now: Timestamp, subject: &str, what: &str) {
    tracing::error!(subject, what, "money needs attention");
    write(now, &[], (METRIC, Unit::Count, 1), &json!({"subject": subject, "what": what}));
}
