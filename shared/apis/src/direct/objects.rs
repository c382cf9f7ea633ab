//! The objects of the `direct` API.

use serde::Serialize;
use serde_json::Value;
use tollgate_domain::{
    Customer as StoredCustomer, Payment as StoredPayment, Refund as StoredRefund, Subject, payment::Status,
};

use super::names::{CUSTOMER_PREFIX, PAYMENT_PREFIX, REFUND_PREFIX};
use crate::{charges::refund_status, failure::Failure, json::to_value};

/// A payment.
#[derive(Debug, Serialize)]
pub struct Payment {
    /// `pay_…`.
    pub id: String,
    /// See [`payment_status`].
    pub status: &'static str,
    /// In minor units.
    pub amount: i64,
    /// ISO 4217, upper case.
    pub currency: &'static str,
    /// Unix seconds.
    pub created: i64,
    /// The merchant's description.
    pub description: Option<String>,
    /// Its customer, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<PaymentCustomer>,
    /// Where to send the payer, while a challenge is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_action: Option<NextAction>,
    /// `failure_code` and `failure_message` of a failed payment.
    #[serde(flatten)]
    pub failure: Option<Failure>,
}

/// The customer of a payment.
#[derive(Debug, Serialize)]
pub struct PaymentCustomer {
    /// `cus_…`.
    pub id: String,
    /// E-mail address.
    #[serde(skip_serializing_if = "CustomerEmail::is_absent")]
    pub email: CustomerEmail,
}

/// The address of a payment's customer.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum CustomerEmail {
    /// The field is left out: events have only the customer's id.
    Absent,
    /// The address; `null` for a caller who may not read customers.
    Shown(Option<String>),
}

impl CustomerEmail {
    const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

/// Where the payer completes a 3-D Secure challenge.
#[derive(Debug, Serialize)]
pub struct NextAction {
    /// `redirect`.
    pub r#type: &'static str,
    /// The page of the challenge.
    pub redirect_url: String,
}

/// A refund.
#[derive(Debug, Serialize)]
pub struct Refund {
    /// `rfnd_…`.
    pub id: String,
    /// `pay_…`.
    pub payment_id: String,
    /// In minor units.
    pub amount: i64,
    /// ISO 4217, upper case.
    pub currency: &'static str,
    /// The merchant's reason.
    pub reason: Option<String>,
    /// `succeeded`, `pending` or `failed`.
    pub status: &'static str,
    /// Unix seconds.
    pub created: i64,
}

/// A customer, as events show it.
#[derive(Debug, Serialize)]
pub struct Customer {
    /// `cus_…`.
    pub id: String,
    /// E-mail address.
    pub email: Option<String>,
    /// Full name.
    pub name: Option<String>,
    /// Phone number.
    pub phone: Option<String>,
}

/// The status of a payment: `succeeded`, `failed` or `pending`.
pub const fn payment_status(payment: &StoredPayment) -> &'static str {
    match payment.state.status {
        // A declined intent could be paid with another card, but this API has no way to do that.
        Status::RequiresPaymentMethod if payment.state.decline.is_some() => "failed",
        Status::Succeeded => "succeeded",
        Status::Failed | Status::Canceled => "failed",
        Status::RequiresPaymentMethod
        | Status::RequiresConfirmation
        | Status::RequiresAction
        | Status::Processing
        | Status::RequiresCapture => "pending",
    }
}

impl Payment {
    /// A payment; `challenge_url` is the page of its challenge, if it has one. `email` is the customer's address.
    fn new(payment: &StoredPayment, email: CustomerEmail, challenge_url: Option<&str>) -> Self {
        let status = payment_status(payment);
        Self {
            id: payment.id.to_prefixed(PAYMENT_PREFIX),
            status,
            amount: payment.amount.minor,
            currency: payment.amount.currency.code(),
            created: payment.created.s(),
            description: payment.description.clone(),
            customer: payment
                .customer
                .map(|id| PaymentCustomer { id: id.to_prefixed(CUSTOMER_PREFIX), email }),
            next_action: challenge_url
                .filter(|_| status == "pending")
                .map(|url| NextAction { r#type: "redirect", redirect_url: url.to_owned() }),
            failure: Failure::of(payment),
        }
    }
}

/// A payment as JSON, with its customer's address where that is known.
pub fn payment(payment: &StoredPayment, email: Option<&str>, challenge_url: Option<&str>) -> Value {
    to_value(&Payment::new(payment, CustomerEmail::Shown(email.map(str::to_owned)), challenge_url))
}

/// A refund as JSON.
pub fn refund(refund: &StoredRefund) -> Value {
    to_value(&Refund {
        id: refund.id.to_prefixed(REFUND_PREFIX),
        payment_id: refund.payment.to_prefixed(PAYMENT_PREFIX),
        amount: refund.amount.minor,
        currency: refund.amount.currency.code(),
        reason: refund.reason.clone(),
        status: refund_status(refund.status),
        created: refund.created.s(),
    })
}

fn customer(customer: &StoredCustomer) -> Value {
    to_value(&Customer {
        id: customer.id.to_prefixed(CUSTOMER_PREFIX),
        email: customer.profile.email.clone(),
        name: customer.profile.name.clone(),
        phone: customer.profile.phone.clone(),
    })
}

/// The object of an event.
pub(super) fn subject(subject: &Subject, challenge_url: Option<&str>) -> Value {
    match subject {
        Subject::Payment(it) => to_value(&Payment::new(it, CustomerEmail::Absent, challenge_url)),
        Subject::Refund(it) => refund(it),
        Subject::Customer(it) => customer(it),
        // The text has no events about these.
        Subject::PaymentMethod(_)
        | Subject::Endpoint(_)
        | Subject::Dispute(_)
        | Subject::Payout(_)
        | Subject::BankAccount(_)
        | Subject::Transfer(_)
        | Subject::Adjustment(_)
        | Subject::ConnectedAccount(_)
        | Subject::BalanceSettings(_)
        | Subject::Billing(_)
        | Subject::Balance(_) => Value::Null,
    }
}
