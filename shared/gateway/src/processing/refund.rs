//! Refunds at a processor: recorded as sent before they are sent, settled only by a clear answer, by the
//! rules of [charges](super::charge).

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

use super::{
    alarm,
    health::Resumed,
    limits::{SENDS_MAX, STUCK_ASK_MS, TRY_MS_MAX},
    outcome::RefundReport,
    references::{payment_reference, refund_reference},
};
use crate::{
    conflict_retry::{Write, retry_conflicts},
    error::Error,
    worker::Worker,
};

/// The next step of a refund, given its status at the processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// Record this outcome.
    Settle(RefundOutcome),
    /// No request took effect: send it again.
    SendAgain,
    /// No request took effect, and the limit is reached: the refund failed, and the operator is alerted.
    GiveUp,
    /// Ask again later.
    Wait,
    /// Only the operator can continue.
    Stuck,
}

/// Decides the next step of a refund that was first sent at `since` and whose processor shows `found`.
/// `settle_ms` is how long a request may still take effect.
fn next_step(
    refund: &ProcessorRefund,
    since: Timestamp,
    found: ProcessorRefundStatus,
    now: Timestamp,
    settle_ms: i64,
) -> Next {
    let is_late = since.plus_ms(TRY_MS_MAX) <= now;
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
    /// Sends a refund that was just recorded as sent. Returns the refund as it is recorded: settled, or
    /// pending and resumed by due work.
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
                let request_id = &request.request_id;
                tracing::warn!(refund = %refund.id, payment = %refund.payment, request_id, why, "a refund was not sent; it is sent again");
                let next = refund.sent_without_effect(self.ask_at(1)?, request);
                return Ok(match self.writer().replace(tenant, &next).await? {
                    Replaced::Done => next,
                    Replaced::Conflict(other) => other.unwrap_or(refund),
                });
            }
            unclear @ (Ok(Answer::InReview { .. } | Answer::DeclinedWithHold { .. })
            | Err(
                ProcessorError::NothingDone(_) | ProcessorError::Rejected(_) | ProcessorError::Unknown(_),
            )) => {
                let request_id = &refund.request.request_id;
                tracing::warn!(refund = %refund.id, payment = %refund.payment, request_id, ?unclear, "a processor's answer is unclear");
                match look_up_refund(&processor, payment, &refund, sent.renewed).await {
                    Ok(ProcessorRefundStatus::Succeeded) => RefundOutcome::Succeeded,
                    Ok(ProcessorRefundStatus::Failed) => RefundOutcome::Failed,
                    // May change while our request is still on its way.
                    Ok(ProcessorRefundStatus::Nothing | ProcessorRefundStatus::Undecided) | Err(_) => {
                        return Ok(refund);
                    }
                }
            }
        };
        let report = RefundReport { outcome, at_once };
        self.record_outcome(tenant, refund, &report, request).await
    }

    /// Due work: claims a refund in flight, queries its status, and sends it again if it never arrived.
    pub(crate) async fn resume_refund(
        &self,
        tenant: Tenant,
        payment: &Payment,
        refund: &Refund,
    ) -> Result<Resumed, Error> {
        let request = self.new_request();
        let sent = refund.processor_requests();
        let ask_at = self.ask_at(sent.attempts.saturating_add(1))?;
        let claimed = refund.asked_again(ask_at, &request);
        let Replaced::Done = self.writer().replace(tenant, &claimed).await? else {
            return Ok(Resumed::NotAsked);
        };
        let processor = self.processor_of(tenant, payment).await?;
        let settle_ms = match &payment.processor_charge {
            Some(charge) => self.processors()?.settle_ms(charge.processor),
            None => 0,
        };
        let found = look_up_refund(&processor, payment, refund, sent.sent.renewed).await;
        let since = sent.since.unwrap_or(refund.created);
        let next = match &found {
            Ok(found) => next_step(&sent, since, *found, self.now(), settle_ms),
            Err(_) if since.plus_ms(TRY_MS_MAX) <= self.now() => Next::Stuck,
            Err(_) => Next::Wait,
        };
        self.take_step(tenant, payment, claimed, next, &request).await?;
        Ok(found.map_or_else(Resumed::after, |_| Resumed::Answered))
    }

    /// Takes the next step of a claimed refund.
    async fn take_step(
        &self,
        tenant: Tenant,
        payment: &Payment,
        claimed: Refund,
        next: Next,
        request: &RequestRef,
    ) -> Result<(), Error> {
        match next {
            Next::Settle(outcome) => {
                let report = RefundReport { outcome, at_once: false };
                self.record_outcome(tenant, claimed, &report, request).await?;
            }
            Next::SendAgain => {
                let again = claimed.sent_again(self.now(), self.ask_at(1)?, request);
                if let Replaced::Done = self.writer().replace(tenant, &again).await? {
                    self.send_refund(tenant, payment, again, false, request).await?;
                }
            }
            Next::GiveUp => {
                let report = RefundReport { outcome: RefundOutcome::Failed, at_once: false };
                let failed = self.record_outcome(tenant, claimed, &report, request).await?;
                self.alarm(tenant, &failed, "a refund was given up: the processor never carried it out");
            }
            Next::Wait => {}
            Next::Stuck => {
                let stuck = claimed.stuck(self.now(), self.now().plus_ms(STUCK_ASK_MS), request);
                if let Replaced::Done = self.writer().replace(tenant, &stuck).await? {
                    self.alarm(tenant, &stuck, "what became of a refund is not known");
                }
            }
        }
        Ok(())
    }

    /// The operator resumes a refund that waits for a person: it is due immediately. `false` if nothing of it
    /// is open.
    pub(crate) async fn resume_stuck_refund(&self, tenant: Tenant, id: RefundId) -> Result<bool, Error> {
        retry_conflicts(id, (), |()| async move {
            let refund: Option<Refund> = self.store.get(tenant, &id.to_string()).await?;
            let resumed = refund.and_then(|refund| refund.resumed(self.now(), &self.new_request()));
            let Some(resumed) = resumed else { return Ok(Write::Done(false)) };
            Ok(match self.writer().replace(tenant, &resumed).await? {
                Replaced::Done => Write::Done(true),
                Replaced::Conflict(_) => Write::Conflict(()),
            })
        })
        .await
    }

    fn alarm(&self, tenant: Tenant, refund: &Refund, what: &str) {
        alarm::raise(self.now(), &format!("{tenant}REF#{}", refund.id), &refund.request.request_id, what);
    }
}

