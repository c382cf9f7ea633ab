//! A payment: one value that is the whole truth of it, and one function that may change it.
//!
//! ```text
//! create ─▶ requires_confirmation ─▶ requires_action ─▶ processing ─▶ requires_capture ─▶ succeeded ─▶ (refunds)
//!                     │                     │                │                │
//!                     └────▶ canceled ◀─────┘                └───▶ failed ◀───┘
//! ```
//!
//! An intent begins at `requires_payment_method` (or further on, if it is given one), comes back to it when its card is
//! declined, waits at `requires_capture` where its merchant captures by hand, and can be canceled until money was taken.
//!
//! A payment may begin at any of them: the sandbox decides at once, a hosted checkout waits for its payer, a bank takes
//! its time. Only a processor that was asked over a wire goes through `requires_capture`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    front_door::FrontDoor,
    id::{CustomerId, PaymentId, PaymentMethodId},
    idempotency::Fingerprint,
    metadata::{JsonObject, Metadata},
    money::Money,
    processor_charge::{ProcessorCharge, ProcessorTransactionId, Stage},
    replay::{ReplaySnapshots, Replayable},
    request_ref::RequestRef,
    source::{Decline, Instrument, ProcessorKind, SealedCard, Source},
    time::Timestamp,
};

mod over_wire;

/// How long a cardholder may take to answer a 3-D Secure challenge, in milliseconds: a day.
pub const CHALLENGE_LIFETIME_MS: i64 = 24 * 60 * 60 * 1000;

/// The statuses in which an intent was not charged.
const UNCHARGED: &[Status] =
    &[Status::RequiresPaymentMethod, Status::RequiresConfirmation, Status::RequiresAction];

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It has nothing to be made with (yet, or any more: the last one was declined).
    RequiresPaymentMethod,
    /// The payer has not confirmed it yet, on the hosted page.
    RequiresConfirmation,
    /// The cardholder has to pass a challenge first.
    RequiresAction,
    /// The processor has it and has not decided.
    Processing,
    /// The money is reserved and not taken.
    RequiresCapture,
    /// The money was taken.
    Succeeded,
    /// No money was taken, and none will be.
    Failed,
    /// It was given up before money was taken; none will be.
    Canceled,
}

impl Status {
    /// Every status.
    pub const ALL: &'static [Self] = &[
        Self::RequiresPaymentMethod,
        Self::RequiresConfirmation,
        Self::RequiresAction,
        Self::Processing,
        Self::RequiresCapture,
        Self::Succeeded,
        Self::Failed,
        Self::Canceled,
    ];

    /// Whether nothing but refunds will happen any more.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Canceled)
    }

    /// The ledger's own word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::Processing => "processing",
            Self::RequiresCapture => "requires_capture",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }
}

/// What a processor made of a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The money was taken.
    Approved,
    /// It was not.
    Declined(Decline),
    /// The cardholder has to pass a challenge first.
    ChallengeRequired,
    /// The processor decides later; ask it again at `ask_at`.
    Pending {
        /// When to ask.
        ask_at: Timestamp,
    },
}

/// What a payment that is taken as an intent has beyond others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// The merchant captures by hand; until then the money is only reserved.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub manual_capture: bool,
    /// The merchant's server confirms, not the payer's page.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub manual_confirmation: bool,
    /// The kinds of payment method that it accepts (`card`, `sepa_debit`).
    #[serde(default)]
    pub payment_method_types: Vec<String>,
    /// The payment method it is made with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_method: Option<PaymentMethodId>,
    /// The payment method that was declined last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declined_method: Option<PaymentMethodId>,
    /// Where a receipt goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_email: Option<String>,
    /// Times that it was charged, successfully or not.
    #[serde(default)]
    pub charges: u32,
    /// When it was canceled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canceled_at: Option<Timestamp>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancellation_reason: Option<String>,
}

/// How long an authorisation that nobody captures is held, in milliseconds: seven days.
pub const AUTHORIZATION_LIFETIME_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// A payment method, as a payment takes it on.
#[derive(Clone, Debug, PartialEq)]
pub struct Method {
    /// Its id.
    pub id: PaymentMethodId,
    /// What may be shown of it.
    pub source: Source,
    /// What the processor calls it.
    pub instrument: Instrument,
}

