//! A processor's clear answers: recorded whatever else was recorded meanwhile, and never dropped.

use std::future::Future;

use tollgate_domain::{
    Payment, Refund, Refusal, RequestRef, Tenant, Timestamp,
    payment::Command,
    refund::{RefundOutcome, RefundStatus},
};
use tollgate_store::{Entity, Replaced, StoreError, Writer};

use crate::{
    Worker, alarm,
    error::Error,
    idempotency::{TRIES_MAX, contended},
};

/// What a clear answer means for what is recorded by now.
pub(crate) enum Judged<E> {
    /// It says what is recorded already.
    Known,
    /// This is recorded.
    Next(E),
    /// It contradicts what is recorded: it is kept beside it.
    Contradicts(E),
}

/// What a processor answers about.
pub(crate) trait Answered: Entity + Send + Sync {
    /// What it answers.
    type Answer: Sync;

    /// What an answer means for this version.
    fn judge(
        &self,
        answer: &Self::Answer,
        now: Timestamp,
        request: &RequestRef,
    ) -> Result<Judged<Self>, Error>;

    /// Records this next version, with whatever has to be written together with it.
    fn record(
        &self,
        writer: &Writer,
        tenant: Tenant,
    ) -> impl Future<Output = Result<Replaced<Self>, StoreError>> + Send {
        writer.replace(tenant, self)
    }
}

impl Worker {
    /// Records a clear answer, whatever came first. One that contradicts what is recorded by now is kept beside it, and the
    /// operator is told.
    pub(crate) async fn record_answer<E: Answered>(
        &self,
        tenant: Tenant,
        recorded: E,
        answer: &E::Answer,
        request: &RequestRef,
    ) -> Result<E, Error> {
        let id = recorded.key_id();
        let mut current = recorded;
        for _ in 0..TRIES_MAX {
            let (next, contradicts) = match current.judge(answer, self.now(), request)? {
                Judged::Known => return Ok(current),
                Judged::Next(next) => (next, false),
                Judged::Contradicts(kept) => (kept, true),
            };
            let written = if contradicts {
                // What is kept beside a settled refund moves no money.
                self.writer().replace(tenant, &next).await
            } else {
                next.record(self.writer(), tenant).await
            };
            let now = match written? {
                Replaced::Done if contradicts => {
                    let what = "a provider's answer contradicts what is recorded";
                    alarm::raise(self.now(), &format!("{tenant}{}#{id}", E::CODE), what);
                    return Ok(next);
                }
                Replaced::Done => return Ok(next),
                Replaced::Conflict(Some(now)) => Some(now),
                // Something that is written together with it was in the way.
                Replaced::Conflict(None) => self.store().get(tenant, &id).await?,
            };
            current = now.ok_or_else(|| Error::Internal(format!("{} {id} is gone", E::CODE)))?;
        }
        Err(contended(id))
    }
}

impl Answered for Payment {
    type Answer = Command;

    fn judge(&self, answer: &Command, now: Timestamp, request: &RequestRef) -> Result<Judged<Self>, Error> {
        Ok(match self.apply(answer.clone(), now, request) {
            Ok(next) => Judged::Next(next),
            Err(_) if self.reflects(answer) => Judged::Known,
            Err(_) => {
                let kept = self.apply(Command::Keep(told(answer)), now, request);
                Judged::Contradicts(kept.map_err(Refusal::from)?)
            }
        })
    }
}

/// What a processor said of a refund.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RefundAnswer {
    /// What became of it.
    pub(crate) outcome: RefundOutcome,
    /// Whether the request that made the refund has not been answered yet: this is then its answer.
    pub(crate) at_once: bool,
}

impl Answered for Refund {
    type Answer = RefundAnswer;

    fn judge(
        &self,
        answer: &RefundAnswer,
        now: Timestamp,
        request: &RequestRef,
    ) -> Result<Judged<Self>, Error> {
        // Once a refund is at its second version, what was stored first may have been answered already: it stays the first answer.
        let settled = if answer.at_once && self.version == 1 {
            self.settle_at_once(answer.outcome, now, request)
        } else {
            self.settle(answer.outcome, now, request)
        };
        if let Ok(settled) = settled {
            return Ok(Judged::Next(settled));
        }
        let said = match answer.outcome {
            RefundOutcome::Succeeded => RefundStatus::Succeeded,
            RefundOutcome::Failed => RefundStatus::Failed,
            RefundOutcome::Pending { .. } => return Ok(Judged::Known),
        };
        if self.status == said {
            return Ok(Judged::Known);
        }
        let said = format!("{said:?}").to_lowercase();
        Ok(Judged::Contradicts(self.with_unapplied(said, now, request)))
    }

    async fn record(&self, writer: &Writer, tenant: Tenant) -> Result<Replaced<Self>, StoreError> {
        writer.settle_refund(tenant, self).await
    }
}

/// A clear answer in words, for the operator.
fn told(answer: &Command) -> String {
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
        _ => "not expected".to_owned(),
    }
}
