//! Refunds over a wire: recorded as sent before they are sent, settled by a clear answer only, by the same rules as charges
//! (see [`crate::charge`]).

use tollgate_domain::{
    Payment, ProcessorTransactionId, Refund, RefundId, RequestRef, Stage, Tenant, Timestamp,
    refund::{ProcessorRefund, RefundOutcome},
};
use tollgate_processors::{
    AnyProcessor,
    processor::{
        Answer, Processor, ProcessorError, ProcessorRefundStatus, RefundName, RefundRequest,
        TransactionStatus,
    },
};
use tollgate_store::Replaced;

use crate::{
    Worker, alarm,
    answer::RefundAnswer,
    charge::{SENDS_MAX, STUCK_ASK_MS, TRY_FOR_MS},
    error::Error,
    idempotency::{TRIES_MAX, contended},
    processors::{payment_reference, refund_reference},
};

/// What to do about a refund, given what a look-up shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// It is settled.
    Settle(RefundOutcome),
    /// Nothing that was sent has done anything: send it again.
    SendAgain,
    /// Nothing that was sent has done anything, and it was sent often enough: it failed, and the operator is told.
    GiveUp,
    /// Ask again later.
    Wait,
    /// Only the operator can go on.
    Stuck,
}

/// Decides what to do about a refund that is with its processor since `since` and of which that shows `found`.
fn next_step(
    refund: &ProcessorRefund,
    since: Timestamp,
    found: ProcessorRefundStatus,
    now: Timestamp,
    settle_ms: i64,
) -> Next {
    let is_late = since.plus_ms(TRY_FOR_MS) <= now;
    match found {
        ProcessorRefundStatus::Succeeded => Next::Settle(RefundOutcome::Succeeded),
        ProcessorRefundStatus::Failed => Next::Settle(RefundOutcome::Failed),
        ProcessorRefundStatus::Nothing if !refund.sent.is_settled(now, settle_ms) => Next::Wait,
        ProcessorRefundStatus::Nothing if refund.sent.times >= SENDS_MAX || is_late => Next::GiveUp,
        ProcessorRefundStatus::Nothing => Next::SendAgain,
        ProcessorRefundStatus::Undecided if is_late => Next::Stuck,
        ProcessorRefundStatus::Undecided => Next::Wait,
    }
}

impl Worker {
    /// Sends a refund that was recorded as sent just now. Whatever happens on the way, the refund that is returned is what
    /// is recorded: settled, or pending and looked after by due work.
    ///
    /// `at_once` says that the refund's create was not answered yet: what is recorded is its answer.
    pub(crate) async fn send_refund(
        &self,
        tenant: Tenant,
        payment: &Payment,
        refund: Refund,
        at_once: bool,
        request: &RequestRef,
    ) -> Result<Refund, Error> {
        let processor = self.processor_of(tenant, payment).await?;
        let (reference, own_reference) = (payment_reference(payment.id), refund_reference(refund.id));
        let sent = refund.processor_requests().sent;
        let capture = capture_of(payment, &processor).await?;
        let answer = processor
            .refund(&RefundRequest {
                reference: &reference,
                capture: &capture,
                refund_reference: &own_reference,
                amount: refund.amount,
                renewed: sent.renewed,
            })
            .await;
        let outcome = match answer {
            Ok(Answer::Approved { .. }) => RefundOutcome::Succeeded,
            Ok(Answer::Declined(_)) => RefundOutcome::Failed,
            Err(ProcessorError::Rejected(_)) if sent.is_only_one() => RefundOutcome::Failed,
            Err(ProcessorError::NothingDone(why)) if sent.is_only_one() => {
                tracing::warn!(refund = %refund.id, why, "a refund was not sent; it is sent again");
                let next = refund.sent_without_effect(self.ask_at(1)?, request);
                return Ok(match self.writer().replace(tenant, &next).await? {
                    Replaced::Done => next,
                    Replaced::Conflict(other) => other.unwrap_or(refund),
                });
            }
            unclear => {
                tracing::warn!(refund = %refund.id, ?unclear, "a provider's answer is unclear");
                let name = RefundName {
                    reference: &reference,
                    refund_reference: &own_reference,
                    renewed: sent.renewed,
                };
                match processor.look_up_refund(&name).await {
                    Ok(ProcessorRefundStatus::Succeeded) => RefundOutcome::Succeeded,
                    Ok(ProcessorRefundStatus::Failed) => RefundOutcome::Failed,
                    // That it knows nothing, or nothing yet, may change while our request is still on its way.
                    Ok(ProcessorRefundStatus::Nothing | ProcessorRefundStatus::Undecided) | Err(_) => {
                        return Ok(refund);
                    }
                }
            }
        };
        let answer = RefundAnswer { outcome, at_once };
        self.record_answer(tenant, refund, &answer, request).await
    }