/// Changes to an intent that has not been charged. What is absent stays.
#[derive(Clone, Debug, Default)]
pub struct Amendment {
    /// Another amount or currency.
    pub amount: Option<Money>,
    /// Another customer.
    pub customer: Option<CustomerId>,
    /// Another description, or none.
    pub description: Option<Option<String>>,
    /// All of the metadata, changed.
    pub metadata: Option<Metadata>,
    /// Another address for the receipt, or none.
    pub receipt_email: Option<Option<String>>,
    /// Another payment method.
    pub method: Option<Method>,
    /// Other kinds of payment method.
    pub payment_method_types: Option<Vec<String>>,
    /// Whether the merchant captures by hand.
    pub manual_capture: Option<bool>,
}

/// What a hosted checkout knows beyond the payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hosted {
    /// The merchant's own number of the order.
    pub order_id: String,
    /// Where the payer goes if nothing is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_url: Option<String>,
    /// The merchant's metadata, where it is more than the payment's key-value pairs may hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<JsonObject>,
}

/// The part of a payment that answers show and that may change after the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentState {
    /// Where it stood.
    pub status: Status,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline: Option<Decline>,
    /// Where the payer was to be sent after the challenge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_url: Option<String>,
}

/// A payment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Payment {
    /// Its id.
    pub id: PaymentId,
    /// Counts its changes, from 1.
    pub version: u64,
    /// The API it was taken through.
    pub front_door: FrontDoor,
    /// The request that made its latest version.
    #[serde(flatten)]
    pub request: RequestRef,
    /// What was asked for.
    pub amount: Money,
    /// What was taken, in minor units of the amount's currency.
    pub amount_captured: i64,
    /// What went back or is on its way back, in minor units; never more than was captured.
    pub amount_refunded: i64,
    /// Where it stands, why it failed, where the payer goes.
    #[serde(flatten)]
    pub state: PaymentState,
    /// What it is made with, once it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// What the processor calls that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrument: Option<Instrument>,
    /// What it has as an intent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
    /// The customer it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    /// The merchant's description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The merchant's metadata.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// The charge over a wire, if it is made so; else the sandbox's.
    #[serde(rename = "network", default, skip_serializing_if = "Option::is_none")]
    pub processor_charge: Option<ProcessorCharge>,
    /// The hosted checkout it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hosted: Option<Hosted>,
    /// When the money was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<Timestamp>,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
    /// When due work has to look at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// The request that made it, if it was made with an idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// What was answered about it.
    #[serde(flatten)]
    pub replay: ReplaySnapshots<Self>,
    /// What the create of a payment that is no intent answered, where that is not what it shows now.
    #[serde(rename = "first", default, skip_serializing_if = "Option::is_none")]
    pub created_state: Option<PaymentState>,
}

/// What a create asks for, checked.
#[derive(Clone, Debug)]
pub struct NewPayment {
    /// The id: random, or derived from the idempotency key.
    pub id: PaymentId,
    /// The API it is taken through.
    pub front_door: FrontDoor,
    /// The request.
    pub request: RequestRef,
    /// What to take.
    pub amount: Money,
    /// From what.
    pub source: Option<Source>,
    /// What the processor calls that.
    pub instrument: Option<Instrument>,
    /// For whom.
    pub customer: Option<CustomerId>,
    /// The merchant's description.
    pub description: Option<String>,
    /// The merchant's metadata.
    pub metadata: Metadata,
    /// The request's fingerprint, if it has an idempotency key.
    pub fingerprint: Option<Fingerprint>,
}

/// What a hosted payment has beyond others.
#[derive(Clone, Debug)]
pub struct HostedCharge {
    /// Who charges the card.
    pub processor: ProcessorKind,
    /// What the processor knows the merchant by: the MID.
    pub account: String,
    /// The card.
    pub card: SealedCard,
    /// The order, and the way back when nothing is paid.
    pub hosted: Hosted,
    /// The way back when it is paid.
    pub return_url: Option<String>,
    /// Until when the payer may take.
    pub expires: Timestamp,
    /// Whether the payer confirms elsewhere, so that the challenge is next.
    pub confirmed: bool,
}

