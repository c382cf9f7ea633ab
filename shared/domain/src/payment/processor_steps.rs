//! The steps of a charge by a processor.
//!
//! A payment may fail or be canceled while an authorization exists: a capture was declined, a review rejected
//! it, or the processor did not decide in time. The charge is then [`Stage::Releasing`], and the payment
//! stays due until the processor reports that nothing is authorized any more.

use super::{
    Payment,
    command::{Command, Refusal},
    status::Status,
};
use crate::{
    processor_charge::{ProcessorCharge, ProcessorTransactionId, Sent, Stage, keep_unapplied},
    source::Decline,
    time::Timestamp,
};

/// How a processor authorized a charge.
#[derive(Clone, Copy)]
pub(super) enum Reserved {
    /// A review has to accept it first.
    InReview,
    /// It can be captured.
    Accepted,
}

/// Steps of the payer and of the authorization.
impl Payment {
    pub(super) fn confirm_by_payer(&mut self) -> Result<(), Refusal> {
        self.must_be(Status::RequiresConfirmation)?;
        self.charge_mut()?;
        self.state.status = Status::RequiresAction;
        Ok(())
    }

    pub(super) fn cancel_by_payer(&mut self) -> Result<(), Refusal> {
        self.must_be_one_of(&[Status::RequiresConfirmation, Status::RequiresAction])?;
        self.charge_mut()?;
        self.end(Status::Canceled, None);
        Ok(())
    }

    pub(super) fn begin_charge(&mut self, ask_at: Timestamp, now: Timestamp) -> Result<(), Refusal> {
        self.must_be(Status::RequiresAction)?;
        let charge = self.charge_mut()?;
        charge.stage = Stage::Authorizing;
        charge.since = Some(now);
        charge.sent = Sent::first(now);
        charge.attempts = 1;
        self.state.status = Status::Processing;
        self.due = Some(ask_at);
        Ok(())
    }

    /// Records an authorization. If the payment has ended meanwhile, the authorization has to be voided.
    pub(super) fn reserve(
        &mut self,
        authorization: ProcessorTransactionId,
        reserved: Reserved,
        ask_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let status = self.state.status;
        let charge = self.charge_mut()?;
        match status {
            Status::Processing => {
                let is_expected = match reserved {
                    Reserved::InReview => charge.stage == Stage::Authorizing,
                    Reserved::Accepted => {
                        matches!(charge.stage, Stage::Authorizing | Stage::InReview { .. })
                    }
                };
                if !is_expected {
                    return Err(Refusal::SenselessOutcome);
                }
                self.advance_to(authorization, reserved, ask_at, now)
            }
            Status::Failed | Status::Canceled
                if matches!(charge.stage, Stage::Releasing { authorization: None } | Stage::Ended) =>
            {
                self.release(Some(authorization), now)
            }
            status => Err(Refusal::UnexpectedStatus(status)),
        }
    }

    fn advance_to(
        &mut self,
        authorization: ProcessorTransactionId,
        reserved: Reserved,
        ask_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let charge = self.charge_mut()?;
        // Later requests name the authorization, so the card is not needed any more.
        charge.card = None;
        charge.since = Some(now);
        match reserved {
            Reserved::InReview => {
                charge.stage = Stage::InReview { authorization };
                charge.sent = Sent::default();
            }
            Reserved::Accepted => {
                charge.stage = Stage::Authorized { authorization };
                charge.sent = Sent::first(now);
                self.state.status = Status::RequiresCapture;
            }
        }
        self.due = Some(ask_at);
        Ok(())
    }

    pub(super) fn record_capture(
        &mut self,
        capture: ProcessorTransactionId,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.must_be(Status::RequiresCapture)?;
        let charge = self.charge_mut()?;
        let Stage::Authorized { authorization } = charge.stage.clone() else {
            return Err(Refusal::SenselessOutcome);
        };
        charge.stage = Stage::Captured { authorization, capture };
        self.succeed(self.amount.minor, now);
        Ok(())
    }
}

/// Steps of a charge that ends without a capture.
impl Payment {
    /// Fails the payment. An authorization that is known has to be voided.
    pub(super) fn fail(&mut self, decline: Decline, now: Timestamp) -> Result<(), Refusal> {
        let authorization = self.fail_with(decline)?;
        if authorization.is_some() {
            return self.release(authorization, now);
        }
        self.charge_mut()?.stage = Stage::Ended;
        Ok(())
    }

    /// Fails the payment. An authorization has to be voided, also one that the processor has not reported.
    pub(super) fn fail_and_release(&mut self, decline: Decline, now: Timestamp) -> Result<(), Refusal> {
        let authorization = self.fail_with(decline)?;
        self.release(authorization, now)
    }

    /// Fails a payment that waits for the processor; returns the authorization, if one is known.
    fn fail_with(&mut self, decline: Decline) -> Result<Option<ProcessorTransactionId>, Refusal> {
        self.must_be_one_of(&[Status::Processing, Status::RequiresCapture])?;
        let authorization = match self.charge_mut()?.stage.clone() {
            Stage::InReview { authorization } | Stage::Authorized { authorization } => Some(authorization),
            Stage::Authorizing => None,
            Stage::Waiting | Stage::Captured { .. } | Stage::Releasing { .. } | Stage::Ended => {
                return Err(Refusal::SenselessOutcome);
            }
        };
        self.end(Status::Failed, Some(decline));
        Ok(authorization)
    }

    pub(super) fn refuse_with_hold(
        &mut self,
        authorization: ProcessorTransactionId,
        decline: Decline,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if self.state.status == Status::Processing {
            self.fail_and_release(decline, now)?;
            self.release(Some(authorization), now)
        } else {
            // The payment has ended already: only the authorization is new.
            self.reserve(authorization, Reserved::Accepted, now, now)
        }
    }

