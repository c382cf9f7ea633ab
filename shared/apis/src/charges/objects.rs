//! The objects of the `charges` API ("Payment Object", "Refund Object", "Customer Object").

use serde::Serialize;
use serde_json::Value;
use tollgate_domain::{
    Customer as StoredCustomer, Payment as StoredPayment, Refund as StoredRefund, Source as StoredSource,
    Subject, payment::Status, refund::RefundStatus, source::Wallet,
};

use super::names::{CUSTOMER_PREFIX, PAYMENT_PREFIX, REFUND_PREFIX, REFUND_REASONS};
use crate::{failure::Failure, json::to_value};

/// A payment.
#[derive(Debug, Serialize)]
pub struct Payment {
    /// `pay_…`.
    pub id: String,
    /// In minor units.
    pub amount: i64,
    /// ISO 4217, upper case.
    pub currency: &'static str,
    /// See [`payment_status`].
    pub status: &'static str,
    /// How it is paid; `null` until the payer chose.
    pub source: Option<Source>,
    /// `cus_…`.
    pub customer_id: Option<String>,
    /// The merchant's description.
    pub description: Option<String>,
    /// Unix seconds.
    pub created: i64,
    /// The merchant's metadata.
    pub metadata: Value,
    /// Where to send the payer, while the status is `requires_action`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_action: Option<NextAction>,
    /// `failure_code` and `failure_message` of a failed payment.
    #[serde(flatten)]
    pub failure: Option<Failure>,
}

/// Where the payer completes a 3-D Secure challenge.
#[derive(Debug, Serialize)]
pub struct NextAction {
    /// `redirect`.
    pub r#type: &'static str,
    /// The page of the challenge.
    pub redirect_url: String,
    /// Where the page sends the payer afterwards.
    pub return_url: Option<String>,
}

/// How a payment is paid.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Source {
    /// A card, from a wallet or not.
    Card {
        /// `card`, `apple_pay` or `google_pay`.
        r#type: &'static str,
        /// Last four digits.
        last4: String,
        /// The card scheme.
        brand: &'static str,
        /// 1 to 12.
        exp_month: u8,
        /// Four digits.
        exp_year: u16,
    },
    /// A SEPA debit. The text has no such type; payments of other APIs may have it.
    SepaDebit {
        /// `sepa_debit`.
        r#type: &'static str,
        /// Last four characters of the IBAN.
        last4: String,
        /// ISO 3166 code of the account's country.
        country: String,
    },
    /// A bank transfer.
    BankTransfer {
        /// `bank_transfer`.
        r#type: &'static str,
        /// Last four digits of the account.
        last4: String,
        /// Sort code of the bank.
        sort_code: String,
        /// The account's owner.
        account_holder_name: String,
    },
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
    /// One of [`REFUND_REASONS`]. A reason that only another API has is not shown.
    pub reason: Option<String>,
    /// See [`refund_status`].
    pub status: &'static str,
    /// Unix seconds.
    pub created: i64,
    /// The merchant's metadata.
    pub metadata: Value,
}

/// A customer.
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
    /// Unix seconds.
    pub created: i64,
    /// Unix seconds of the last change.
    pub updated: i64,
    /// The merchant's metadata.
    pub metadata: Value,
}

/// The status of the text for a status of the ledger.
pub(super) const fn status_name(status: Status) -> &'static str {
    match status {
        Status::Succeeded => "succeeded",
        // An authorized payment is captured without another request.
        Status::Processing | Status::RequiresCapture => "pending",
        Status::RequiresPaymentMethod | Status::RequiresConfirmation | Status::RequiresAction => {
            "requires_action"
        }
        Status::Failed | Status::Canceled => "failed",
    }
}

/// The status of a payment: `succeeded`, `pending`, `requires_action` or `failed`.
pub fn payment_status(payment: &StoredPayment) -> &'static str {
    match payment.state.status {
        // A declined intent could be paid with another card, but this API has no way to do that.
        Status::RequiresPaymentMethod if payment.state.decline.is_some() => "failed",
        // It waits for the merchant. A hosted payment waits for the payer.
        Status::RequiresPaymentMethod | Status::RequiresConfirmation if payment.hosted.is_none() => "pending",
        status => status_name(status),
    }
}

