//! Charges over a wire: every request to the processor is recorded before it is sent, and every clear answer after it came,
//! so that due work can ask the processor what became of a payment that was left half-way, and go on from there.
//!
//! ```text
//! requires_action ─(recorded)─▶ processing ─ authorize ─▶ requires_capture ─ capture ─▶ succeeded
//! ```
//!
//! Four rules keep our books equal to the processor's:
//!
//! - Unknown is not failed: only a clear answer decides. After any other the payment stays where it is and due work looks
//!   it up.
//! - A look-up that shows nothing proves nothing until the last request has settled ([`Processors::settle_ms`]); only then
//!   may the request be sent again, a bounded number of times and for a bounded time.
//! - A clear answer is never dropped: if another change came first, it is applied to what is there now; if it contradicts
//!   that, it is kept on the payment and the operator is told.
//! - What was reserved is captured or let go: a payment that ends without the money stays due until it is.
//!
//! [`Processors::settle_ms`]: crate::Processors

use tollgate_domain::{
    Decline, Money, Payment, ProcessorCharge, ProcessorTransactionId, RequestRef, Stage, Tenant, Timestamp,
    payment::{AUTHORIZATION_LIFETIME_MS, Command},
};
use tollgate_processors::{
    AnyProcessor,
    processor::{
        Answer, Authentication, Authorize, OfAuthorization, Processor, ProcessorError, Review,
        TransactionStatus,
    },
};

use crate::{
    Worker,
    error::Error,
    processors::{card_place, payment_reference},
    record::Recorded,
};

/// Requests of one stage that are sent at most.
pub(crate) const SENDS_MAX: u32 = 5;
/// An authorisation is sent again for so long, in milliseconds: a quarter of an hour. After that the payer is long gone.
const AUTHORIZE_FOR_MS: i64 = 15 * 60 * 1000;
/// A capture or a release is tried for so long, in milliseconds, before the operator is told: a day.
pub(crate) const TRY_FOR_MS: i64 = 24 * 60 * 60 * 1000;
/// How often something that waits for the operator is looked at, in milliseconds: once a day.
pub(crate) const STUCK_ASK_MS: i64 = 24 * 60 * 60 * 1000;
/// Steps that one run takes: authorize, look up, record, capture, look up, record, and two to spare.
const STEPS_MAX: u32 = 8;

/// What to do about a charge, given what a look-up shows.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Next {
    /// The look-up decides.
    Apply,
    /// Nothing that was sent has done anything: send it again.
    SendAgain,
    /// It has been long enough: end the payment without the money.
    GiveUp,
    /// Ask again later.
    Wait,
    /// Only the operator can go on.
    Stuck,
}

/// Decides what to do about a charge whose processor shows `found`.
fn next_step(charge: &ProcessorCharge, found: &TransactionStatus, now: Timestamp, settle_ms: i64) -> Next {
    let settled = charge.sent.is_settled(now, settle_ms);
    let lasted = |limit_ms| charge.since.is_some_and(|since| since.plus_ms(limit_ms) <= now);
    let may_send = |limit_ms| charge.sent.times < SENDS_MAX && !lasted(limit_ms);
    match &charge.stage {
        Stage::Authorizing => match found {
            TransactionStatus::Nothing if settled && may_send(AUTHORIZE_FOR_MS) => Next::SendAgain,
            TransactionStatus::Nothing if settled => Next::GiveUp,
            TransactionStatus::Undecided if settled && lasted(AUTHORIZE_FOR_MS) => Next::GiveUp,
            TransactionStatus::Nothing | TransactionStatus::Undecided => Next::Wait,
            _ => Next::Apply,
        },
        Stage::InReview { .. } => match found {
            TransactionStatus::InReview { .. }
            | TransactionStatus::Nothing
            | TransactionStatus::Undecided => {
                if lasted(AUTHORIZATION_LIFETIME_MS) {
                    Next::GiveUp
                } else {
                    Next::Wait
                }
            }
            _ => Next::Apply,
        },
        Stage::Authorized { .. } => match found {
            TransactionStatus::Authorized { .. } if settled && may_send(TRY_FOR_MS) => Next::SendAgain,
            TransactionStatus::Authorized { .. } if settled => Next::GiveUp,
            TransactionStatus::Authorized { .. }
            | TransactionStatus::InReview { .. }
            | TransactionStatus::Nothing
            | TransactionStatus::Undecided => {
                if lasted(TRY_FOR_MS) {
                    Next::Stuck
                } else {
                    Next::Wait
                }
            }
            _ => Next::Apply,
        },
        Stage::Waiting | Stage::Captured { .. } | Stage::Releasing { .. } | Stage::Ended => Next::Wait,
    }
}

