//! Refunds: what their route takes and shows.

use serde::Serialize;
use serde_json::value::RawValue;
use tollgate_domain::{Metadata, PaymentId, Refund, Refusal, Resource, refund::RefundStatus};
use tollgate_gateway::{CreateRefund, RefundAmount};
use tollgate_http::{Fields, Problem, Reply};

use crate::{api::number, payments::PAYMENT_PREFIX};

/// Longest id that is looked at.
const ID_CHARS_MAX: usize = 64;

/// A refund, as the text shows it.
#[derive(Serialize)]
struct Shown {
    id: String,
    payment_id: String,
    amount: Box<RawValue>,
    status: &'static str,
    created_at: String,
}

/// Reads the body of a create. `amount` is its text, as it was sent; without one all that is left is refunded.
pub fn read_create(mut body: Fields, amount: Option<String>) -> Result<CreateRefund, Problem> {
    let payment = body.required_string("payment_id", ID_CHARS_MAX)?;
    Ok(CreateRefund {
        payment: PaymentId::parse(PAYMENT_PREFIX, &payment)
            .map_err(|_| Refusal::NoSuchReference(Resource::Payment))?,
        amount: amount.filter(|text| text != "null").map_or(RefundAmount::Rest, RefundAmount::Decimal),
        reason: None,
        metadata: Metadata::default(),
    })
}

/// The answer that shows a refund.
pub fn show(refund: &Refund) -> Result<Reply, Problem> {
    let shown = Shown {
        id: refund.id.to_prefixed("refund_"),
        payment_id: refund.payment.to_prefixed(PAYMENT_PREFIX),
        amount: number(refund.amount)?,
        status: match refund.status {
            RefundStatus::Succeeded => "succeeded",
            RefundStatus::Pending => "pending",
            RefundStatus::Failed | RefundStatus::Canceled => "failed",
        },
        created_at: refund.created.rfc3339(),
    };
    Reply::verbatim(201, &shown)
}
