//! Events: committed changes, as merchants receive them.
//!
//! Events are derived from the stream of the main table, not by requests: from the item before and after a
//! change. Each API names and renders them in its own way.

mod derive;
mod derive_payouts;
mod kind;

use serde::{Deserialize, Serialize};

pub use self::{
    derive::{balance_available, events_of, ids_of_events, ids_of_versions},
    kind::EventKind,
};
use crate::{
    adjustment::Adjustment, balance_settings::BalanceSettings, bank_account::BankAccount,
    billing::BillingSubject, connected_account::ConnectedAccount, customer::Customer, dispute::Dispute,
    endpoint::WebhookEndpoint, id::EventId, ledger::BalanceSheet, payment::Payment,
    payment_method::PaymentMethod, payout::Payout, refund::Refund, replay::Replayable,
    request_ref::RequestRef, time::Timestamp, transfer::Transfer,
};

/// The resource of an event, as it was after the change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A payment.
    Payment(Box<Payment>),
    /// A refund.
    Refund(Box<Refund>),
    /// A customer.
    Customer(Box<Customer>),
    /// A payment method.
    PaymentMethod(Box<PaymentMethod>),
    /// A webhook endpoint.
    Endpoint(Box<WebhookEndpoint>),
    /// A dispute.
    Dispute(Box<Dispute>),
    /// A payout.
    Payout(Box<Payout>),
    /// A bank account.
    BankAccount(Box<BankAccount>),
    /// A transfer from another merchant.
    Transfer(Box<Transfer>),
    /// An adjustment. It has no events.
    Adjustment(Box<Adjustment>),
    /// A connected account.
    ConnectedAccount(Box<ConnectedAccount>),
    /// The settings of the balance.
    BalanceSettings(Box<BalanceSettings>),
    /// A resource of billing.
    Billing(BillingSubject),
    /// The tenant's balances.
    Balance(Box<BalanceSheet>),
}

/// An event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The id. It is derived, so that reading a change again yields the same id.
    pub id: EventId,
    /// What happened.
    pub kind: EventKind,
    /// When it happened.
    pub created: Timestamp,
    /// The request that caused it.
    #[serde(flatten)]
    pub request: RequestRef,
    /// The resource after the change.
    pub subject: Subject,
    /// The resource before the change, for kinds that show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Subject>,
}

impl Event {
    /// Returns the event without personal data; `None` if it holds none.
    pub fn erased(&self) -> Option<Self> {
        let erased = Self {
            subject: self.subject.erased(),
            previous: self.previous.as_ref().map(Subject::erased),
            ..self.clone()
        };
        (erased != *self).then_some(erased)
    }
}

impl Subject {
    /// The resource without personal data.
    fn erased(&self) -> Self {
        match self {
            Self::Payment(payment) => Self::Payment(Box::new(payment.without_person())),
            Self::Customer(customer) => Self::Customer(Box::new(customer.without_person())),
            Self::PaymentMethod(method) => Self::PaymentMethod(Box::new(method.without_person())),
            Self::Dispute(dispute) => Self::Dispute(Box::new(dispute.without_person())),
            Self::Refund(_)
            | Self::Endpoint(_)
            | Self::Payout(_)
            | Self::BankAccount(_)
            | Self::Transfer(_)
            | Self::Adjustment(_)
            | Self::ConnectedAccount(_)
            | Self::BalanceSettings(_)
            | Self::Billing(_)
            | Self::Balance(_) => self.clone(),
        }
    }

    /// The part of the resource that an event stores: no stored answers, no sealed card, no secrets.
    pub(super) fn snapshot(&self) -> Self {
        match self {
            Self::Payment(payment) => Self::Payment(Box::new(payment.snapshot())),
            Self::Refund(refund) => Self::Refund(Box::new(refund.snapshot())),
            Self::Customer(customer) => Self::Customer(Box::new(customer.snapshot())),
            Self::PaymentMethod(method) => Self::PaymentMethod(Box::new(method.snapshot())),
            Self::Endpoint(endpoint) => Self::Endpoint(Box::new(endpoint.snapshot())),
            Self::Dispute(dispute) => Self::Dispute(Box::new(dispute.snapshot())),
            Self::Payout(payout) => Self::Payout(Box::new(payout.snapshot())),
            Self::BankAccount(account) => Self::BankAccount(Box::new(account.snapshot())),
            Self::ConnectedAccount(account) => Self::ConnectedAccount(Box::new(account.snapshot())),
            Self::BalanceSettings(settings) => Self::BalanceSettings(Box::new(settings.snapshot())),
            Self::Billing(subject) => Self::Billing(subject.snapshot()),
            Self::Transfer(_) | Self::Adjustment(_) | Self::Balance(_) => self.clone(),
        }
    }

    /// The version.
    pub fn version(&self) -> u64 {
        match self {
            Self::Payment(payment) => payment.version,
            Self::Refund(refund) => refund.version,
            Self::Customer(customer) => customer.version,
            Self::PaymentMethod(method) => method.version,
            Self::Endpoint(endpoint) => endpoint.version,
            Self::Dispute(dispute) => dispute.version,
            Self::Payout(payout) => payout.version,
            Self::BankAccount(account) => account.version,
            Self::ConnectedAccount(account) => account.version,
            Self::BalanceSettings(settings) => settings.version,
            Self::Transfer(transfer) => transfer.version,
            Self::Adjustment(adjustment) => adjustment.version,
            Self::Billing(subject) => subject.version(),
            Self::Balance(_) => 1,
        }
    }

    /// When this version was written.
    pub fn updated(&self) -> Timestamp {
        match self {
            Self::Payment(payment) => payment.updated,
            Self::Refund(refund) => refund.updated,
            Self::Customer(customer) => customer.updated,
            Self::PaymentMethod(method) => method.updated,
            Self::Endpoint(endpoint) => endpoint.updated.unwrap_or(endpoint.created),
            Self::Dispute(dispute) => dispute.updated,
            Self::Payout(payout) => payout.updated,
            Self::BankAccount(account) => account.updated,
            Self::ConnectedAccount(account) => account.updated,
            Self::BalanceSettings(settings) => settings.updated,
            Self::Transfer(transfer) => transfer.created,
            Self::Adjustment(adjustment) => adjustment.created,
            Self::Billing(subject) => subject.updated(),
            Self::Balance(sheet) => sheet.read_at,
        }
    }

    /// The request that wrote this version of the resource.
    pub fn request(&self) -> &RequestRef {
        match self {
            Self::Payment(payment) => &payment.request,
            Self::Refund(refund) => &refund.request,
            Self::Customer(customer) => &customer.request,
            Self::PaymentMethod(method) => &method.request,
            Self::Endpoint(endpoint) => &endpoint.request,
            Self::Dispute(dispute) => &dispute.request,
            Self::Payout(payout) => &payout.request,
            Self::BankAccount(account) => &account.request,
            Self::ConnectedAccount(account) => &account.request,
            Self::BalanceSettings(settings) => &settings.request,
            Self::Transfer(transfer) => &transfer.request,
            Self::Adjustment(adjustment) => &adjustment.request,
            Self::Billing(subject) => subject.request(),
            Self::Balance(sheet) => &sheet.request,
        }
    }
}
