//! The alarm for money that only the operator can move: the metric `MoneyNeedsAttention`.

use serde::Serialize;
use tollgate_domain::Timestamp;

use crate::metrics::{
    MONEY_NEEDS_ATTENTION,
    line::{Level, write},
};

#[derive(Serialize)]
struct Fields<'a> {
    #[serde(rename = "MoneyNeedsAttention")]
    count: u8,
    subject: &'a str,
    request_id: &'a str,
    what: &'a str,
}

/// Raises the alarm for a payment or a refund, which stores the reason too. `request_id` is the request that wrote it
/// last. The texts hold no card number, no key and no body.
pub(crate) fn raise(now: Timestamp, subject: &str, request_id: &str, what: &str) {
    let fields = Fields { count: 1, subject, request_id, what };
    write(now, Level::Error, "money needs attention", &[&MONEY_NEEDS_ATTENTION], &fields);
}
