//! The steps of a charge that a processor makes over a wire.
//!
//! A payment may end while money is still reserved for it: a capture was declined, a review ended badly, the processor did
//! not decide in time. Its charge is then [`Stage::Releasing`] and stays due until the processor says that nothing is
//! reserved any more.

use super::{Command, Payment, Refusal, Status};
use crate::{
    processor_charge::{ProcessorCharge, ProcessorTransactionId, Sent, Stage, keep_unapplied},
    source::Decline,
    time::Timestamp,
};

impl Payment {
    pub(super) fn step_over_wire(
        &self,
        next: &mut Self,
        command: Command,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        match command {
            Command::PayerConfirmed => {
                self.must_be(Status::RequiresConfirmation)?;
                next.charge()?;
                next.state.status = Status::RequiresAction;
            }
            Command::Cancel => {
                self.must_be_one_of(&[Status::RequiresConfirmation, Status::RequiresAction])?;
                next.charge()?;
                next.end(Status::Canceled, None);
            }
            Command::BeginCharge { ask_at } => {
                self.must_be(Status::RequiresAction)?;
                let charge = next.charge()?;
                charge.stage = Stage::Authorizing;
                charge.since = Some(now);
                charge.sent = Sent::first(now);
                charge.attempts = 1;
                next.state.status = Status::Processing;
                next.due = Some(ask_at);
            }
            Command::AskAgain { .. }
            | Command::SendAgain { .. }
            | Command::NothingDone { .. }
            | Command::Resume
            | Command::Stuck { .. } => self.note_about_requests(next, &command, now)?,
            Command::HeldForReview { authorization, ask_at } => {
                self.reserved(next, authorization, Reserved::InReview, ask_at, now)?
            }
            Command::Authorized { authorization, ask_at } => {
                self.reserved(next, authorization, Reserved::Accepted, ask_at, now)?
            }
            Command::Captured { capture } => {
                self.must_be(Status::RequiresCapture)?;
                let charge = next.charge()?;
                let Stage::Authorized { authorization } = charge.stage.clone() else {
                    return Err(Refusal::SenselessOutcome);
                };
                charge.stage = Stage::Captured { authorization, capture };
                next.amount_captured = self.amount.minor;
                next.completed = Some(now);
                next.end(Status::Succeeded, None);
            }
            Command::Refused(decline) => self.end_without_money(next, decline, false, now)?,
            Command::RefusedWithHold { authorization, decline } => {
                if self.state.status == Status::Processing {
                    self.end_without_money(next, decline, true, now)?;
                    next.release(Some(authorization), now)?;
                } else {
                    // It had ended already: only the reservation is news.
                    self.reserved(next, authorization, Reserved::Accepted, now, now)?;
                }
            }
            Command::GiveUp => self.end_without_money(next, Decline::ProcessingError, true, now)?,
            Command::Voided => {
                self.must_be_one_of(&[Status::Processing, Status::RequiresCapture])?;
                next.charge()?.stage = Stage::Ended;
                next.end(Status::Canceled, None);
            }
            Command::Released => {
                let charge = next.charge()?;
                let Stage::Releasing { .. } = charge.stage else {
                    return Err(Refusal::UnexpectedStatus(self.state.status));
                };
                charge.stage = Stage::Ended;
                next.due = None;
            }
            Command::Keep(answer) => keep_unapplied(&mut next.charge()?.unapplied, answer, now),
            _ => return Err(Refusal::SenselessOutcome),
        }
        Ok(())
    }

    /// What was sent, and when to ask about it: nothing that an answer shows.
    fn note_about_requests(&self, next: &mut Self, command: &Command, now: Timestamp) -> Result<(), Refusal> {
        self.must_be_open()?;
        let charge = next.charge()?;
        let due = match *command {
            Command::AskAgain { ask_at } => {
                charge.attempts = charge.attempts.saturating_add(1);
                ask_at
            }
            Command::SendAgain { ask_at } => {
                charge.sent = charge.sent.again(now);
                ask_at
            }
            Command::NothingDone { ask_at } => {
                charge.sent = charge.sent.without_effect();
                ask_at
            }
            Command::Resume => {
                charge.sent.times = u32::from(charge.sent.times > 0);
                charge.since = Some(now);
                charge.attempts = 0;
                charge.stuck_since = None;
                now
            }
            Command::Stuck { ask_at } => {
                charge.stuck_since.get_or_insert(now);
                ask_at
            }
            _ => return Err(Refusal::SenselessOutcome),
        };
        next.due = Some(due);
        Ok(())
    }