/// A change of a payment that is asked for.
#[derive(Clone, Debug)]
pub enum Command {
    /// The merchant says where the payer goes after the challenge.
    SetReturnUrl(String),
    /// The cardholder passed the challenge, and the processor then said this.
    ChallengePassed(Outcome),
    /// The cardholder failed the challenge.
    ChallengeFailed,
    /// Nobody answered the challenge in time.
    ChallengeExpired,
    /// The processor decided.
    Settled(Outcome),
    /// The merchant changes an intent.
    Amend(Box<Amendment>),
    /// An intent is charged, with this method if it is given, and the processor said this.
    Confirm {
        /// The method; the one it has when absent.
        method: Option<Box<Method>>,
        /// Where the payer goes after a challenge.
        return_url: Option<String>,
        /// What the processor said.
        outcome: Outcome,
    },
    /// The merchant takes so many minor units of what is reserved; the rest is let go.
    Capture(i64),
    /// The merchant, or the time that went by, cancels an intent.
    CancelIntent(Option<String>),
    /// The payer confirmed on the hosted page: the challenge comes next.
    PayerConfirmed,
    /// The payer gave up on a hosted page, or let the time go by.
    Cancel,
    /// The challenge is passed and the authorisation is about to be sent; due work asks what became of it at `ask_at`.
    BeginCharge {
        /// When to ask.
        ask_at: Timestamp,
    },
    /// The processor is about to be asked what became of a charge; no other run asks until `ask_at`.
    AskAgain {
        /// When to ask once more.
        ask_at: Timestamp,
    },
    /// The request of the charge's stage is about to be sent once more.
    SendAgain {
        /// When to ask what became of it.
        ask_at: Timestamp,
    },
    /// The last request certainly did nothing, so it may be sent again at once.
    NothingDone {
        /// When to go on.
        ask_at: Timestamp,
    },
    /// The processor reserved the money, and the reservation has to be accepted first.
    HeldForReview {
        /// The processor's own id of the authorisation.
        authorization: ProcessorTransactionId,
        /// When to ask whether it was accepted.
        ask_at: Timestamp,
    },
    /// The processor reserved the money; the capture is about to be sent.
    Authorized {
        /// The processor's own id of the authorisation.
        authorization: ProcessorTransactionId,
        /// When to ask what became of the capture.
        ask_at: Timestamp,
    },
    /// The processor took the money.
    Captured {
        /// The processor's own id of the capture.
        capture: ProcessorTransactionId,
    },
    /// The processor refused for good.
    Refused(Decline),
    /// The processor refused for good, and has reserved the money all the same (a risk rule refused what the issuer had
    /// approved, say): it is to be let go.
    RefusedWithHold {
        /// The processor's own id of the authorisation.
        authorization: ProcessorTransactionId,
        /// Why it was refused.
        decline: Decline,
    },
    /// The processor did not decide in time. What it reserved, or may have reserved, is to be let go.
    GiveUp,
    /// The processor says that the reservation was let go.
    Voided,
    /// What was to be let go is gone.
    Released,
    /// The processor gave a clear answer that contradicts what is recorded: it is kept.
    Keep(String),
    /// The operator has what is open with the processor begun anew: it may be sent as often as at first.
    Resume,
    /// Nothing is left that can be done without the operator.
    Stuck {
        /// When to look at it again.
        ask_at: Timestamp,
    },
    /// A refund of so many minor units takes its place in the sum.
    Refund(i64),
    /// A refund of so many minor units failed and leaves the sum.
    RefundFailed(i64),
}