/// The status of a refund at its processor.
async fn look_up_refund(
    processor: &AnyProcessor,
    payment: &Payment,
    refund: &Refund,
    renewed: u32,
) -> Result<ProcessorRefundStatus, ProcessorError> {
    let (reference, refund_reference) = (payment_reference(payment.id), refund_reference(refund.id));
    let name = RefundName { reference: &reference, refund_reference: &refund_reference, renewed };
    processor.look_up_refund(&name).await
}

/// The capture that refunds of a payment name. Earlier releases did not store it: then the processor is
/// queried.
async fn capture_of(payment: &Payment, processor: &AnyProcessor) -> Result<ProcessorTransactionId, Error> {
    match payment.processor_charge.as_ref().map(|charge| &charge.stage) {
        Some(Stage::Captured { capture, .. }) => Ok(capture.clone()),
        Some(
            Stage::Waiting
            | Stage::Authorizing
            | Stage::InReview { .. }
            | Stage::Authorized { .. }
            | Stage::Releasing { .. }
            | Stage::Ended,
        )
        | None => match processor.look_up(&payment_reference(payment.id)).await {
            Ok(TransactionStatus::Captured { capture, .. }) => Ok(capture),
            Ok(_) => Err(Error::Internal(format!(
                "the processor does not show the capture of payment {}",
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
        assert_eq!(next(1, SETTLE_MS, TRY_MS_MAX, nothing), Next::GiveUp);
        // What may still arrive is waited for, however long it lasted.
        assert_eq!(next(SENDS_MAX, SETTLE_MS - 1, TRY_MS_MAX, nothing), Next::Wait);
    }

    #[test]
    fn what_is_not_decided_is_never_sent_again_and_never_failed() {
        let undecided = ProcessorRefundStatus::Undecided;
        assert_eq!(next(1, SETTLE_MS, SETTLE_MS, undecided), Next::Wait);
        assert_eq!(next(1, SETTLE_MS, TRY_MS_MAX, undecided), Next::Stuck);
        assert_eq!(next(1, 0, 0, ProcessorRefundStatus::Failed), Next::Settle(RefundOutcome::Failed));
    }
}
