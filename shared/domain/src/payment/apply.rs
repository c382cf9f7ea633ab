//! Applies commands to payments.

use super::{
    Payment,
    command::{Command, Outcome, Refusal},
    processor_steps::Reserved,
    status::Status,
};
use crate::{replay::Replayable, request_ref::RequestRef, source::Decline, time::Timestamp};

impl Payment {
    /// Applies a command: returns the payment's next version, or why the command is refused.
    pub fn apply(&self, command: Command, now: Timestamp, request: &RequestRef) -> Result<Self, Refusal> {
        let mut next = self.clone();
        next.version += 1;
        next.updated = now;
        next.execute(command, now)?;
        next.keep_created(self);
        request.clone_into(&mut next.request);
        Ok(next)
    }

    /// Executes a command. After an error the payment may be half changed.
    fn execute(&mut self, command: Command, now: Timestamp) -> Result<(), Refusal> {
        match command {
            Command::SetReturnUrl(url) => self.set_return_url(url),
            Command::ChallengePassed(outcome) => self.decide(Status::RequiresAction, outcome, now),
            Command::ChallengeFailed => self.decline_challenge(Decline::AuthenticationFailed, now),
            Command::ChallengeExpired => self.decline_challenge(Decline::AuthenticationExpired, now),
            Command::Settled(outcome) => self.decide(Status::Processing, outcome, now),

            Command::Amend(amendment) => self.amend(*amendment),
            Command::Annotate(amendment) => self.annotate(*amendment),
            Command::Confirm { method, return_url, changes, outcome } => {
                self.confirm(method.map(|method| *method), return_url, *changes, outcome, now)
            }
            Command::Capture(minor) => self.capture_intent(minor, now),
            Command::CancelIntent(reason) => self.cancel_intent(reason, now),

            Command::PayerConfirmed => self.confirm_by_payer(),
            Command::Cancel => self.cancel_by_payer(),
            Command::BeginCharge { ask_at } => self.begin_charge(ask_at, now),
            Command::AskAgain { ask_at } => self.ask_again(ask_at),
            Command::SendAgain { ask_at } => self.send_again(ask_at, now),
            Command::NothingDone { ask_at } => self.note_without_effect(ask_at),
            Command::HeldForReview { authorization, ask_at } => {
                self.reserve(authorization, Reserved::InReview, ask_at, now)
            }
            Command::Authorized { authorization, ask_at } => {
                self.reserve(authorization, Reserved::Accepted, ask_at, now)
            }
            Command::Captured { capture } => self.record_capture(capture, now),
            Command::Refused(decline) => self.fail(decline, now),
            Command::RefusedWithHold { authorization, decline } => {
                self.refuse_with_hold(authorization, decline, now)
            }
            Command::GiveUp => self.fail_and_release(Decline::ProcessingError, now),
            Command::Voided => self.record_void(),
            Command::Released => self.record_release(),
            Command::Keep(answer) => self.keep_answer(answer, now),
            Command::Resume => self.resume(now),
            Command::Stuck { ask_at } => self.note_stuck(ask_at, now),

            Command::Refund(minor) => self.add_refund(minor),
            Command::RefundFailed(minor) => self.remove_refund(minor),
        }
    }

    fn set_return_url(&mut self, url: String) -> Result<(), Refusal> {
        self.must_be(Status::RequiresAction)?;
        self.state.return_url = Some(url);
        Ok(())
    }

    /// Records the answer to a charge that waited in `status`. Charges by a processor have steps instead.
    fn decide(&mut self, status: Status, outcome: Outcome, now: Timestamp) -> Result<(), Refusal> {
        self.must_be(status)?;
        if self.processor_charge.is_some() || outcome == Outcome::ChallengeRequired {
            return Err(Refusal::SenselessOutcome);
        }
        self.record_outcome(outcome, now);
        Ok(())
    }

    fn decline_challenge(&mut self, decline: Decline, now: Timestamp) -> Result<(), Refusal> {
        self.must_be(Status::RequiresAction)?;
        self.record_outcome(Outcome::Declined(decline), now);
        Ok(())
    }

    fn add_refund(&mut self, minor: i64) -> Result<(), Refusal> {
        self.must_be(Status::Succeeded)?;
        let refundable = self.refundable();
        if minor <= 0 {
            return Err(Refusal::RefundNotPositive);
        }
        if refundable == 0 {
            return Err(self.nothing_to_refund());
        }
        if minor > refundable {
            return Err(Refusal::RefundTooLarge { refundable });
        }
        self.amount_refunded += minor;
        Ok(())
    }

    /// Why nothing is left to refund.
    pub const fn nothing_to_refund(&self) -> Refusal {
        if self.amount_refunded < self.amount_captured { Refusal::Disputed } else { Refusal::AlreadyRefunded }
    }

    fn remove_refund(&mut self, minor: i64) -> Result<(), Refusal> {
        self.must_be(Status::Succeeded)?;
        if minor <= 0 || minor > self.amount_refunded {
            return Err(Refusal::SenselessOutcome);
        }
        self.amount_refunded -= minor;
        Ok(())
    }
}