/// Why a payment cannot do what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is not in a status that allows it.
    #[error("the payment's status does not allow this")]
    UnexpectedStatus(Status),
    /// The refund would be more than what is left.
    #[error("the refund exceeds what is left to refund")]
    RefundTooLarge {
        /// What is left, in minor units.
        refundable: i64,
    },
    /// All of it has been refunded.
    #[error("the payment is already fully refunded")]
    AlreadyRefunded,
    /// More than is reserved, or nothing.
    #[error("the amount is not one that can be captured")]
    NotCapturable {
        /// What is reserved, in minor units.
        capturable: i64,
    },
    /// An intent that has nothing to be charged cannot be confirmed.
    #[error("the intent has no payment method")]
    NoMethod,
    /// A refund of nothing, or of less.
    #[error("a refund must be of at least one minor unit")]
    RefundNotPositive,
    /// A processor's answer makes no sense here (a second challenge, say).
    #[error("the network's answer does not fit the payment's status")]
    SenselessOutcome,
}

impl Payment {
    /// Makes the payment that a processor's answer to a new charge describes.
    pub fn create(new: NewPayment, outcome: Outcome, now: Timestamp) -> Self {
        let mut payment = Self::new(new, now);
        payment.take(outcome, now);
        payment
    }

    /// Makes a payment that waits for its payer on hosted pages until `expires`: for the confirmation, or, where that is
    /// taken for given, for the challenge.
    pub fn create_hosted(new: NewPayment, hosted: HostedCharge, now: Timestamp) -> Self {
        let mut payment = Self::new(new, now);
        payment.state.status =
            if hosted.confirmed { Status::RequiresAction } else { Status::RequiresConfirmation };
        payment.state.return_url = hosted.return_url;
        payment.processor_charge =
            Some(ProcessorCharge::new(hosted.processor, Some(hosted.account), hosted.card));
        payment.hosted = Some(hosted.hosted);
        payment.due = Some(hosted.expires);
        payment
    }

    /// Makes an intent that was not charged yet.
    pub fn create_intent(new: NewPayment, intent: Intent, now: Timestamp) -> Self {
        let mut payment = Self::new(new, now);
        payment.state.status = if payment.instrument.is_some() {
            Status::RequiresConfirmation
        } else {
            Status::RequiresPaymentMethod
        };
        payment.intent = Some(intent);
        payment
    }

    /// Whether it ever tried to take money: an intent may never have been charged.
    pub fn was_charged(&self) -> bool {
        self.intent.as_ref().is_none_or(|intent| intent.charges > 0)
    }

    /// Whether it tells where a receipt goes or whose account it was, now or in an answer that is kept.
    fn names_person(&self) -> bool {
        let receipt = self.intent.as_ref().and_then(|intent| intent.receipt_email.as_ref());
        let is_holder_known = match &self.source {
            Some(Source::BankTransfer(account)) => !account.account_holder_name.is_empty(),
            _ => false,
        };
        receipt.is_some() || is_holder_known || self.replay.resources().any(Self::names_person)
    }

    /// Whether one of its versions may have told of a person, and its events with it: where a receipt goes, whose account it was, or
    /// by the digest of a request that had an address.
    pub fn may_have_told_of_person(&self) -> bool {
        let is_bank_transfer = matches!(self.source, Some(Source::BankTransfer(_)));
        self.front_door == FrontDoor::Direct || self.intent.is_some() || is_bank_transfer
    }

    /// The payment as it is, without what it tells of a person: where a receipt goes and whose account it was, and the digest of a
    /// request that named them, or an address, and could be found by trying.
    #[must_use]
    pub fn without_person(&self) -> Self {
        const MEMBERS: [&str; 2] = ["receipt_email", "account_holder_name"];
        let mut next = Self { replay: self.replay.map(&MEMBERS, Self::without_person), ..self.clone() };
        if self.front_door == FrontDoor::Direct || self.names_person() {
            next.fingerprint = None;
        }
        if let Some(intent) = &mut next.intent {
            intent.receipt_email = None;
        }
        if let Some(Source::BankTransfer(account)) = &mut next.source {
            account.account_holder_name.clear();
        }
        next
    }

    /// The next version, without what it tells of a person; `None` where it tells nothing.
    pub fn erased(&self, now: Timestamp, request: &RequestRef) -> Option<Self> {
        let without = self.without_person();
        (without != *self).then(|| Self {
            version: self.version + 1,
            updated: now,
            request: request.clone(),
            ..without
        })
    }

