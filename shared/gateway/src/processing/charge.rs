//! Charges at a processor. Every request is recorded before it is sent and every clear answer after it
//! arrives, so that due work can query the status of an interrupted payment and continue it.
//!
//! ```text
//! requires_action ─(recorded)─▶ processing ─ authorize ─▶ requires_capture ─ capture ─▶ succeeded
//! ```
//!
//! Four rules keep our books equal to the processor's:
//!
//! - Unknown is not failed: only a clear answer decides. After an unclear one the payment stays as it is, and
//!   due work queries its status.
//! - A status query that shows nothing proves nothing until the last request has settled
//!   (`Processors::settle_ms`). Only then may the request be sent again, a limited number of times and for a
//!   limited time.
//! - A clear answer is never dropped: after another change it is applied to what is stored now. If it
//!   contradicts that, it is stored on the payment and the operator is alerted.
//! - An authorization is captured or released: a payment that ends without the money stays due until its
//!   authorization is released.

use tollgate_domain::{
    Decline, Payment, ProcessorCharge, ProcessorTransactionId, RequestRef, Stage, Tenant, Timestamp,
    payment::Command,
};
use tollgate_processors::{
    AnyProcessor,
    processor::{Answer, Processor, ProcessorError, Review, TransactionStatus},
};

use super::{
    charge_decision::{Next, next_step},
    charge_requests::of_authorization,
    health::Resumed,
    references::payment_reference,
    transition::Transition,
};
use crate::{error::Error, worker::Worker};

/// Steps of one run at most: authorize, query, record, capture, query, record, and two spare ones.
const STEPS_MAX: u32 = 8;

impl Worker {
    /// Charges a payment whose challenge was passed. Returns the payment as it is recorded: decided, or in
    /// flight and resumed by due work.
    pub(crate) async fn charge_at_processor(
        &self,
        tenant: Tenant,
        payment: &Payment,
        request: &RequestRef,
    ) -> Result<Payment, Error> {
        // Before anything is recorded: a missing account fails the request.
        let processor = self.processor_of(tenant, payment).await?;
        let ask_at = self.ask_at(1)?;
        match self.transition(tenant, payment, Command::BeginCharge { ask_at }, request).await? {
            Transition::Done(payment) => self.advance(tenant, payment, &processor, None, request).await,
            Transition::Overtaken(payment) => Ok(payment),
        }
    }

    /// Due work: claims a charge that is open with its processor, queries its status, and continues.
    pub(crate) async fn resume_charge(&self, tenant: Tenant, payment: &Payment) -> Result<Resumed, Error> {
        let Some(charge) = &payment.processor_charge else {
            return Ok(Resumed::NotAsked);
        };
        let request = self.new_request();
        let ask_at = self.ask_at(charge.attempts.saturating_add(1))?;
        let claimed = match self.transition(tenant, payment, Command::AskAgain { ask_at }, &request).await? {
            Transition::Done(claimed) => claimed,
            Transition::Overtaken(_) => return Ok(Resumed::NotAsked),
        };
        let processor = self.processor_of(tenant, &claimed).await?;
        if let Stage::Releasing { authorization } = charge.stage.clone() {
            let release = self.release(tenant, claimed, authorization, &processor, &request);
            return Box::pin(release).await;
        }
        let found = match self.look_up(charge, &claimed, &processor).await {
            Ok(found) => found,
            Err(error) => return self.not_looked_up(tenant, &claimed, error, &request).await,
        };
        let settle_ms = self.processors()?.settle_ms(charge.processor);
        match next_step(charge, &found, self.now(), settle_ms) {
            Next::Apply => {
                self.advance(tenant, claimed, &processor, Some(found), &request).await?;
            }
            Next::SendAgain => {
                let again = Command::SendAgain { ask_at: self.ask_at(1)? };
                if let Transition::Done(payment) = self.transition(tenant, &claimed, again, &request).await? {
                    self.advance(tenant, payment, &processor, None, &request).await?;
                }
            }
            Next::GiveUp => {
                self.record_outcome(tenant, claimed, &Command::GiveUp, &request).await?;
            }
            Next::Wait => {}
            Next::Stuck => {
                let what = "the processor no longer shows an authorization that it gave";
                self.stuck(tenant, &claimed, what, &request).await?;
            }
        }
        Ok(Resumed::Answered)
    }

