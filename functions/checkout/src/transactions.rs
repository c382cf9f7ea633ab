//! Transactions: their status and their refunds.

use tollgate_apis::checkout::{RefundAnswer, TransactionAnswer};
use tollgate_domain::{Metadata, Payment, PaymentId, Refund, Refusal, Resource};
use tollgate_gateway::{CreateRefund, RefundAmount};
use tollgate_http::{Problem, Reply, RequestContext};

/// The transaction that the path names.
pub fn id_in_path(ctx: &RequestContext) -> Result<PaymentId, Problem> {
    PaymentId::parse_uuid(ctx.request.path_parameter("referenceId"))
        .map_err(|_| Refusal::NotFound(Resource::Payment).into())
}

/// The answer that shows a transaction.
pub fn show(payment: &Payment) -> Result<Reply, Problem> {
    Reply::verbatim(200, &TransactionAnswer::new(payment)?)
}

/// Reads a refund: `amount` as it was sent; without one, everything that is left.
pub fn read_refund(payment: PaymentId, amount: Option<String>) -> CreateRefund {
    let amount = amount.filter(|text| text != "null").map(|text| {
        let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        bare.map(str::to_owned).unwrap_or(text)
    });
    CreateRefund {
        payment,
        amount: amount.map_or(RefundAmount::Rest, RefundAmount::Decimal),
        reason: None,
        metadata: Metadata::default(),
    }
}

/// The answer to a refund.
pub fn show_refund(refund: &Refund) -> Reply {
    RefundAnswer::of(refund).into()
}