impl Worker {
    /// Charges a payment whose challenge was passed. Whatever happens on the way, the payment that is returned is what is
    /// recorded: decided, or in flight and looked after by due work.
    pub(crate) async fn charge_over_processor(
        &self,
        tenant: Tenant,
        payment: &Payment,
        request: &RequestRef,
    ) -> Result<Payment, Error> {
        // An account that is missing is found before anything is begun.
        let processor = self.processor_of(tenant, payment).await?;
        let ask_at = self.ask_at(1)?;
        match self.record(tenant, payment, Command::BeginCharge { ask_at }, request).await? {
            Recorded::Done(payment) => self.go_on(tenant, payment, &processor, None, request).await,
            Recorded::Overtaken(payment) => Ok(payment),
        }
    }

    /// What due work does for a charge that is open with its processor: claims it, asks what became of it, and goes on.
    pub(crate) async fn resume_charge(&self, tenant: Tenant, payment: &Payment) -> Result<(), Error> {
        let Some(charge) = &payment.processor_charge else {
            return Ok(());
        };
        let request = self.new_request();
        let ask_at = self.ask_at(charge.attempts.saturating_add(1))?;
        let claimed = match self.record(tenant, payment, Command::AskAgain { ask_at }, &request).await? {
            Recorded::Done(claimed) => claimed,
            Recorded::Overtaken(_) => return Ok(()),
        };
        let processor = self.processor_of(tenant, &claimed).await?;
        if let Stage::Releasing { authorization } = charge.stage.clone() {
            return self.release(tenant, claimed, authorization, &processor, &request).await;
        }
        let found = match self.look_up(charge, &claimed, &processor).await {
            Ok(found) => found,
            Err(error) => return self.not_looked_up(tenant, &claimed, &error, &request).await,
        };
        let settle_ms = self.processors()?.settle_ms(charge.processor);
        match next_step(charge, &found, self.now(), settle_ms) {
            Next::Apply => {
                self.go_on(tenant, claimed, &processor, Some(found), &request).await?;
            }
            Next::SendAgain => {
                let again = Command::SendAgain { ask_at: self.ask_at(1)? };
                if let Recorded::Done(payment) = self.record(tenant, &claimed, again, &request).await? {
                    self.go_on(tenant, payment, &processor, None, &request).await?;
                }
            }
            Next::GiveUp => {
                self.record_answer(tenant, claimed, &Command::GiveUp, &request).await?;
            }
            Next::Wait => {}
            Next::Stuck => {
                let what = "the provider no longer shows an authorization that it gave";
                self.stuck(tenant, &claimed, what, &request).await?;
            }
        }
        Ok(())
    }

    /// What the processor shows of a payment; of one that is held for review, what became of the review.
    async fn look_up(
        &self,
        charge: &ProcessorCharge,
        payment: &Payment,
        processor: &AnyProcessor,
    ) -> Result<TransactionStatus, ProcessorError> {
        let found = processor.look_up(&payment_reference(payment.id)).await?;
        let authorization = match (&charge.stage, &found) {
            (Stage::InReview { authorization }, TransactionStatus::InReview { .. }) => authorization,
            // A search goes on showing as held what was accepted since.
            (Stage::Authorized { .. }, TransactionStatus::InReview { authorization }) => {
                return Ok(TransactionStatus::Authorized { authorization: authorization.clone() });
            }
            _ => return Ok(found),
        };
        let since = charge.since.unwrap_or(payment.created);
        let authorization = authorization.clone();
        Ok(match processor.look_up_review(&authorization, since).await? {
            Review::Waiting => found,
            Review::Accepted => TransactionStatus::Authorized { authorization },
            Review::Rejected => TransactionStatus::Declined(Decline::CardDeclined),
        })
    }