    /// The status of a payment at its processor. For one that is held for review, the result of the review.
    async fn look_up(
        &self,
        charge: &ProcessorCharge,
        payment: &Payment,
        processor: &AnyProcessor,
    ) -> Result<TransactionStatus, ProcessorError> {
        let found = processor.look_up(&payment_reference(payment.id)).await?;
        let authorization = match (&charge.stage, &found) {
            (Stage::InReview { authorization }, TransactionStatus::InReview { .. }) => authorization,
            // Searches keep showing a review that was accepted since.
            (Stage::Authorized { .. }, TransactionStatus::InReview { authorization }) => {
                return Ok(TransactionStatus::Authorized { authorization: authorization.clone() });
            }
            (
                Stage::Waiting
                | Stage::Authorizing
                | Stage::InReview { .. }
                | Stage::Authorized { .. }
                | Stage::Captured { .. }
                | Stage::Releasing { .. }
                | Stage::Ended,
                _,
            ) => return Ok(found),
        };
        let since = charge.since.unwrap_or(payment.created);
        let authorization = authorization.clone();
        Ok(match processor.look_up_review(&authorization, since).await? {
            Review::Waiting => found,
            Review::Accepted => TransactionStatus::Authorized { authorization },
            Review::Rejected => TransactionStatus::Declined(Decline::CardDeclined),
        })
    }

    /// Takes the next steps of a charge while the answers are clear. Without `found`, it sends the request of
    /// the charge's stage, which was just recorded as sent.
    async fn advance(
        &self,
        tenant: Tenant,
        mut payment: Payment,
        processor: &AnyProcessor,
        mut found: Option<TransactionStatus>,
        request: &RequestRef,
    ) -> Result<Payment, Error> {
        for _ in 0..STEPS_MAX {
            let Some(charge) = payment.processor_charge.clone() else { break };
            let answer = match found.take() {
                Some(clear) => match charge.stage {
                    Stage::Authorizing | Stage::InReview { .. } | Stage::Authorized { .. } => {
                        ReadAnswer::Found(clear)
                    }
                    Stage::Waiting | Stage::Captured { .. } | Stage::Releasing { .. } | Stage::Ended => break,
                },
                None => match self.send_stage(tenant, &payment, &charge.stage, processor).await? {
                    Some(answer) => answer,
                    None => break,
                },
            };
            let command = match answer {
                ReadAnswer::Command(command) => command,
                ReadAnswer::Found(clear) => {
                    let Some(command) = self.command_of(&charge, &clear)? else { break };
                    // A capture may be found before its authorization was recorded: both are recorded, one
                    // after the other.
                    found = Some(clear).filter(|clear| matches!(clear, TransactionStatus::Captured { .. }));
                    command
                }
                ReadAnswer::NothingDone(ask_at) => {
                    let nothing = Command::NothingDone { ask_at };
                    return Ok(match self.transition(tenant, &payment, nothing, request).await? {
                        Transition::Done(payment) | Transition::Overtaken(payment) => payment,
                    });
                }
                ReadAnswer::Unclear => break,
            };
            payment = self.record_outcome(tenant, payment, &command, request).await?;
        }
        Ok(payment)
    }

    /// Sends the request of a charge's stage; `None` if the stage has none.
    async fn send_stage(
        &self,
        tenant: Tenant,
        payment: &Payment,
        stage: &Stage,
        processor: &AnyProcessor,
    ) -> Result<Option<ReadAnswer>, Error> {
        let answer = match stage {
            Stage::Authorizing => {
                let answer = self.authorize(tenant, payment, processor).await?;
                self.read_answer(payment, processor, answer, |id| self.authorized(id)).await?
            }
            Stage::Authorized { authorization } => {
                let of = of_authorization(payment, authorization);
                let answer = processor.capture(&of.as_request()).await;
                self.read_answer(payment, processor, answer, |capture| Ok(Command::Captured { capture }))
                    .await?
            }
            Stage::Waiting
            | Stage::InReview { .. }
            | Stage::Captured { .. }
            | Stage::Releasing { .. }
            | Stage::Ended => return Ok(None),
        };
        Ok(Some(answer))
    }

