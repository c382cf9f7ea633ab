//! The kinds of events.

use serde::{Deserialize, Serialize};

/// The kind of an event. Each API has its own names for the kinds that it publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// An intent was created.
    PaymentCreated,
    /// A charge was captured or authorized.
    ChargeSucceeded,
    /// A charge was declined.
    ChargeFailed,
    /// An authorization was captured.
    ChargeCaptured,
    /// A charge was refunded, in full or in part.
    ChargeRefunded,
    /// What is said of a charge changed: its customer, description, metadata, receipt, shipping or fraud report.
    ChargeUpdated,
    /// A refund of a charge was settled, or its metadata changed.
    ChargeRefundUpdated,
    /// A payment method was attached to a customer.
    PaymentMethodAttached,
    /// A payment method was detached from its customer.
    PaymentMethodDetached,
    /// A payment method changed.
    PaymentMethodUpdated,
    /// A refund's metadata changed.
    RefundUpdated,
    /// A payment was captured.
    PaymentSucceeded,
    /// A payment failed.
    PaymentFailed,
    /// A payment requires a 3-D Secure challenge.
    PaymentRequiresAction,
    /// A payment waits for the processor's decision.
    PaymentProcessing,
    /// A payment is authorized and can be captured.
    PaymentCapturable,
    /// A payment was canceled.
    PaymentCanceled,
    /// A refund was created.
    RefundCreated,
    /// A refund succeeded.
    RefundSucceeded,
    /// A refund failed or was canceled.
    RefundFailed,
    /// A customer was created.
    CustomerCreated,
    /// A customer changed.
    CustomerUpdated,
    /// A customer was deleted.
    CustomerDeleted,
    /// A webhook endpoint was created.
    EndpointCreated,
    /// A webhook endpoint changed.
    EndpointUpdated,
    /// A webhook endpoint was disabled because its deliveries failed.
    EndpointDisabled,
    /// A webhook endpoint was deleted.
    EndpointDeleted,
    /// Money became available.
    BalanceAvailable,
    /// A dispute was opened.
    DisputeCreated,
    /// A dispute's evidence, metadata or status changed.
    DisputeUpdated,
    /// A dispute was decided.
    DisputeClosed,
    /// A dispute's money and its fee were withheld.
    DisputeFundsWithdrawn,
    /// A dispute's money was given back.
    DisputeFundsReinstated,
    /// A payout was created.
    PayoutCreated,
    /// A payout changed: its status, or its metadata.
    PayoutUpdated,
    /// A payout arrived.
    PayoutPaid,
    /// A payout failed.
    PayoutFailed,
    /// A payout was canceled.
    PayoutCanceled,
    /// A bank account was created.
    BankAccountCreated,
    /// A bank account changed.
    BankAccountUpdated,
    /// A bank account was deleted.
    BankAccountDeleted,
    /// Money came from another merchant.
    TransferCreated,
    /// A connected account was accepted.
    ConnectedAccountUpdated,
    /// The settings of the balance changed.
    BalanceSettingsUpdated,
    /// A product was created.
    ProductCreated,
    /// A product changed.
    ProductUpdated,
    /// A product was deleted.
    ProductDeleted,
    /// A price was created.
    PriceCreated,
    /// A price changed.
    PriceUpdated,
}

impl EventKind {
    /// Whether the event shows the resource before the change, too.
    pub(super) const fn is_a_change(self) -> bool {
        match self {
            Self::CustomerUpdated
            | Self::PaymentMethodUpdated
            | Self::ChargeUpdated
            | Self::ChargeRefundUpdated
            | Self::RefundUpdated
            | Self::RefundSucceeded
            | Self::EndpointUpdated
            | Self::EndpointDisabled
            | Self::DisputeUpdated
            | Self::PayoutUpdated
            | Self::BankAccountUpdated
            | Self::ConnectedAccountUpdated
            | Self::BalanceSettingsUpdated
            | Self::ProductUpdated
            | Self::PriceUpdated => true,
            Self::PaymentCreated
            | Self::ChargeSucceeded
            | Self::ChargeFailed
            | Self::ChargeCaptured
            | Self::ChargeRefunded
            | Self::PaymentMethodAttached
            | Self::PaymentMethodDetached
            | Self::PaymentSucceeded
            | Self::PaymentFailed
            | Self::PaymentRequiresAction
            | Self::PaymentProcessing
            | Self::PaymentCapturable
            | Self::PaymentCanceled
            | Self::RefundCreated
            | Self::RefundFailed
            | Self::CustomerCreated
            | Self::CustomerDeleted
            | Self::EndpointCreated
            | Self::EndpointDeleted
            | Self::BalanceAvailable
            | Self::DisputeCreated
            | Self::DisputeClosed
            | Self::DisputeFundsWithdrawn
            | Self::DisputeFundsReinstated
            | Self::PayoutCreated
            | Self::PayoutPaid
            | Self::PayoutFailed
            | Self::PayoutCanceled
            | Self::BankAccountCreated
            | Self::BankAccountDeleted
            | Self::TransferCreated
            | Self::ProductCreated
            | Self::ProductDeleted
            | Self::PriceCreated => false,
        }
    }

    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::PaymentCreated,
        Self::ChargeSucceeded,
        Self::ChargeFailed,
        Self::ChargeCaptured,
        Self::ChargeRefunded,
        Self::ChargeUpdated,
        Self::ChargeRefundUpdated,
        Self::PaymentMethodAttached,
        Self::PaymentMethodDetached,
        Self::PaymentMethodUpdated,
        Self::RefundUpdated,
        Self::PaymentSucceeded,
        Self::PaymentFailed,
        Self::PaymentRequiresAction,
        Self::PaymentProcessing,
        Self::PaymentCapturable,
        Self::PaymentCanceled,
        Self::RefundCreated,
        Self::RefundSucceeded,
        Self::RefundFailed,
        Self::CustomerCreated,
        Self::CustomerUpdated,
        Self::CustomerDeleted,
        Self::EndpointCreated,
        Self::EndpointUpdated,
        Self::EndpointDisabled,
        Self::EndpointDeleted,
        Self::BalanceAvailable,
        Self::DisputeCreated,
        Self::DisputeUpdated,
        Self::DisputeClosed,
        Self::DisputeFundsWithdrawn,
        Self::DisputeFundsReinstated,
        Self::PayoutCreated,
        Self::PayoutUpdated,
        Self::PayoutPaid,
        Self::PayoutFailed,
        Self::PayoutCanceled,
        Self::BankAccountCreated,
        Self::BankAccountUpdated,
        Self::BankAccountDeleted,
        Self::TransferCreated,
        Self::ConnectedAccountUpdated,
        Self::BalanceSettingsUpdated,
        Self::ProductCreated,
        Self::ProductUpdated,
        Self::ProductDeleted,
        Self::PriceCreated,
        Self::PriceUpdated,
    ];
}
