//! Changes of status that several steps share.

use super::{
    AUTHORIZATION_LIFETIME_MS, CHALLENGE_LIFETIME_MS, Payment,
    command::{Outcome, Refusal},
    status::Status,
};
use crate::{processor_charge::Stage, source::Decline, time::Timestamp};

impl Payment {
    pub(super) fn must_be(&self, status: Status) -> Result<(), Refusal> {
        self.must_be_one_of(&[status])
    }

    pub(super) fn must_be_one_of(&self, statuses: &[Status]) -> Result<(), Refusal> {
        if statuses.contains(&self.state.status) { Ok(()) } else { Err(self.unexpected_status()) }
    }

    pub(super) const fn unexpected_status(&self) -> Refusal {
        Refusal::UnexpectedStatus(self.state.status)
    }

    /// Records a processor's answer to a charge.
    pub(super) fn record_outcome(&mut self, outcome: Outcome, now: Timestamp) {
        if let Some(intent) = &self.intent {
            let manual_capture = intent.manual_capture;
            return self.record_intent_outcome(outcome, manual_capture, now);
        }
        match outcome {
            Outcome::Approved => self.succeed(self.amount.minor, now),
            Outcome::Declined(decline) => self.end(Status::Failed, Some(decline)),
            Outcome::ChallengeRequired => self.await_challenge(now),
            Outcome::Pending { ask_at } => self.await_decision(ask_at),
        }
    }

    fn record_intent_outcome(&mut self, outcome: Outcome, manual_capture: bool, now: Timestamp) {
        self.state.decline = None;
        if let Some(intent) = &mut self.intent {
            intent.decline_code = None;
        }
        match outcome {
            Outcome::Approved if manual_capture => {
                self.state.status = Status::RequiresCapture;
                self.due = Some(now.plus_ms(AUTHORIZATION_LIFETIME_MS));
            }
            Outcome::Approved => self.succeed(self.amount.minor, now),
            Outcome::Declined(decline) => self.remove_declined_method(decline),
            Outcome::ChallengeRequired => self.await_challenge(now),
            Outcome::Pending { ask_at } => self.await_decision(ask_at),
        }
    }

    /// Returns a declined intent to the status in which it takes another payment method.
    fn remove_declined_method(&mut self, decline: Decline) {
        if let Some(intent) = &mut self.intent {
            intent.declined_method = intent.payment_method.take();
        }
        self.source = None;
        self.instrument = None;
        self.state.status = Status::RequiresPaymentMethod;
        self.state.decline = Some(decline);
        self.due = None;
    }

    fn await_challenge(&mut self, now: Timestamp) {
        self.state.status = Status::RequiresAction;
        self.due = Some(now.plus_ms(CHALLENGE_LIFETIME_MS));
    }

    fn await_decision(&mut self, ask_at: Timestamp) {
        self.state.status = Status::Processing;
        self.due = Some(ask_at);
    }

    /// Ends the payment with this many minor units captured.
    pub(super) fn succeed(&mut self, minor: i64, now: Timestamp) {
        self.amount_captured = minor;
        self.completed = Some(now);
        self.end(Status::Succeeded, None);
    }

    /// Enters a final status: no work is due, and the sealed card is dropped.
    pub(super) fn end(&mut self, status: Status, decline: Option<Decline>) {
        self.state.status = status;
        self.state.decline = decline;
        self.due = None;
        if let Some(charge) = &mut self.processor_charge {
            charge.card = None;
            if charge.stage == Stage::Waiting {
                charge.stage = Stage::Ended;
            }
        }
    }
}