    /// The command that a processor's clear status means for a charge; `None` if it says nothing new.
    fn command_of(
        &self,
        charge: &ProcessorCharge,
        found: &TransactionStatus,
    ) -> Result<Option<Command>, Error> {
        Ok(match (found, &charge.stage) {
            (TransactionStatus::Captured { capture, .. }, Stage::Authorized { .. }) => {
                Some(Command::Captured { capture: capture.clone() })
            }
            (
                TransactionStatus::Authorized { authorization }
                | TransactionStatus::Captured { authorization, .. },
                Stage::Authorizing | Stage::InReview { .. },
            ) => Some(self.authorized(authorization.clone())?),
            (TransactionStatus::InReview { authorization }, Stage::Authorizing) => {
                Some(Command::HeldForReview { authorization: authorization.clone(), ask_at: self.ask_at(1)? })
            }
            (TransactionStatus::Declined(decline), _) => Some(Command::Refused(*decline)),
            (TransactionStatus::DeclinedWithHold { authorization, decline }, _) => {
                Some(Command::RefusedWithHold { authorization: authorization.clone(), decline: *decline })
            }
            (TransactionStatus::Voided, _) => Some(Command::Voided),
            (
                TransactionStatus::Nothing
                | TransactionStatus::Undecided
                | TransactionStatus::InReview { .. }
                | TransactionStatus::Authorized { .. }
                | TransactionStatus::Captured { .. },
                _,
            ) => None,
        })
    }

    /// Reads the answer to a request. After an unclear one, queries the status immediately. `done` is the
    /// command of an approval.
    async fn read_answer(
        &self,
        payment: &Payment,
        processor: &AnyProcessor,
        answer: Result<Answer, ProcessorError>,
        done: impl Fn(ProcessorTransactionId) -> Result<Command, Error>,
    ) -> Result<ReadAnswer, Error> {
        let error = match answer {
            Ok(Answer::Approved { id }) => return Ok(ReadAnswer::Command(done(id)?)),
            Ok(Answer::InReview { id }) => {
                return Ok(ReadAnswer::Command(Command::HeldForReview {
                    authorization: id,
                    ask_at: self.ask_at(1)?,
                }));
            }
            Ok(Answer::Declined(decline)) => return Ok(ReadAnswer::Command(Command::Refused(decline))),
            Ok(Answer::DeclinedWithHold { id, decline }) => {
                return Ok(ReadAnswer::Command(Command::RefusedWithHold { authorization: id, decline }));
            }
            Err(error) => error,
        };
        let request_id = &payment.request.request_id;
        tracing::warn!(payment = %payment.id, request_id, %error, "a processor's answer is unclear");
        let is_only = payment.processor_charge.as_ref().is_some_and(|charge| charge.sent.is_only_one());
        match error {
            // A malformed request takes no effect. That decides only if no other request may have arrived.
            ProcessorError::Rejected(_) if is_only => {
                Ok(ReadAnswer::Command(Command::Refused(Decline::ProcessingError)))
            }
            ProcessorError::NothingDone(_) if is_only => Ok(ReadAnswer::NothingDone(self.ask_at(1)?)),
            ProcessorError::NothingDone(_) | ProcessorError::Rejected(_) | ProcessorError::Unknown(_) => {
                let found = processor.look_up(&payment_reference(payment.id)).await;
                Ok(match found {
                    // May change while our request is still on its way.
                    Ok(TransactionStatus::Nothing | TransactionStatus::Undecided) | Err(_) => {
                        ReadAnswer::Unclear
                    }
                    Ok(found) => ReadAnswer::Found(found),
                })
            }
        }
    }
}

/// An answer to a request.
enum ReadAnswer {
    /// Clear: this command records it.
    Command(Command),
    /// Unclear, but the status is clear.
    Found(TransactionStatus),
    /// The request certainly did not arrive: due work continues at this time.
    NothingDone(Timestamp),
    /// Unclear, and so is the status.
    Unclear,
}