    /// The merchant's metadata as JSON.
    pub fn metadata_json(&self) -> Value {
        self.json_object().map_or_else(|| self.metadata.to_json(), JsonObject::to_json)
    }

    /// The merchant's metadata as it was written, where it is more than key-value pairs.
    pub fn json_object(&self) -> Option<&JsonObject> {
        self.hosted.as_ref()?.metadata.as_ref()
    }

    /// What is reserved and can be captured, in minor units.
    pub fn capturable(&self) -> i64 {
        match self.state.status {
            Status::RequiresCapture => self.amount.minor,
            _ => 0,
        }
    }

    fn new(new: NewPayment, now: Timestamp) -> Self {
        Self {
            id: new.id,
            version: 1,
            front_door: new.front_door,
            request: new.request,
            amount: new.amount,
            amount_captured: 0,
            amount_refunded: 0,
            state: PaymentState { status: Status::Processing, decline: None, return_url: None },
            source: new.source,
            instrument: new.instrument,
            customer: new.customer,
            description: new.description,
            metadata: new.metadata,
            intent: None,
            processor_charge: None,
            hosted: None,
            completed: None,
            created: now,
            updated: now,
            due: None,
            fingerprint: new.fingerprint,
            replay: ReplaySnapshots::default(),
            created_state: None,
        }
    }

    /// Applies a command at an instant, for a request: the next version of the payment, or why there is none.
    pub fn apply(&self, command: Command, now: Timestamp, request: &RequestRef) -> Result<Self, Refusal> {
        let mut next = self.clone();
        next.version += 1;
        next.updated = now;
        match command {
            Command::SetReturnUrl(url) => {
                self.must_be(Status::RequiresAction)?;
                next.state.return_url = Some(url);
            }
            Command::ChallengePassed(outcome) => {
                self.must_be(Status::RequiresAction)?;
                self.must_be_decided_at_once()?;
                if outcome == Outcome::ChallengeRequired {
                    return Err(Refusal::SenselessOutcome);
                }
                next.take(outcome, now);
            }
            Command::ChallengeFailed => {
                self.must_be(Status::RequiresAction)?;
                next.take(Outcome::Declined(Decline::AuthenticationFailed), now);
            }
            Command::ChallengeExpired => {
                self.must_be(Status::RequiresAction)?;
                next.take(Outcome::Declined(Decline::AuthenticationExpired), now);
            }
            Command::Settled(outcome) => {
                self.must_be(Status::Processing)?;
                self.must_be_decided_at_once()?;
                if outcome == Outcome::ChallengeRequired {
                    return Err(Refusal::SenselessOutcome);
                }
                next.take(outcome, now);
            }
            Command::Amend(_) | Command::Confirm { .. } | Command::Capture(_) | Command::CancelIntent(_) => {
                self.step_of_intent(&mut next, command, now)?;
            }
            Command::PayerConfirmed
            | Command::Cancel
            | Command::BeginCharge { .. }
            | Command::AskAgain { .. }
            | Command::SendAgain { .. }
            | Command::NothingDone { .. }
            | Command::HeldForReview { .. }
            | Command::Authorized { .. }
            | Command::Captured { .. }
            | Command::Refused(_)
            | Command::RefusedWithHold { .. }
            | Command::GiveUp
            | Command::Voided
            | Command::Released
            | Command::Keep(_)
            | Command::Resume
            | Command::Stuck { .. } => self.step_over_wire(&mut next, command, now)?,
            Command::Refund(minor) => {
                self.must_be(Status::Succeeded)?;
                let refundable = self.refundable();
                if minor <= 0 {
                    return Err(Refusal::RefundNotPositive);
                }
                if refundable == 0 {
                    return Err(Refusal::AlreadyRefunded);
                }
                if minor > refundable {
                    return Err(Refusal::RefundTooLarge { refundable });
                }
                next.amount_refunded += minor;
            }
            Command::RefundFailed(minor) => {
                self.must_be(Status::Succeeded)?;
                if minor <= 0 || minor > self.amount_refunded {
                    return Err(Refusal::SenselessOutcome);
                }
                next.amount_refunded -= minor;
            }
        }
        next.keep_created(self);
        request.clone_into(&mut next.request);
        Ok(next)
    }