    pub(super) fn record_void(&mut self) -> Result<(), Refusal> {
        self.must_be_one_of(&[Status::Processing, Status::RequiresCapture])?;
        self.charge_mut()?.stage = Stage::Ended;
        self.end(Status::Canceled, None);
        Ok(())
    }

    pub(super) fn record_release(&mut self) -> Result<(), Refusal> {
        let refusal = self.unexpected_status();
        let charge = self.charge_mut()?;
        let Stage::Releasing { .. } = charge.stage else {
            return Err(refusal);
        };
        charge.stage = Stage::Ended;
        self.due = None;
        Ok(())
    }

    fn release(
        &mut self,
        authorization: Option<ProcessorTransactionId>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let charge = self.charge_mut()?;
        // While the authorization is not known its request may still arrive, so its send times are kept.
        if authorization.is_some() {
            charge.sent = Sent::default();
        }
        charge.stage = Stage::Releasing { authorization };
        charge.since = Some(now);
        charge.attempts = 0;
        self.due = Some(now);
        Ok(())
    }
}

/// Bookkeeping of requests and queries; it changes no status.
impl Payment {
    pub(super) fn ask_again(&mut self, ask_at: Timestamp) -> Result<(), Refusal> {
        let charge = self.open_charge_mut()?;
        charge.attempts = charge.attempts.saturating_add(1);
        self.due = Some(ask_at);
        Ok(())
    }

    pub(super) fn send_again(&mut self, ask_at: Timestamp, now: Timestamp) -> Result<(), Refusal> {
        let charge = self.open_charge_mut()?;
        charge.sent = charge.sent.again(now);
        self.due = Some(ask_at);
        Ok(())
    }

    pub(super) fn note_without_effect(&mut self, ask_at: Timestamp) -> Result<(), Refusal> {
        let charge = self.open_charge_mut()?;
        charge.sent = charge.sent.without_effect();
        self.due = Some(ask_at);
        Ok(())
    }

    pub(super) fn resume(&mut self, now: Timestamp) -> Result<(), Refusal> {
        let charge = self.open_charge_mut()?;
        charge.sent.times = u32::from(charge.sent.times > 0);
        charge.since = Some(now);
        charge.attempts = 0;
        charge.stuck_since = None;
        self.due = Some(now);
        Ok(())
    }

    pub(super) fn note_stuck(&mut self, ask_at: Timestamp, now: Timestamp) -> Result<(), Refusal> {
        self.open_charge_mut()?.stuck_since.get_or_insert(now);
        self.due = Some(ask_at);
        Ok(())
    }

    pub(super) fn keep_answer(&mut self, answer: String, now: Timestamp) -> Result<(), Refusal> {
        keep_unapplied(&mut self.charge_mut()?.unapplied, answer, now);
        Ok(())
    }

    /// Whether requests to the processor may still be needed.
    pub fn is_open_with_processor(&self) -> bool {
        let Some(charge) = &self.processor_charge else { return false };
        matches!(self.state.status, Status::Processing | Status::RequiresCapture)
            || matches!(charge.stage, Stage::Releasing { .. })
    }

    /// Whether a processor's clear answer is already recorded.
    pub fn reflects(&self, answer: &Command) -> bool {
        let Some(charge) = &self.processor_charge else { return false };
        let stage = &charge.stage;
        let recorded = match stage {
            Stage::InReview { authorization }
            | Stage::Authorized { authorization }
            | Stage::Captured { authorization, .. }
            | Stage::Releasing { authorization: Some(authorization) } => Some(authorization),
            Stage::Waiting | Stage::Authorizing | Stage::Releasing { authorization: None } | Stage::Ended => {
                None
            }
        };
        let has_ended = matches!(stage, Stage::Releasing { .. } | Stage::Ended);
        match answer {
            Command::Authorized { authorization, .. } => {
                !matches!(stage, Stage::InReview { .. }) && recorded == Some(authorization)
            }
            Command::HeldForReview { authorization, .. } => recorded == Some(authorization),
            Command::RefusedWithHold { authorization, .. } => {
                *stage == Stage::Ended || (has_ended && recorded == Some(authorization))
            }
            Command::Captured { capture } => {
                matches!(stage, Stage::Captured { capture: recorded, .. } if capture == recorded)
            }
            Command::Refused(_) | Command::GiveUp => has_ended,
            Command::Voided | Command::Released => *stage == Stage::Ended,
            // No answers of a processor.
            Command::SetReturnUrl(_)
            | Command::ChallengePassed(_)
            | Command::ChallengeFailed
            | Command::ChallengeExpired
            | Command::Settled(_)
            | Command::Amend(_)
            | Command::Annotate(_)
            | Command::Confirm { .. }
            | Command::Capture(_)
            | Command::CancelIntent(_)
            | Command::PayerConfirmed
            | Command::Cancel
            | Command::BeginCharge { .. }
            | Command::AskAgain { .. }
            | Command::SendAgain { .. }
            | Command::NothingDone { .. }
            | Command::Keep(_)
            | Command::Resume
            | Command::Stuck { .. }
            | Command::Refund(_)
            | Command::RefundFailed(_) => false,
        }
    }

    fn open_charge_mut(&mut self) -> Result<&mut ProcessorCharge, Refusal> {
        if self.is_open_with_processor() { self.charge_mut() } else { Err(self.unexpected_status()) }
    }

    /// The charge by a processor; a payment without one refuses its steps.
    fn charge_mut(&mut self) -> Result<&mut ProcessorCharge, Refusal> {
        self.processor_charge.as_mut().ok_or(Refusal::SenselessOutcome)
    }
}
