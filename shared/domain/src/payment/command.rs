//! The commands that change a payment, and the refusals.

use super::{
    intent::{Amendment, Method},
    status::Status,
};
use crate::{processor_charge::ProcessorTransactionId, source::Decline, time::Timestamp};

/// A processor's answer to a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The charge was approved.
    Approved,
    /// The charge was declined.
    Declined(Decline),
    /// The cardholder has to pass a 3-D Secure challenge first.
    ChallengeRequired,
    /// The processor decides later.
    Pending {
        /// When to query the processor.
        ask_at: Timestamp,
    },
}

/// A requested change of a payment.
#[derive(Clone, Debug)]
pub enum Command {
    /// Sets the URL to which the payer returns after the challenge.
    SetReturnUrl(String),
    /// The cardholder passed the challenge; the processor's answer to the charge follows.
    ChallengePassed(Outcome),
    /// The cardholder failed the challenge.
    ChallengeFailed,
    /// The challenge was not answered in time.
    ChallengeExpired,
    /// The processor decided a pending charge.
    Settled(Outcome),
    /// The merchant changes an uncharged intent.
    Amend(Box<Amendment>),
    /// The merchant changes what is said of a payment, whatever its status: description, metadata, receipt,
    /// shipping, and the customer if it has none.
    Annotate(Box<Amendment>),
    /// An intent was charged.
    Confirm {
        /// The payment method; `None` keeps the intent's.
        method: Option<Box<Method>>,
        /// The URL to which the payer returns after a challenge.
        return_url: Option<String>,
        /// Other changes that come with it.
        changes: Box<Amendment>,
        /// The processor's answer.
        outcome: Outcome,
    },
    /// The merchant captures an intent's authorization: this many minor units. The rest is released.
    Capture(i64),
    /// An intent is canceled, by the merchant or because its authorization expired.
    CancelIntent(Option<String>),
    /// The payer confirmed on the hosted page. The challenge comes next.
    PayerConfirmed,
    /// The payer canceled on a hosted page, or the page expired.
    Cancel,
    /// The challenge is passed and the authorization is about to be sent.
    BeginCharge {
        /// When due work queries the processor.
        ask_at: Timestamp,
    },
    /// The processor is about to be queried about the charge. No other run queries it before `ask_at`.
    AskAgain {
        /// When to query next.
        ask_at: Timestamp,
    },
    /// The request of the current stage is about to be sent again.
    SendAgain {
        /// When to query the processor about it.
        ask_at: Timestamp,
    },
    /// The last request certainly had no effect, so it may be sent again at once.
    NothingDone {
        /// When to continue.
        ask_at: Timestamp,
    },
    /// The processor authorized the amount and holds it for a review.
    HeldForReview {
        /// The processor's id of the authorization.
        authorization: ProcessorTransactionId,
        /// When to query the review's result.
        ask_at: Timestamp,
    },
    /// The processor authorized the amount; the capture is about to be sent.
    Authorized {
        /// The processor's id of the authorization.
        authorization: ProcessorTransactionId,
        /// When to query the processor about the capture.
        ask_at: Timestamp,
    },
    /// The processor captured the amount.
    Captured {
        /// The processor's id of the capture.
        capture: ProcessorTransactionId,
    },
    /// The processor refused for good.
    Refused(Decline),
    /// The processor refused for good although the amount is authorized, for example because a risk rule
    /// refused what the issuer had approved. The authorization has to be voided.
    RefusedWithHold {
        /// The processor's id of the authorization.
        authorization: ProcessorTransactionId,
        /// The reason of the refusal.
        decline: Decline,
    },
    /// The processor did not decide in time. An authorization that may exist has to be voided.
    GiveUp,
    /// The processor reports that the authorization was voided.
    Voided,
    /// The processor reports that the authorization of a payment in [`crate::Stage::Releasing`] is gone.
    Released,
    /// The processor's clear answer contradicts the record. It is kept for the operator.
    Keep(String),
    /// The operator restarts the open work with the processor, with all its tries.
    Resume,
    /// Only the operator can continue.
    Stuck {
        /// When to query again.
        ask_at: Timestamp,
    },
    /// A refund of this many minor units was created.
    Refund(i64),
    /// A refund of this many minor units failed or was canceled.
    RefundFailed(i64),
}

/// Why a payment refuses a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The command is not allowed in the payment's status.
    #[error("the payment's status does not allow this")]
    UnexpectedStatus(Status),
    /// The refund exceeds the refundable amount.
    #[error("the refund exceeds what is left to refund")]
    RefundTooLarge {
        /// The refundable amount, in minor units.
        refundable: i64,
    },
    /// The whole amount has been refunded.
    #[error("the payment is already fully refunded")]
    AlreadyRefunded,
    /// Disputes withhold all that was not refunded.
    #[error("the payment is disputed")]
    Disputed,
    /// The amount to capture is not positive or exceeds the authorized amount.
    #[error("the amount is not one that can be captured")]
    NotCapturable {
        /// The authorized amount, in minor units.
        capturable: i64,
    },
    /// The intent to confirm has no payment method.
    #[error("the intent has no payment method")]
    NoMethod,
    /// The payment belongs to another customer.
    #[error("the payment belongs to another customer")]
    HasCustomer,
    /// The amount to refund is not positive.
    #[error("a refund must be of at least one minor unit")]
    RefundNotPositive,
    /// The processor's answer does not fit the payment's state, such as a second challenge.
    #[error("the network's answer does not fit the payment's status")]
    SenselessOutcome,
}