    /// Whether something is still to be done with the processor.
    pub fn is_open_with_processor(&self) -> bool {
        let Some(charge) = &self.processor_charge else { return false };
        match self.state.status {
            Status::Processing | Status::RequiresCapture => true,
            _ => matches!(charge.stage, Stage::Releasing { .. }),
        }
    }

    /// Whether a clear answer says no more than what is recorded already.
    pub fn reflects(&self, command: &Command) -> bool {
        let Some(charge) = &self.processor_charge else { return false };
        let stage = &charge.stage;
        let authorization = match stage {
            Stage::InReview { authorization }
            | Stage::Authorized { authorization }
            | Stage::Captured { authorization, .. }
            | Stage::Releasing { authorization: Some(authorization) } => Some(authorization),
            _ => None,
        };
        let has_ended = matches!(stage, Stage::Releasing { .. } | Stage::Ended);
        match command {
            Command::Authorized { authorization: said, .. } => {
                !matches!(stage, Stage::InReview { .. }) && authorization == Some(said)
            }
            Command::HeldForReview { authorization: said, .. } => authorization == Some(said),
            Command::RefusedWithHold { authorization: said, .. } => {
                *stage == Stage::Ended || (has_ended && authorization == Some(said))
            }
            Command::Captured { capture: said } => {
                matches!(stage, Stage::Captured { capture, .. } if capture == said)
            }
            Command::Refused(_) | Command::GiveUp => has_ended,
            Command::Voided | Command::Released => *stage == Stage::Ended,
            _ => false,
        }
    }

    fn must_be_open(&self) -> Result<(), Refusal> {
        if self.is_open_with_processor() { Ok(()) } else { Err(Refusal::UnexpectedStatus(self.state.status)) }
    }

    /// The charge over a wire; steps of one make no sense for a payment that has none.
    fn charge(&mut self) -> Result<&mut ProcessorCharge, Refusal> {
        self.processor_charge.as_mut().ok_or(Refusal::SenselessOutcome)
    }

    /// The processor reserved the money. For a payment that has ended meanwhile it is to be let go again.
    fn reserved(
        &self,
        next: &mut Self,
        authorization: ProcessorTransactionId,
        reserved: Reserved,
        ask_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let stage = &next.charge()?.stage;
        match self.state.status {
            Status::Processing => {
                let in_time = match reserved {
                    Reserved::InReview => *stage == Stage::Authorizing,
                    Reserved::Accepted => matches!(stage, Stage::Authorizing | Stage::InReview { .. }),
                };
                if !in_time {
                    return Err(Refusal::SenselessOutcome);
                }
                let charge = next.charge()?;
                // What follows names the authorisation: the card is not needed any longer.
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
                        next.state.status = Status::RequiresCapture;
                    }
                }
                next.due = Some(ask_at);
                Ok(())
            }
            Status::Failed | Status::Canceled
                if matches!(stage, Stage::Releasing { authorization: None } | Stage::Ended) =>
            {
                next.release(Some(authorization), now)
            }
            status => Err(Refusal::UnexpectedStatus(status)),
        }
    }

    /// The payment fails. What is reserved for it, or, where that is `unknown`, may be, is to be let go.
    fn end_without_money(
        &self,
        next: &mut Self,
        decline: Decline,
        unknown: bool,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.must_be_one_of(&[Status::Processing, Status::RequiresCapture])?;
        let reserved = match next.charge()?.stage.clone() {
            Stage::InReview { authorization } | Stage::Authorized { authorization } => Some(authorization),
            Stage::Authorizing => None,
            _ => return Err(Refusal::SenselessOutcome),
        };
        next.end(Status::Failed, Some(decline));
        if reserved.is_some() || unknown {
            return next.release(reserved, now);
        }
        next.charge()?.stage = Stage::Ended;
        Ok(())
    }

    fn release(
        &mut self,
        authorization: Option<ProcessorTransactionId>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let charge = self.charge()?;
        // Of an authorisation that may still be on its way it matters when it was sent last.
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

/// How a processor reserved the money.
#[derive(Clone, Copy)]
enum Reserved {
    InReview,
    Accepted,
}