    /// Takes the next steps of a charge, as far as clear answers lead. Without `found`, the request of the charge's stage is
    /// sent: it was recorded as sent just now.
    async fn go_on(
        &self,
        tenant: Tenant,
        mut payment: Payment,
        processor: &AnyProcessor,
        mut found: Option<TransactionStatus>,
        request: &RequestRef,
    ) -> Result<Payment, Error> {
        for _ in 0..STEPS_MAX {
            let Some(charge) = &payment.processor_charge else { break };
            let step = match (&charge.stage, found.take()) {
                (Stage::Authorizing, None) => {
                    let answer = self.authorize(tenant, &payment, processor).await?;
                    self.read_answer(&payment, processor, answer, |id| self.authorized(id)).await?
                }
                (Stage::Authorized { authorization }, None) => {
                    let of = of_authorization(&payment, authorization);
                    let answer = processor.capture(&of.as_request()).await;
                    self.read_answer(&payment, processor, answer, |capture| Ok(Command::Captured { capture }))
                        .await?
                }
                (Stage::Authorizing | Stage::InReview { .. } | Stage::Authorized { .. }, Some(clear)) => {
                    Read::Found(clear)
                }
                _ => break,
            };
            let command = match step {
                Read::Command(command) => command,
                Read::Found(clear) => match self.command_of(charge, &clear)? {
                    Some(command) => {
                        // A capture is found before its authorisation was recorded: one step after the other.
                        if matches!(clear, TransactionStatus::Captured { .. }) {
                            found = Some(clear);
                        }
                        command
                    }
                    None => break,
                },
                Read::Nothing(ask_at) => {
                    let nothing = Command::NothingDone { ask_at };
                    return Ok(match self.record(tenant, &payment, nothing, request).await? {
                        Recorded::Done(payment) | Recorded::Overtaken(payment) => payment,
                    });
                }
                Read::Unclear => break,
            };
            payment = self.record_answer(tenant, payment, &command, request).await?;
        }
        Ok(payment)
    }

    /// The command that a clear look-up means for a charge; `None` where it says nothing new.
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
            _ => None,
        })
    }

    /// What an answer to a request means; an unclear one is looked up at once.
    async fn read_answer(
        &self,
        payment: &Payment,
        processor: &AnyProcessor,
        answer: Result<Answer, ProcessorError>,
        done: impl Fn(ProcessorTransactionId) -> Result<Command, Error>,
    ) -> Result<Read, Error> {
        let error = match answer {
            Ok(Answer::Approved { id }) => return Ok(Read::Command(done(id)?)),
            Ok(Answer::InReview { id }) => {
                return Ok(Read::Command(Command::HeldForReview {
                    authorization: id,
                    ask_at: self.ask_at(1)?,
                }));
            }
            Ok(Answer::Declined(decline)) => return Ok(Read::Command(Command::Refused(decline))),
            Ok(Answer::DeclinedWithHold { id, decline }) => {
                return Ok(Read::Command(Command::RefusedWithHold { authorization: id, decline }));
            }
            Err(error) => error,
        };
        tracing::warn!(payment = %payment.id, %error, "a provider's answer is unclear");
        let is_only = payment.processor_charge.as_ref().is_some_and(|charge| charge.sent.is_only_one());
        match error {
            // Where no other request may have arrived, one that is wrong can do nothing, now or later.
            ProcessorError::Rejected(_) if is_only => {
                Ok(Read::Command(Command::Refused(Decline::ProcessingError)))
            }
            ProcessorError::NothingDone(_) if is_only => Ok(Read::Nothing(self.ask_at(1)?)),
            ProcessorError::NothingDone(_) | ProcessorError::Rejected(_) | ProcessorError::Unknown(_) => {
                let found = processor.look_up(&payment_reference(payment.id)).await;
                Ok(match found {
                    // That it knows nothing, or nothing yet, may change while our request is still on its way.
                    Ok(TransactionStatus::Nothing | TransactionStatus::Undecided) | Err(_) => Read::Unclear,
                    Ok(found) => Read::Found(found),
                })
            }
        }
    }

    pub(crate) fn authorized(&self, authorization: ProcessorTransactionId) -> Result<Command, Error> {
        Ok(Command::Authorized { authorization, ask_at: self.ask_at(1)? })
    }

    async fn authorize(
        &self,
        tenant: Tenant,
        payment: &Payment,
        processor: &AnyProcessor,
    ) -> Result<Result<Answer, ProcessorError>, Error> {
        let sealed = payment.processor_charge.as_ref().and_then(|processor| processor.card.as_ref());
        let sealed = sealed.ok_or_else(|| Error::Internal(format!("payment {} has no card", payment.id)))?;
        let place = card_place(tenant, payment.id);
        let card = self
            .processors()?
            .vault()
            .open_card(self.now(), &place, sealed)
            .await
            .map_err(|e| Error::Internal(e.to_string()))?;
        let request = Authorize {
            reference: &payment_reference(payment.id),
            amount: payment.amount,
            card: &card,
            authentication: Some(&passed_challenge(payment)),
            renewed: renewed(payment),
        };
        Ok(processor.authorize(&request).await)
    }
}

