//! Refunds: what their route takes and shows.

use serde_json::Value;
use tollgate_apis::direct;
use tollgate_domain::{Metadata, PaymentId, Refund};
use tollgate_gateway::CreateRefund;
use tollgate_http::{Fields, Problem};

/// Longest reason, in characters.
const REASON_CHARS_MAX: usize = 255;

/// Reads the body of a refund of a payment: `amount` in minor units (by default everything that is left) and `reason`.
pub fn read_create(mut body: Fields, payment: PaymentId) -> Result<CreateRefund, Problem> {
    Ok(CreateRefund {
        payment,
        amount: body.integer("amount")?.into(),
        reason: body.string("reason", REASON_CHARS_MAX)?,
        metadata: Metadata::default(),
    })
}

/// A refund, as this API shows it.
pub fn show(refund: &Refund) -> Value {
    direct::refund(refund)
}
