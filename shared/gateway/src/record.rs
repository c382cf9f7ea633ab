//! Recording the steps of a charge: those that only one of several runs may take, and the provider's clear answers, which are
//! never dropped.

use tollgate_domain::{Cause, Payment, Scope, payment::Command};
use tollgate_store::Replaced;

use crate::{
    Gateway, alarm,
    error::{Error, Refusal},
    once::{MAX_TRIES, contended},
};

/// What became of a step that was to be recorded.
#[must_use]
pub(crate) enum Recorded {
    /// It was; the payment as it is now.
    Done(Payment),
    /// Another change came first; the payment as it is now.
    Overtaken(Payment),
}

impl Gateway {
    /// Records a step, unless another change came first.
    pub(crate) async fn record(
        &self,
        scope: Scope,
        payment: &Payment,
        command: Command,
        cause: &Cause,
    ) -> Result<Recorded, Error> {
        let next = payment.apply(command, self.now(), cause).map_err(Refusal::from)?;
        match self.store.replace(scope, &next).await? {
            Replaced::Done => Ok(Recorded::Done(next)),
            Replaced::Conflict(Some(now)) => Ok(Recorded::Overtaken(now)),
            Replaced::Conflict(None) => Err(Error::Internal(format!("payment {} is gone", payment.id))),
        }
    }

    /// Records a clear answer of the provider, whatever came first. One that contradicts what is recorded by now is kept on
    /// the payment, and the operator is told.
    pub(crate) async fn record_answer(
        &self,
        scope: Scope,
        payment: Payment,
        answer: Command,
        cause: &Cause,
    ) -> Result<Payment, Error> {
        let id = payment.id;
        let mut current = payment;
        for _ in 0..MAX_TRIES {
            let (next, contradicts) = match current.apply(answer.clone(), self.now(), cause) {
                Ok(next) => (next, false),
                Err(_) if current.reflects(&answer) => return Ok(current),
                Err(_) => {
                    let kept = Command::Keep(told(&answer));
                    let next = current.apply(kept, self.now(), cause);
                    (next.map_err(Refusal::from)?, true)
                }
            };
            match self.store.replace(scope, &next).await? {
                Replaced::Done => {
                    if contradicts {
                        let what = "a provider's answer contradicts what is recorded";
                        alarm::raise(self.now(), &format!("{scope}PAY#{id}"), what);
                    }
                    return Ok(next);
                }
                Replaced::Conflict(Some(now)) => current = now,
                Replaced::Conflict(None) => return Err(Error::Internal(format!("payment {id} is gone"))),
            }
        }
        Err(contended(id))
    }
}

/// A clear answer in words, for the operator.
fn told(answer: &Command) -> String {
    match answer {
        Command::Authorized { authorization, .. } => format!("authorized: {authorization}"),
        Command::HeldForReview { authorization, .. } => format!("held for review: {authorization}"),
        Command::Captured { capture } => format!("captured: {capture}"),
        Command::Refused(decline) => format!("refused: {}", decline.code()),
        Command::RefusedWithHold {
            authorization,
            decline,
        } => format!("refused: {}, held: {authorization}", decline.code()),
        Command::Voided => "voided".to_owned(),
        Command::Released => "released".to_owned(),
        _ => "not expected".to_owned(),
    }
}