/// The status of a refund: `succeeded`, `pending` or `failed`.
pub const fn refund_status(status: RefundStatus) -> &'static str {
    match status {
        RefundStatus::Succeeded => "succeeded",
        RefundStatus::Pending => "pending",
        RefundStatus::Failed | RefundStatus::Canceled => "failed",
    }
}

impl Payment {
    /// A payment; `challenge_url` is the page of its challenge, if it has one.
    pub fn new(payment: &StoredPayment, challenge_url: Option<&str>) -> Self {
        let status = payment_status(payment);
        let next_action = challenge_url.filter(|_| status == "requires_action").map(|url| NextAction {
            r#type: "redirect",
            redirect_url: url.to_owned(),
            return_url: payment.state.return_url.clone(),
        });
        Self {
            id: payment.id.to_prefixed(PAYMENT_PREFIX),
            amount: payment.amount.minor,
            currency: payment.amount.currency.code(),
            status,
            source: payment.source.as_ref().map(Source::new),
            customer_id: payment.customer.map(|id| id.to_prefixed(CUSTOMER_PREFIX)),
            description: payment.description.clone(),
            created: payment.created.s(),
            metadata: payment.metadata_json(),
            next_action,
            failure: Failure::of(payment),
        }
    }
}

impl Source {
    fn new(source: &StoredSource) -> Self {
        match source {
            StoredSource::Card(card) => Self::Card {
                r#type: match card.wallet {
                    None => "card",
                    Some(Wallet::ApplePay) => "apple_pay",
                    Some(Wallet::GooglePay) => "google_pay",
                },
                last4: card.last4.clone(),
                brand: card.brand.as_str(),
                exp_month: card.exp_month,
                exp_year: card.exp_year,
            },
            StoredSource::SepaDebit(account) => Self::SepaDebit {
                r#type: "sepa_debit",
                last4: account.last4.clone(),
                country: account.country.clone(),
            },
            StoredSource::BankTransfer(account) => Self::BankTransfer {
                r#type: "bank_transfer",
                last4: account.last4.clone(),
                sort_code: account.sort_code.clone(),
                account_holder_name: account.account_holder_name.clone(),
            },
        }
    }
}

impl Refund {
    /// A refund.
    pub fn new(refund: &StoredRefund) -> Self {
        let reason = refund.reason.clone().filter(|reason| REFUND_REASONS.contains(&reason.as_str()));
        Self {
            id: refund.id.to_prefixed(REFUND_PREFIX),
            payment_id: refund.payment.to_prefixed(PAYMENT_PREFIX),
            amount: refund.amount.minor,
            reason,
            status: refund_status(refund.status),
            created: refund.created.s(),
            metadata: refund.metadata.to_json(),
        }
    }
}

impl Customer {
    /// A customer.
    pub fn new(customer: &StoredCustomer) -> Self {
        Self {
            id: customer.id.to_prefixed(CUSTOMER_PREFIX),
            email: customer.profile.email.clone(),
            name: customer.profile.name.clone(),
            phone: customer.profile.phone.clone(),
            created: customer.created.s(),
            updated: customer.updated.s(),
            metadata: customer.profile.metadata.to_json(),
        }
    }
}

/// A payment as JSON; see [`Payment::new`].
pub fn payment(payment: &StoredPayment, challenge_url: Option<&str>) -> Value {
    to_value(&Payment::new(payment, challenge_url))
}

/// A refund as JSON.
pub fn refund(refund: &StoredRefund) -> Value {
    to_value(&Refund::new(refund))
}

/// A customer as JSON.
pub fn customer(customer: &StoredCustomer) -> Value {
    to_value(&Customer::new(customer))
}

/// The object of an event.
pub(super) fn subject(subject: &Subject, challenge_url: Option<&str>) -> Value {
    match subject {
        Subject::Payment(it) => payment(it, challenge_url),
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