/// What an answer means.
enum Read {
    /// It is clear.
    Command(Command),
    /// It was not, but a look-up is.
    Found(TransactionStatus),
    /// The request certainly did not arrive: go on at this time.
    Nothing(Timestamp),
    /// Neither is clear.
    Unclear,
}

/// What a request about an authorisation names.
pub(crate) struct AboutAuthorization<'a> {
    reference: String,
    authorization: &'a ProcessorTransactionId,
    amount: Money,
    renewed: u32,
}

impl AboutAuthorization<'_> {
    pub(crate) fn as_request(&self) -> OfAuthorization<'_> {
        OfAuthorization {
            reference: &self.reference,
            authorization: self.authorization,
            amount: self.amount,
            renewed: self.renewed,
        }
    }
}

pub(crate) fn of_authorization<'a>(
    payment: &Payment,
    authorization: &'a ProcessorTransactionId,
) -> AboutAuthorization<'a> {
    AboutAuthorization {
        reference: payment_reference(payment.id),
        authorization,
        amount: payment.amount,
        renewed: renewed(payment),
    }
}

/// See [`tollgate_domain::processor_charge::Sent::renewed`].
pub(crate) fn renewed(payment: &Payment) -> u32 {
    payment.processor_charge.as_ref().map_or(0, |charge| charge.sent.renewed)
}