    fn step_of_intent(&self, next: &mut Self, command: Command, now: Timestamp) -> Result<(), Refusal> {
        match command {
            Command::Amend(amendment) => {
                self.must_be_one_of(UNCHARGED)?;
                let is_another_charge = self.is_changed_by(&amendment);
                next.amend(*amendment)?;
                // The cardholder was asked about another charge: what was changed has to be confirmed anew.
                if is_another_charge && self.state.status == Status::RequiresAction {
                    next.state.status = Status::RequiresConfirmation;
                    next.due = None;
                }
            }
            Command::Confirm { method, return_url, outcome } => {
                self.must_be_one_of(&[Status::RequiresPaymentMethod, Status::RequiresConfirmation])?;
                if let Some(method) = method {
                    next.take_on(*method)?;
                }
                if next.instrument.is_none() {
                    return Err(Refusal::NoMethod);
                }
                if return_url.is_some() {
                    next.state.return_url = return_url;
                }
                next.as_intent()?.charges += 1;
                next.take(outcome, now);
            }
            Command::Capture(minor) => {
                self.must_be(Status::RequiresCapture)?;
                next.as_intent()?;
                let capturable = self.capturable();
                if minor <= 0 || minor > capturable {
                    return Err(Refusal::NotCapturable { capturable });
                }
                next.amount_captured = minor;
                next.completed = Some(now);
                next.end(Status::Succeeded, None);
            }
            Command::CancelIntent(reason) => {
                self.must_be_one_of(&[
                    Status::RequiresPaymentMethod,
                    Status::RequiresConfirmation,
                    Status::RequiresAction,
                    Status::RequiresCapture,
                ])?;
                let intent = next.as_intent()?;
                intent.canceled_at = Some(now);
                intent.cancellation_reason = reason;
                next.end(Status::Canceled, None);
            }
            _ => return Err(Refusal::SenselessOutcome),
        }
        Ok(())
    }

    /// What can still be refunded, in minor units.
    pub fn refundable(&self) -> i64 {
        self.amount_captured - self.amount_refunded
    }

    pub(super) fn must_be(&self, status: Status) -> Result<(), Refusal> {
        if self.state.status == status { Ok(()) } else { Err(Refusal::UnexpectedStatus(self.state.status)) }
    }

    pub(super) fn must_be_one_of(&self, statuses: &[Status]) -> Result<(), Refusal> {
        if statuses.contains(&self.state.status) {
            Ok(())
        } else {
            Err(Refusal::UnexpectedStatus(self.state.status))
        }
    }

    /// What a processor is asked over a wire for is decided by its own steps only.
    fn must_be_decided_at_once(&self) -> Result<(), Refusal> {
        if self.processor_charge.is_none() { Ok(()) } else { Err(Refusal::SenselessOutcome) }
    }

    fn as_intent(&mut self) -> Result<&mut Intent, Refusal> {
        let status = self.state.status;
        // Steps of an intent are refused to a payment that is none, as its status stands.
        self.intent.as_mut().ok_or(Refusal::UnexpectedStatus(status))
    }

    fn take_on(&mut self, method: Method) -> Result<(), Refusal> {
        self.as_intent()?.payment_method = Some(method.id);
        self.source = Some(method.source);
        self.instrument = Some(method.instrument);
        Ok(())
    }

    /// Whether an amendment changes what is charged, from what, or when the money is taken.
    fn is_changed_by(&self, amendment: &Amendment) -> bool {
        let manual = self.intent.as_ref().map(|intent| intent.manual_capture);
        amendment.method.is_some()
            || amendment.amount.is_some_and(|amount| amount != self.amount)
            || amendment.manual_capture.is_some_and(|changed| Some(changed) != manual)
    }

    /// The number of the payment's latest challenge, from 1: a link to an earlier one answers no later one.
    pub fn challenge_number(&self) -> u32 {
        self.intent.as_ref().map_or(1, |intent| intent.charges.max(1))
    }

