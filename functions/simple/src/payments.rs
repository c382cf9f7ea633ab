//! Payments: what their routes take and show.

use serde::Serialize;
use serde_json::value::RawValue;
use tollgate_domain::{
    Metadata, Money, Payment, PaymentId, Refusal, Resource, payment::Status, text::DESCRIPTION_CHARS_MAX,
};
use tollgate_gateway::{ChargeFrom, CreatePayment, Payer, declined};
use tollgate_http::{Api, Fields, Issue, Problem, Reply, RequestContext};

use crate::api::{Simple, number};

/// Prefix of a payment's id.
pub const PAYMENT_PREFIX: &str = "pay_";
/// The smallest amount, in minor units: anything above zero.
const AMOUNT_MINOR_MIN: i64 = 1;
/// Longest source.
const SOURCE_CHARS_MAX: usize = 255;

/// A payment, as the text shows it.
#[derive(Serialize)]
struct Shown {
    id: String,
    amount: Box<RawValue>,
    currency: &'static str,
    status: &'static str,
    created_at: String,
}

/// The payment that the path names.
pub fn id_in_path(ctx: &RequestContext) -> Result<PaymentId, Problem> {
    PaymentId::parse(PAYMENT_PREFIX, ctx.request.path_parameter("id"))
        .map_err(|_| Refusal::NotFound(Resource::Payment).into())
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
    let shown = Shown {
        id: payment.id.to_prefixed(PAYMENT_PREFIX),
        amount: number(payment.amount)?,
        currency: payment.amount.currency.code(),
        status: match payment.state.status {
            Status::Succeeded => "succeeded",
            Status::Failed | Status::Canceled => "failed",
            Status::RequiresPaymentMethod
            | Status::RequiresConfirmation
            | Status::RequiresAction
            | Status::Processing
            | Status::RequiresCapture => "pending",
        },
        created_at: payment.created.rfc3339(),
    };
    Reply::verbatim(status, &shown)
}

/// The answer to a create: the payment, or the error that its decline is.
pub fn show_created(ctx: &RequestContext, payment: &Payment) -> Result<Reply, Problem> {
    match declined(payment) {
        Some(refusal) => Ok(Simple.problem(&refusal.into(), ctx.call.request_id())),
        None => show(201, payment),
    }
}
