//! Records a processor's clear answers. None is dropped, whatever was written meanwhile.

use std::future::Future;

use tollgate_domain::{
    Payment, Refund, Refusal, RequestRef, Tenant, Timestamp,
    payment::Command,
    refund::{RefundOutcome, RefundStatus},
};
use tollgate_store::{Entity, Replaced, StoreError, Writer};

use super::alarm;
use crate::{
    conflict_retry::{Write, retry_conflicts},
    error::Error,
    worker::Worker,
};

/// A clear answer compared with what is stored now.
pub(crate) enum Reconciled<E> {
    /// It is recorded already.
    Known,
    /// This version records it.
    Next(E),
    /// It contradicts what is stored; this version keeps it beside that.
    Contradicts(E),
}

/// What a processor decides: a payment or a refund.
pub(crate) trait Reconcile: Entity + Send + Sync {
    /// A clear answer of the processor.
    type Outcome: Sync;

    /// Compares a clear answer with this version.
    fn reconcile(
        &self,
        outcome: &Self::Outcome,
        now: Timestamp,
        request: &RequestRef,
    ) -> Result<Reconciled<Self>, Error>;

    /// Stores this next version, together with whatever belongs in the same transaction.
    fn store(
        &self,
        writer: &Writer,
        tenant: Tenant,
    ) -> impl Future<Output = Result<Replaced<Self>, StoreError>> + Send {
        writer.replace(tenant, self)
    }
}

impl Worker {
    /// Records a clear answer, even if other changes were written since. An answer that contradicts what is
    /// stored now is kept beside it, and the operator is alerted.
    pub(crate) async fn record_outcome<E: Reconcile>(
        &self,
        tenant: Tenant,
        recorded: E,
        outcome: &E::Outcome,
        request: &RequestRef,
    ) -> Result<E, Error> {
        let id = &recorded.key_id();
        retry_conflicts(id, recorded, |current| async move {
            let (next, contradicts) = match current.reconcile(outcome, self.now(), request)? {
                Reconciled::Known => return Ok(Write::Done(current)),
                Reconciled::Next(next) => (next, false),
                Reconciled::Contradicts(kept) => (kept, true),
            };
            let written = if contradicts {
                // What is kept beside a settled refund moves no money.
                self.writer().replace(tenant, &next).await
            } else {
                next.store(self.writer(), tenant).await
            };
            let now = match written? {
                Replaced::Done => {
                    if contradicts {
                        let what = "a processor's answer contradicts what is recorded";
                        let subject = format!("{tenant}{}#{id}", E::CODE);
                        alarm::raise(self.now(), &subject, current.request_id(), what);
                    }
                    return Ok(Write::Done(next));
                }
                Replaced::Conflict(Some(now)) => Some(now),
                // Another item of the transaction was in conflict.
                Replaced::Conflict(None) => self.store().get(tenant, id).await?,
            };
            let now = now.ok_or_else(|| Error::Internal(format!("{} {id} is gone", E::CODE)))?;
            Ok(Write::Conflict(now))
        })
        .await
    }
}

impl Reconcile for Payment {
    type Outcome = Command;

    fn reconcile(
        &self,
        outcome: &Command,
        now: Timestamp,
        request: &RequestRef,
    ) -> Result<Reconciled<Self>, Error> {
        Ok(match self.apply(outcome.clone(), now, request) {
            Ok(next) => Reconciled::Next(next),
            Err(_) if self.reflects(outcome) => Reconciled::Known,
            Err(_) => {
                let kept = self.apply(Command::Keep(description(outcome)), now, request);
                Reconciled::Contradicts(kept.map_err(Refusal::from)?)
            }
        })
    }
}

/// A processor's answer about a refund.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RefundReport {
    /// The refund's outcome.
    pub(crate) outcome: RefundOutcome,
    /// Whether the refund's create was not answered yet, so that this becomes its answer.
    pub(crate) at_once: bool,
}

impl Reconcile for Refund {
    type Outcome = RefundReport;

    fn reconcile(
        &self,
        report: &RefundReport,
        now: Timestamp,
        request: &RequestRef,
    ) -> Result<Reconciled<Self>, Error> {
        // From the second version on, the create may have been answered with the first version: it keeps that
        // answer.
        let settled = if report.at_once && self.version == 1 {
            self.settle_at_once(report.outcome, now, request)
        } else {
            self.settle(report.outcome, now, request)
        };
        if let Ok(settled) = settled {
            return Ok(Reconciled::Next(settled));
        }
        let reported = match report.outcome {
            RefundOutcome::Succeeded => RefundStatus::Succeeded,
            RefundOutcome::Failed => RefundStatus::Failed,
            RefundOutcome::Pending { .. } => return Ok(Reconciled::Known),
        };
        if self.status == reported {
            return Ok(Reconciled::Known);
        }
        let reported = format!("{reported:?}").to_lowercase();
        Ok(Reconciled::Contradicts(self.with_unapplied(reported, now, request)))
    }

    async fn store(&self, writer: &Writer, tenant: Tenant) -> Result<Replaced<Self>, StoreError> {
        writer.settle_refund(tenant, self).await
    }
}

/// A clear answer in words, for the operator.
fn description(answer: &Command) -> String {
    match answer {
        Command::Authorized { authorization, .. } => format!("authorized: {authorization}"),
        Command::HeldForReview { authorization, .. } => format!("held for review: {authorization}"),
        Command::Captured { capture } => format!("captured: {capture}"),
        Command::Refused(decline) => format!("refused: {}", decline.code()),
        Command::RefusedWithHold { authorization, decline } => {
            format!("refused: {}, held: {authorization}", decline.code())
        }
        Command::Voided => "voided".to_owned(),
        Command::Released => "released".to_owned(),
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
        | Command::GiveUp
        | Command::Keep(_)
        | Command::Resume
        | Command::Stuck { .. }
        | Command::Refund(_)
        | Command::RefundFailed(_) => "not expected".to_owned(),
    }
}
