//! The kinds of events.

use serde::{Deserialize, Serialize};

/// What happened, in the ledger's own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// An intent was made.
    PaymentCreated,
    /// A charge took the money, or reserved it.
    ChargeSucceeded,
    /// A charge was declined.
    ChargeFailed,
    /// Reserved money was taken.
    ChargeCaptured,
    /// Some of a charge went back.
    ChargeRefunded,
    /// A payment method was attached to a customer.
    PaymentMethodAttached,
    /// It was detached.
    PaymentMethodDetached,
    /// It changed.
    PaymentMethodUpdated,
    /// A refund's metadata changed.
    RefundUpdated,
    /// The money was taken.
    PaymentSucceeded,
    /// No money was taken.
    PaymentFailed,
    /// The cardholder has to pass a challenge.
    PaymentRequiresAction,
    /// The processor has not decided.
    PaymentProcessing,
    /// The money is reserved and can be taken.
    PaymentCapturable,
    /// It was given up before money was taken.
    PaymentCanceled,
    /// A refund was asked for.
    RefundCreated,
    /// The money went back.
    RefundSucceeded,
    /// It did not.
    RefundFailed,
    /// A customer was made.
    CustomerCreated,
    /// A customer's data changed.
    CustomerUpdated,
    /// A customer's data was erased.
    CustomerDeleted,
    /// A webhook endpoint was made.
    EndpointCreated,
    /// It changed.
    EndpointUpdated,
    /// Deliveries to it were given up, for the reason that it shows.
    EndpointDisabled,
    /// It was deleted.
    EndpointDeleted,
}

impl EventKind {
    /// Whether it says that a thing is not what it was, so that what it was is worth telling.
    pub(super) const fn is_a_change(self) -> bool {
        matches!(
            self,
            Self::CustomerUpdated
                | Self::PaymentMethodUpdated
                | Self::RefundUpdated
                | Self::RefundSucceeded
                | Self::EndpointUpdated
                | Self::EndpointDisabled
        )
    }

    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::PaymentCreated,
        Self::ChargeSucceeded,
        Self::ChargeFailed,
        Self::ChargeCaptured,
        Self::ChargeRefunded,
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
    ];
}
