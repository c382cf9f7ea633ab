//! The 3-D Secure challenge: what the cardholder is shown and what the answer does.

use tollgate_domain::{
    Payment,
    payment::{CHALLENGE_LIFETIME_MS, Command, Status},
};
use tollgate_processors::sandbox;
use tollgate_store::{Replaced, StoreError};

use crate::{
    Gateway,
    error::{Error, Refusal},
    links::Purpose,
    payments::{MAX_TRIES, sandbox_outcome},
};

/// Why a link shows nothing.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Nobody here signed it, or what it names is gone.
    #[error("the link is not valid")]
    Invalid,
    /// The challenge was answered already; the payment as it is now.
    #[error("the link was used")]
    Used(Box<Payment>),
    /// It is too late.
    #[error("the link has expired")]
    Expired,
    /// We failed.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// What the challenge page shows.
#[derive(Clone, Debug)]
pub struct ChallengeView {
    /// The payment that waits for an answer.
    pub payment: Payment,
}

impl Gateway {
    /// Opens a challenge's link. One read.
    pub async fn open_challenge(&self, token: &str) -> Result<ChallengeView, LinkError> {
        let (_, payment) = self.linked_payment(token).await?;
        Ok(ChallengeView {
            payment: self.still_open(payment)?,
        })
    }

    /// Answers a challenge: the payment moves on, once. A read and one conditional put.
    pub async fn answer_challenge(
        &self,
        token: &str,
        passed: bool,
        request_id: &str,
    ) -> Result<Payment, LinkError> {
        let (scope, mut payment) = self.linked_payment(token).await?;
        for _ in 0..MAX_TRIES {
            let current = self.still_open(payment)?;
            let now = self.now();
            let command = if passed {
                let outcome = sandbox_outcome(sandbox::charge_after_challenge(&current.instrument, now))?;
                Command::ChallengePassed(outcome)
            } else {
                Command::ChallengeFailed
            };
            let next = current
                .apply(command, now, request_id)
                .map_err(|e| Error::from(Refusal::from(e)))?;
            match self.store.replace(scope, &next).await.map_err(Error::from)? {
                Replaced::Done => return Ok(next),
                Replaced::Conflict(now) => payment = now.ok_or(LinkError::Invalid)?,
            }
        }
        let contended = StoreError::Contended {
            key: "payment of a challenge".into(),
            attempts: MAX_TRIES,
        };
        Err(Error::from(contended).into())
    }

    async fn linked_payment(&self, token: &str) -> Result<(tollgate_domain::Scope, Payment), LinkError> {
        let (scope, id) = self
            .links
            .as_ref()
            .and_then(|links| links.verify(Purpose::Challenge, token))
            .ok_or(LinkError::Invalid)?;
        let payment = self
            .store
            .get(scope, &id.to_string(), true)
            .await
            .map_err(Error::from)?;
        Ok((scope, payment.ok_or(LinkError::Invalid)?))
    }

    fn still_open(&self, payment: Payment) -> Result<Payment, LinkError> {
        if payment.face.status != Status::RequiresAction {
            return Err(LinkError::Used(Box::new(payment)));
        }
        if payment.created.plus_ms(CHALLENGE_LIFETIME_MS) <= self.now() {
            return Err(LinkError::Expired);
        }
        Ok(payment)
    }
}