/// The proof of the challenge that our own page simulates in test mode: what an issuer's directory server would have
/// given, derived from the payment.
fn passed_challenge(payment: &Payment) -> Authentication {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use tollgate_domain::{Source, source::Brand};
    let mastercard = matches!(&payment.source, Some(Source::Card(card)) if card.brand == Brand::Mastercard);
    let id = payment.id.uuid();
    Authentication {
        eci: if mastercard { "02" } else { "05" }.to_owned(),
        cavv: STANDARD.encode([id.as_bytes().as_slice(), b"test"].concat()),
        transaction_id: id.to_string(),
        version: "2.2.0".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use tollgate_domain::{
        processor_charge::Sent,
        source::{ProcessorKind, SealedCard},
    };

    use super::*;

    const NOW: Timestamp = Timestamp::from_s(1_795_219_200);
    const SETTLE_MS: i64 = 60_000;

    fn id(text: &str) -> ProcessorTransactionId {
        ProcessorTransactionId::parse(text).unwrap()
    }

    /// A charge in a stage, whose `times`-th request was sent `ago_ms` milliseconds ago, in that stage for `lasted_ms`.
    fn charge(stage: Stage, times: u32, ago_ms: i64, lasted_ms: i64) -> ProcessorCharge {
        ProcessorCharge {
            stage,
            since: Some(NOW.plus_ms(-lasted_ms)),
            sent: Sent { times, last: Some(NOW.plus_ms(-ago_ms)), renewed: 0 },
            ..ProcessorCharge::new(ProcessorKind::Mpgs, None, SealedCard("s".into()))
        }
    }

    fn next(charge: &ProcessorCharge, found: &TransactionStatus) -> Next {
        next_step(charge, found, NOW, SETTLE_MS)
    }

    #[test]
    fn that_nothing_is_shown_proves_nothing_until_the_request_has_settled() {
        let fresh = charge(Stage::Authorizing, 1, SETTLE_MS - 1, SETTLE_MS - 1);
        let settled = charge(Stage::Authorizing, 1, SETTLE_MS, SETTLE_MS);
        assert_eq!(next(&fresh, &TransactionStatus::Nothing), Next::Wait);
        assert_eq!(next(&settled, &TransactionStatus::Nothing), Next::SendAgain);
        // One that is known and not decided is never sent again.
        assert_eq!(next(&settled, &TransactionStatus::Undecided), Next::Wait);
        let stage = || Stage::Authorized { authorization: id("a") };
        let found = TransactionStatus::Authorized { authorization: id("a") };
        assert_eq!(next(&charge(stage(), 1, SETTLE_MS - 1, 0), &found), Next::Wait);
        assert_eq!(next(&charge(stage(), 1, SETTLE_MS, 0), &found), Next::SendAgain);
        assert_eq!(next(&charge(stage(), 1, SETTLE_MS, 0), &TransactionStatus::Nothing), Next::Wait);
    }

    #[test]
    fn requests_are_sent_again_a_bounded_number_of_times_and_for_a_bounded_time() {
        let often = charge(Stage::Authorizing, SENDS_MAX, SETTLE_MS, SETTLE_MS);
        assert_eq!(next(&often, &TransactionStatus::Nothing), Next::GiveUp);
        let long = charge(Stage::Authorizing, 1, SETTLE_MS, AUTHORIZE_FOR_MS);
        assert_eq!(next(&long, &TransactionStatus::Nothing), Next::GiveUp);
        assert_eq!(next(&long, &TransactionStatus::Undecided), Next::GiveUp);
        // However long it lasted: what may still be on its way is waited for.
        let unsettled = charge(Stage::Authorizing, 1, SETTLE_MS - 1, AUTHORIZE_FOR_MS);
        assert_eq!(next(&unsettled, &TransactionStatus::Nothing), Next::Wait);
        let stage = || Stage::Authorized { authorization: id("a") };
        let found = TransactionStatus::Authorized { authorization: id("a") };
        assert_eq!(next(&charge(stage(), SENDS_MAX, SETTLE_MS, SETTLE_MS), &found), Next::GiveUp);
        assert_eq!(
            next(&charge(stage(), 1, SETTLE_MS, TRY_FOR_MS), &TransactionStatus::Undecided),
            Next::Stuck
        );
    }

    #[test]
    fn a_review_is_waited_for_as_long_as_the_authorization_lives() {
        let stage = || Stage::InReview { authorization: id("a") };
        let found = TransactionStatus::InReview { authorization: id("a") };
        let lifetime_ms = AUTHORIZATION_LIFETIME_MS;
        assert_eq!(next(&charge(stage(), 0, 0, lifetime_ms - 1), &found), Next::Wait);
        assert_eq!(next(&charge(stage(), 0, 0, lifetime_ms), &found), Next::GiveUp);
        let accepted = TransactionStatus::Authorized { authorization: id("a") };
        assert_eq!(next(&charge(stage(), 0, 0, lifetime_ms), &accepted), Next::Apply);
    }

    #[test]
    fn clear_answers_decide_in_every_stage() {
        let stages = [
            Stage::Authorizing,
            Stage::InReview { authorization: id("a") },
            Stage::Authorized { authorization: id("a") },
        ];
        let captured = TransactionStatus::Captured { authorization: id("a"), capture: id("c") };
        for stage in stages {
            for found in [
                TransactionStatus::Voided,
                TransactionStatus::Declined(Decline::CardDeclined),
                captured.clone(),
            ] {
                assert_eq!(next(&charge(stage.clone(), 1, 0, 0), &found), Next::Apply);
            }
        }
    }
}
