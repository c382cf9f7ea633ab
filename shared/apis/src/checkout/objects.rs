//! The answers of the `checkout` API.

use serde::Serialize;
use serde_json::{Value, value::RawValue};
use tollgate_domain::{Payment, Refund, Source, Timestamp, payment::Status, refund::RefundStatus};

use crate::{
    Answer, Problem,
    json::{decimal, raw, to_value},
};

/// The answer to `POST /payments/initialize`.
#[derive(Debug, Serialize)]
pub struct Initialized {
    success: bool,
    message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    html_content: Option<String>,
    transaction_reference: String,
}

/// The answer to `GET /payments/{referenceId}/status`.
#[derive(Debug, Serialize)]
pub struct TransactionAnswer {
    success: bool,
    message: &'static str,
    data: Transaction,
}

/// A transaction.
#[derive(Debug, Serialize)]
pub struct Transaction {
    /// See [`status`].
    pub status: &'static str,
    /// In major units, with exactly the currency's decimal places.
    pub amount: Box<RawValue>,
    /// ISO 4217, upper case.
    pub currency: &'static str,
    /// The merchant's order number.
    pub order_id: Option<String>,
    /// `card`, `bank_transfer`, `sepa_debit` or `none`.
    pub payment_method: &'static str,
    /// The card scheme.
    pub card_type: Option<&'static str>,
    /// Last four digits of the card.
    pub card_last_four: Option<String>,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// When the money was taken; RFC 3339, UTC.
    pub completed_at: Option<String>,
    /// The metadata of the initialization, if it had any, as it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Box<RawValue>>,
}

/// The answer to `POST /payments/{referenceId}/refund`.
#[derive(Debug, Serialize)]
pub struct RefundAnswer {
    success: bool,
    message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_reference: Option<String>,
}

/// The seven statuses of the text. A payment that was refunded, even in part, is `refunded`.
const fn status(payment: &Payment) -> &'static str {
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

impl Initialized {
    /// The payer is sent to the hosted page at `url`.
    pub fn redirect(payment: &Payment, url: String) -> Self {
        Self {
            success: true,
            message: "Transaction initialized successfully",
            redirect_url: Some(url),
            action: None,
            html_content: None,
            transaction_reference: payment.id.uuid().to_string(),
        }
    }

    /// The merchant's page shows a form that leads to the challenge at `url`.
    pub fn html(payment: &Payment, url: &str) -> Self {
        Self {
            success: true,
            message: "3DS authentication required",
            redirect_url: None,
            action: Some("render_html"),
            html_content: Some(challenge_form(url)),
            transaction_reference: payment.id.uuid().to_string(),
        }
    }

    /// As JSON.
    pub fn to_json(&self) -> Value {
        to_value(self)
    }
}

/// A form that opens the challenge: by itself where scripts run, otherwise by its button. It leaves a frame that it is in,
/// because our pages refuse to be framed. The URL is ours and needs no escaping.
fn challenge_form(url: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Confirm your payment</title></head><body>\
         <form id=\"challenge\" method=\"get\" target=\"_top\" action=\"{url}\"><p>Your bank asks you to confirm this payment.</p>\
         <button type=\"submit\">Continue</button></form>\
         <script>document.getElementById(\"challenge\").submit()</script></body></html>"
    )
}

impl TransactionAnswer {
    /// A transaction.
    ///
    /// # Errors
    /// [`Problem::Internal`] if the amount or the metadata is not JSON, which nothing that is stored is.
    pub fn new(payment: &Payment) -> Result<Self, Problem> {
        let (payment_method, card) = match &payment.source {
            Some(Source::Card(card)) => ("card", Some(card)),
            Some(Source::BankTransfer(_)) => ("bank_transfer", None),
            Some(Source::SepaDebit(_)) => ("sepa_debit", None),
            None => ("none", None),
        };
        let metadata = match payment.json_object() {
            Some(object) => Some(object.as_str().to_owned()),
            None => (!payment.metadata.is_empty()).then(|| payment.metadata.to_json().to_string()),
        };
        let data = Transaction {
            status: status(payment),
            amount: decimal(payment.amount)?,
            currency: payment.amount.currency.code(),
            order_id: payment.hosted.as_ref().map(|hosted| hosted.order_id.clone()),
            payment_method,
            card_type: card.map(|card| card.brand.as_str()),
            card_last_four: card.map(|card| card.last4.clone()),
            created_at: payment.created.rfc3339(),
            completed_at: payment.completed.map(Timestamp::rfc3339),
            metadata: metadata.map(raw).transpose()?,
        };
        Ok(Self { success: true, message: "Transaction status retrieved", data })
    }
}

impl RefundAnswer {
    /// Status and body for a refund.
    pub fn of(refund: &Refund) -> Answer {
        let (success, message) = match refund.status {
            RefundStatus::Succeeded => (true, "Transaction refunded successfully"),
            RefundStatus::Pending => (true, "Transaction refund is being processed"),
            RefundStatus::Failed | RefundStatus::Canceled => {
                (false, "Cannot refund transaction: The payment provider refused the refund")
            }
        };
        let reference = success.then(|| refund.payment.uuid().to_string());
        let body = to_value(&Self { success, message, transaction_reference: reference });
        Answer { status: if success { 200 } else { 400 }, body }
    }
}