    fn amend(&mut self, amendment: Amendment) -> Result<(), Refusal> {
        self.as_intent()?;
        if let Some(method) = amendment.method {
            self.take_on(method)?;
            self.state.decline = None;
            if self.state.status == Status::RequiresPaymentMethod {
                self.state.status = Status::RequiresConfirmation;
            }
        }
        if let Some(amount) = amendment.amount {
            self.amount = amount;
        }
        if amendment.customer.is_some() {
            self.customer = amendment.customer;
        }
        if let Some(description) = amendment.description {
            self.description = description;
        }
        if let Some(metadata) = amendment.metadata {
            self.metadata = metadata;
        }
        let intent = self.as_intent()?;
        if let Some(receipt_email) = amendment.receipt_email {
            intent.receipt_email = receipt_email;
        }
        if let Some(types) = amendment.payment_method_types {
            intent.payment_method_types = types;
        }
        if let Some(manual) = amendment.manual_capture {
            intent.manual_capture = manual;
        }
        Ok(())
    }

    fn take(&mut self, outcome: Outcome, now: Timestamp) {
        if let Some(intent) = &mut self.intent {
            match outcome {
                Outcome::Approved if intent.manual_capture => {
                    self.state.status = Status::RequiresCapture;
                    self.state.decline = None;
                    self.due = Some(now.plus_ms(AUTHORIZATION_LIFETIME_MS));
                    return;
                }
                Outcome::Declined(decline) => {
                    intent.declined_method = intent.payment_method.take();
                    self.source = None;
                    self.instrument = None;
                    self.state.status = Status::RequiresPaymentMethod;
                    self.state.decline = Some(decline);
                    self.due = None;
                    return;
                }
                _ => self.state.decline = None,
            }
        }
        match outcome {
            Outcome::Approved => {
                self.amount_captured = self.amount.minor;
                self.completed = Some(now);
                self.end(Status::Succeeded, None);
            }
            Outcome::Declined(decline) => self.end(Status::Failed, Some(decline)),
            Outcome::ChallengeRequired => {
                self.state.status = Status::RequiresAction;
                self.due = Some(now.plus_ms(CHALLENGE_LIFETIME_MS));
            }
            Outcome::Pending { ask_at } => {
                self.state.status = Status::Processing;
                self.due = Some(ask_at);
            }
        }
    }

    /// Nothing more is due, and the card is not needed any longer.
    pub(super) fn end(&mut self, status: Status, decline: Option<Decline>) {
        self.state.status = status;
        self.state.decline = decline;
        self.due = None;
        if let Some(processor) = &mut self.processor_charge {
            processor.card = None;
            if processor.stage == Stage::Waiting {
                processor.stage = Stage::Ended;
            }
        }
    }
}

impl Replayable for Payment {
    fn replay(&self) -> &ReplaySnapshots<Self> {
        &self.replay
    }
    fn replay_mut(&mut self) -> &mut ReplaySnapshots<Self> {
        &mut self.replay
    }

    /// Without what no answer shows: how it is charged (the sealed card outlives no payment), and the create's request.
    fn snapshot(&self) -> Self {
        Self {
            replay: ReplaySnapshots::default(),
            created_state: None,
            processor_charge: None,
            instrument: None,
            fingerprint: None,
            due: None,
            ..self.clone()
        }
    }

    /// The first releases kept the state.
    fn with_legacy_part(&self, part: &serde_json::Value) -> Option<Self> {
        Some(Self { state: PaymentState::deserialize(part).ok()?, ..self.snapshot() })
    }

    /// Only the state of a payment that is not an intent changes: to keep the rest twice would cost every step of a
    /// charge over a wire a second KB.
    fn keep_created(&mut self, before: &Self) {
        if self.intent.is_some() {
            self.keep_whole_created(before);
        } else if self.created_state.is_none() && self.state != before.state {
            self.created_state = Some(before.state.clone());
        }
    }

    fn into_created(mut self) -> Self {
        if let Some(first) = self.created_state.take() {
            self.state = first;
        }
        self.replay.take_created().unwrap_or(self)
    }
}

#[cfg(test)]
pub(crate) mod tests;
