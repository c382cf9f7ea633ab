//! Payments: what their routes take and show.

use tollgate_apis::simple::{self, PAYMENT_PREFIX};
use tollgate_domain::{Metadata, Money, Payment, PaymentId, Resource, text::DESCRIPTION_CHARS_MAX};
use tollgate_gateway::{ChargeFrom, CreatePayment, Payer, declined};
use tollgate_http::{Api, Fields, Issue, Problem, Reply, RequestContext};

use crate::api::Simple;

/// The smallest amount, in minor units: anything above zero.
const AMOUNT_MINOR_MIN: i64 = 1;
/// Longest source.
const SOURCE_CHARS_MAX: usize = 255;

/// The payment that the path names.
pub fn id_in_path(ctx: &RequestContext) -> Result<PaymentId, Problem> {
    ctx.id_in_path(PAYMENT_PREFIX, Resource::Payment)
}

/// Reads the body of a create. `amount` is its text, as it was sent.
pub fn read_create(mut body: Fields, amount: Option<&str>) -> Result<CreatePayment, Problem> {
    let amount = amount.filter(|text| *text != "null").ok_or_else(|| body.error("amount", Issue::Missing))?;
    let currency = body.required_currency("currency")?;
    let bad_amount = Issue::NotValid("a decimal number with no more digits than the currency has");
    let amount = Money::from_decimal(amount, currency).ok_or_else(|| body.error("amount", bad_amount))?;
    Ok(CreatePayment {
        amount,
        minimum: AMOUNT_MINOR_MIN,
        from: ChargeFrom::SimpleSource(body.required_string("source", SOURCE_CHARS_MAX)?),
        payer: Payer::Anonymous,
        description: body.string("description", DESCRIPTION_CHARS_MAX)?,
        metadata: Metadata::default(),
    })
}

/// The answer that shows a payment.
pub fn show(status: u16, payment: &Payment) -> Result<Reply, Problem> {
    Reply::verbatim(status, &simple::Payment::new(payment)?)
}

/// The answer to a create: the payment, or the error that its decline is.
pub fn show_created(ctx: &RequestContext, payment: &Payment) -> Result<Reply, Problem> {
    match declined(payment) {
        Some(refusal) => Ok(Simple.problem(&refusal.into(), ctx.call.request_id())),
        None => show(201, payment),
    }
}
