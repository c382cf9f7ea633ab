//! Refunds: what their route takes and shows.

use tollgate_apis::simple::{self, PAYMENT_PREFIX};
use tollgate_domain::{Metadata, PaymentId, Refund, Refusal, Resource};
use tollgate_gateway::{CreateRefund, RefundAmount};
use tollgate_http::{Fields, ID_CHARS_MAX, Problem, Reply};

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
    Reply::verbatim(201, &simple::Refund::new(refund)?)
}
