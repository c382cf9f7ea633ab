//! Transactions: their status and their refunds.

use serde::Serialize;
use serde_json::{json, value::RawValue};
use tollgate_domain::{
    Metadata, Payment, PaymentId, Refund, Refusal, Resource, Source, payment::Status, refund::RefundStatus,
};
use tollgate_gateway::{CreateRefund, Error, RefundAmount};
use tollgate_http::{Problem, Reply, RequestContext};

/// The transaction that the path names.
pub fn id_in_path(ctx: &RequestContext) -> Result<PaymentId, Problem> {
    PaymentId::parse_uuid(ctx.request.path_parameter("referenceId"))
        .map_err(|_| Refusal::NotFound(Resource::Payment).into())
}

#[derive(Serialize)]
struct Answer {
    success: bool,
    message: &'static str,
    data: Shown,
}

/// A transaction, as the text shows it, and the metadata that it was initialized with, if any.
#[derive(Serialize)]
struct Shown {
    status: &'static str,
    amount: Box<RawValue>,
    currency: &'static str,
    order_id: Option<String>,
    payment_method: &'static str,
    card_type: Option<&'static str>,
    card_last_four: Option<String>,
    created_at: String,
    completed_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Box<RawValue>>,
}

/// The seven words of the text: what was refunded, even in part, is refunded.
const fn status_of(payment: &Payment) -> &'static str {
    match payment.state.status {
        Status::RequiresPaymentMethod | Status::RequiresConfirmation => "initialized",
        Status::RequiresAction | Status::Processing => "pending",
        Status::RequiresCapture => "authorized",
        Status::Succeeded if payment.amount_refunded > 0 => "refunded",
        Status::Succeeded => "completed",
        Status::Failed => "failed",
        Status::Canceled => "cancelled",
    }
}

/// The answer that shows a transaction.
pub fn show(payment: &Payment) -> Result<Reply, Problem> {
    let (payment_method, card) = match &payment.source {
        Some(Source::Card(card)) => ("card", Some(card)),
        Some(Source::BankTransfer(_)) => ("bank_transfer", None),
        Some(Source::SepaDebit(_)) => ("sepa_debit", None),
        None => ("none", None),
    };
    let raw = |text: String| {
        RawValue::from_string(text).map_err(|e| Problem::Gateway(Error::Internal(e.to_string())))
    };
    let metadata = match payment.json_object() {
        Some(object) => Some(object.as_str().to_owned()),
        None => (!payment.metadata.is_empty()).then(|| payment.metadata.to_json().to_string()),
    };
    let data = Shown {
        status: status_of(payment),
        amount: raw(payment.amount.to_decimal())?,
        currency: payment.amount.currency.code(),
        order_id: payment.hosted.as_ref().map(|hosted| hosted.order_id.clone()),
        payment_method,
        card_type: card.map(|card| card.brand.as_str()),
        card_last_four: card.map(|card| card.last4.clone()),
        created_at: payment.created.rfc3339(),
        completed_at: payment.completed.map(tollgate_domain::Timestamp::rfc3339),
        metadata: metadata.map(raw).transpose()?,
    };
    Reply::verbatim(200, &Answer { success: true, message: "Transaction status retrieved", data })
}

/// The refund that a body asks for: `amount` as it was sent, all that is left without one.
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
    let reference = refund.payment.uuid().to_string();
    let done = |message: &str| {
        Reply::ok(json!({"success": true, "message": message, "transaction_reference": reference}))
    };
    match refund.status {
        RefundStatus::Succeeded => done("Transaction refunded successfully"),
        RefundStatus::Pending => done("Transaction refund is being processed"),
        RefundStatus::Failed | RefundStatus::Canceled => Reply::new(
            400,
            json!({"success": false, "message": "Cannot refund transaction: The payment provider refused the refund"}),
        ),
    }
}