    /// What due work does for a refund in flight: claims it, asks the processor, and sends it again if it never arrived.
    pub(crate) async fn resume_refund(
        &self,
        tenant: Tenant,
        payment: &Payment,
        refund: &Refund,
    ) -> Result<(), Error> {
        let request = self.new_request();
        let sent = refund.processor_requests();
        let ask_at = self.ask_at(sent.attempts.saturating_add(1))?;
        let claimed = refund.asked_again(ask_at, &request);
        let Replaced::Done = self.writer().replace(tenant, &claimed).await? else {
            return Ok(());
        };
        let processor = self.processor_of(tenant, payment).await?;
        let kind = payment.processor_charge.as_ref().map(|charge| charge.processor);
        let settle_ms =
            kind.map_or(Ok(0), |kind| self.processors().map(|processors| processors.settle_ms(kind)))?;
        let found = processor
            .look_up_refund(&RefundName {
                reference: &payment_reference(payment.id),
                refund_reference: &refund_reference(refund.id),
                renewed: sent.sent.renewed,
            })
            .await;
        let since = sent.since.unwrap_or(refund.created);
        let next = match &found {
            Ok(found) => next_step(&sent, since, *found, self.now(), settle_ms),
            Err(_) if since.plus_ms(TRY_FOR_MS) <= self.now() => Next::Stuck,
            Err(_) => Next::Wait,
        };
        match next {
            Next::Settle(outcome) => {
                let answer = RefundAnswer { outcome, at_once: false };
                self.record_answer(tenant, claimed, &answer, &request).await?;
            }
            Next::SendAgain => {
                let again = claimed.sent_again(self.now(), self.ask_at(1)?, &request);
                if let Replaced::Done = self.writer().replace(tenant, &again).await? {
                    self.send_refund(tenant, payment, again, false, &request).await?;
                }
            }
            Next::GiveUp => {
                let answer = RefundAnswer { outcome: RefundOutcome::Failed, at_once: false };
                let failed = self.record_answer(tenant, claimed, &answer, &request).await?;
                self.alarm(tenant, &failed, "a refund was given up: the provider never carried it out");
            }
            Next::Wait => {}
            Next::Stuck => {
                let stuck = claimed.stuck(self.now(), self.now().plus_ms(STUCK_ASK_MS), &request);
                if let Replaced::Done = self.writer().replace(tenant, &stuck).await? {
                    self.alarm(tenant, &stuck, "what became of a refund is not known");
                }
            }
        }
        found.map(|_| ()).map_err(|error| Error::Internal(error.to_string()))
    }

    /// The operator has a refund begun anew that waits for a person: it is due at once. `false` when there is nothing to
    /// begin.
    pub(crate) async fn resume_stuck_refund(&self, tenant: Tenant, id: RefundId) -> Result<bool, Error> {
        for _ in 0..TRIES_MAX {
            let refund: Option<Refund> = self.store.get(tenant, &id.to_string()).await?;
            let resumed = refund.and_then(|refund| refund.resumed(self.now(), &self.new_request()));
            let Some(resumed) = resumed else { return Ok(false) };
            if let Replaced::Done = self.writer().replace(tenant, &resumed).await? {
                return Ok(true);
            }
        }
        Err(contended(id))
    }

    fn alarm(&self, tenant: Tenant, refund: &Refund, what: &str) {
        alarm::raise(self.now(), &format!("{tenant}REF#{}", refund.id), what);
    }
}

/// The capture that refunds of a payment name. Payments that were stored before captures were kept have it looked up.
async fn capture_of(payment: &Payment, processor: &AnyProcessor) -> Result<ProcessorTransactionId, Error> {
    match payment.processor_charge.as_ref().map(|charge| &charge.stage) {
        Some(Stage::Captured { capture, .. }) => Ok(capture.clone()),
        _ => match processor.look_up(&payment_reference(payment.id)).await {
            Ok(TransactionStatus::Captured { capture, .. }) => Ok(capture),
            Ok(_) => Err(Error::Internal(format!(
                "the provider does not show the capture of payment {}",
                payment.id
            ))),
            Err(error) => Err(Error::Internal(error.to_string())),
        },
    }
}

#[cfg(test)]
mod tests {
    use tollgate_domain::processor_charge::Sent;

    use super::*;

    const NOW: Timestamp = Timestamp::from_s(1_795_219_200);
    const SETTLE_MS: i64 = 60_000;

    fn next(times: u32, ago_ms: i64, age_ms: i64, found: ProcessorRefundStatus) -> Next {
        let refund = ProcessorRefund {
            sent: Sent { times, last: Some(NOW.plus_ms(-ago_ms)), renewed: 0 },
            ..ProcessorRefund::default()
        };
        next_step(&refund, NOW.plus_ms(-age_ms), found, NOW, SETTLE_MS)
    }

    #[test]
    fn a_refund_is_sent_again_only_when_the_last_request_has_settled_and_not_without_end() {
        let nothing = ProcessorRefundStatus::Nothing;
        assert_eq!(next(1, SETTLE_MS - 1, SETTLE_MS, nothing), Next::Wait);
        assert_eq!(next(1, SETTLE_MS, SETTLE_MS, nothing), Next::SendAgain);
        assert_eq!(next(SENDS_MAX, SETTLE_MS, SETTLE_MS, nothing), Next::GiveUp);
        assert_eq!(next(1, SETTLE_MS, TRY_FOR_MS, nothing), Next::GiveUp);
        // What may still arrive is waited for, however long it lasted.
        assert_eq!(next(SENDS_MAX, SETTLE_MS - 1, TRY_FOR_MS, nothing), Next::Wait);
    }

    #[test]
    fn what_is_not_decided_is_never_sent_again_and_never_failed() {
        let undecided = ProcessorRefundStatus::Undecided;
        assert_eq!(next(1, SETTLE_MS, SETTLE_MS, undecided), Next::Wait);
        assert_eq!(next(1, SETTLE_MS, TRY_FOR_MS, undecided), Next::Stuck);
        assert_eq!(next(1, 0, 0, ProcessorRefundStatus::Failed), Next::Settle(RefundOutcome::Failed));
    }
}
