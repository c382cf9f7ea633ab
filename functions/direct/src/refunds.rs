//! Refunds: what their route takes and shows.

use serde_json::Value;
use tollgate_domain::{Metadata, PaymentId, Refund};
use tollgate_gateway::CreateRefund;
use tollgate_http::{Fields, Problem};
use tollgate_webhooks::render::direct;

/// Longest reason, in characters.
const REASON_CHARS_MAX: usize = 255;

/// Reads the body of a refund of a payment: `amount` in minor units (all that is left without one) and `reason`.
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
