//! Hosted pages: what their links open, and where the payer goes next.

use tollgate_domain::{
    Payment, Refusal, RequestRef, Tenant,
    payment::{Command, Status},
};
use tollgate_processors::sandbox;
use tollgate_store::{Replaced, StoreError};

use crate::{
    Gateway,
    error::Error,
    idempotency::TRIES_MAX,
    links::{Purpose, Verified},
    payments::{instrument, sandbox_outcome},
};

/// Why a link shows nothing.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Nobody here signed it, or what it names is gone.
    #[error("the link is not valid")]
    Invalid,
    /// What it was for was done already; whose the payment is, and how it is now.
    #[error("the link was used")]
    Used(Tenant, Box<Payment>),
    /// The merchant changed the payment since: what the link asked about is no longer what would be charged.
    #[error("the payment was changed")]
    Changed,
    /// It is too late.
    #[error("the link has expired")]
    Expired,
    /// We failed.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// What a page shows.
#[derive(Clone, Debug)]
pub struct HostedView {
    /// The payment that waits for an answer.
    pub payment: Payment,
    /// Who is paid, where the page says so.
    pub merchant: Option<String>,
}

/// Where a payer goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Onward {
    /// To this address: the merchant's, or the next page of ours.
    To(String),
    /// To the page that waits for the decision.
    Wait(String),
    /// Nowhere: the merchant gave no address.
    Stay,
}

impl Gateway {
    /// A page of ours.
    pub(crate) fn page_url(
        &self,
        purpose: Purpose,
        tenant: Tenant,
        payment: &Payment,
    ) -> Result<String, Error> {
        let links = self.links.as_ref();
        let links =
            links.ok_or_else(|| Error::Internal("this function has no key to sign links with".into()))?;
        Ok(links.url(purpose, tenant, payment.id, payment.challenge_number()))
    }

    /// Opens a link to a page that waits for the payer. One read, and one more where the page names the merchant.
    pub async fn open_link(&self, purpose: Purpose, token: &str) -> Result<HostedView, LinkError> {
        let (link, payment) = self.linked_payment(purpose, token).await?;
        let tenant = link.tenant();
        let waits_for = match purpose {
            Purpose::Checkout => Status::RequiresConfirmation,
            Purpose::Challenge | Purpose::Result => Status::RequiresAction,
        };
        if purpose == Purpose::Challenge && is_to_be_confirmed_again(&payment) {
            return Err(LinkError::Changed);
        }
        if payment.state.status != waits_for {
            return Err(LinkError::Used(tenant, Box::new(payment)));
        }
        self.not_expired(&payment)?;
        let merchant = match purpose {
            Purpose::Checkout => self.store.get_merchant(tenant.merchant).await.map_err(Error::from)?,
            Purpose::Challenge | Purpose::Result => None,
        };
        Ok(HostedView { payment, merchant: merchant.map(|merchant| merchant.name) })
    }

    /// Answers a challenge: the payment moves on, once. A read and one conditional put with the sandbox; a charge over a
    /// wire is recorded before and after each of its steps.
    pub async fn answer_challenge(
        &self,
        token: &str,
        passed: bool,
        request: &RequestRef,
    ) -> Result<(Tenant, Payment), LinkError> {
        let (link, mut payment) = self.linked_payment(Purpose::Challenge, token).await?;
        let (tenant, worker) = (link.tenant(), self.worker_of_payer(&link));
        for _ in 0..TRIES_MAX {
            if payment.state.status != Status::RequiresAction {
                return if is_to_be_confirmed_again(&payment) {
                    Err(LinkError::Changed)
                } else {
                    Ok((tenant, payment))
                };
            }
            self.not_expired(&payment)?;
            if passed && payment.processor_charge.is_some() {
                let charged = worker.charge_over_processor(tenant, &payment, request).await?;
                return Ok((tenant, charged));
            }
            let now = self.now();
            let command = if passed {
                let outcome = sandbox_outcome(sandbox::charge_after_challenge(instrument(&payment)?, now))?;
                Command::ChallengePassed(outcome)
            } else {
                Command::ChallengeFailed
            };
            let next = payment.apply(command, now, request).map_err(|e| Error::from(Refusal::from(e)))?;
            let replaced = worker.writer().replace(tenant, &next).await;
            match replaced.map_err(Error::from)? {
                Replaced::Done => return Ok((tenant, next)),
                Replaced::Conflict(now) => payment = now.ok_or(LinkError::Invalid)?,
            }
        }
        let contended = StoreError::Contended { key: "payment of a challenge".into(), attempts: TRIES_MAX };
        Err(Error::from(contended).into())
    }

    /// How a payment stands whose payer waits for the decision.
    pub async fn open_result(&self, token: &str) -> Result<(Tenant, Payment), LinkError> {
        let (link, payment) = self.linked_payment(Purpose::Result, token).await?;
        Ok((link.tenant(), payment))
    }

    /// Where the payer goes next.
    pub fn onward(&self, tenant: Tenant, payment: &Payment) -> Result<Onward, Error> {
        let page = |purpose| self.page_url(purpose, tenant, payment);
        let Some(hosted) = &payment.hosted else {
            // The merchant's own page decides what to show; it gets the address that it gave, as it gave it.
            if payment.intent.is_some() {
                return self.back_from_intent(tenant, payment);
            }
            return Ok(payment.state.return_url.clone().map_or(Onward::Stay, Onward::To));
        };
        let back = match payment.state.status {
            Status::RequiresPaymentMethod => return Ok(Onward::Stay),
            Status::RequiresConfirmation => return Ok(Onward::To(page(Purpose::Checkout)?)),
            Status::RequiresAction => return Ok(Onward::To(page(Purpose::Challenge)?)),
            Status::Processing | Status::RequiresCapture => return Ok(Onward::Wait(page(Purpose::Result)?)),
            Status::Succeeded => payment.state.return_url.as_deref(),
            Status::Failed | Status::Canceled => hosted.cancel_url.as_deref(),
        };
        let Some(back) = back else { return Ok(Onward::Stay) };
        let mut url = url::Url::parse(back).map_err(|e| Error::Internal(format!("a stored address: {e}")))?;
        url.query_pairs_mut()
            .append_pair("transaction_reference", &payment.id.uuid().to_string())
            .append_pair("order_id", &hosted.order_id);
        Ok(Onward::To(url.into()))
    }

    /// An intent's page is told which intent it was, and how it went.
    fn back_from_intent(&self, tenant: Tenant, payment: &Payment) -> Result<Onward, Error> {
        let Some(back) = &payment.state.return_url else {
            return Ok(Onward::Stay);
        };
        let mut url = url::Url::parse(back).map_err(|e| Error::Internal(format!("a stored address: {e}")))?;
        let status = match payment.state.status {
            Status::Succeeded | Status::RequiresCapture => "succeeded",
            Status::Processing => "pending",
            _ => "failed",
        };
        url.query_pairs_mut()
            .append_pair("payment_intent", &payment.id.to_prefixed("pi_"))
            .append_pair("payment_intent_client_secret", &self.client_secret(tenant, payment.id)?)
            .append_pair("redirect_status", status);
        Ok(Onward::To(url.into()))
    }

    pub(crate) async fn linked_payment(
        &self,
        purpose: Purpose,
        token: &str,
    ) -> Result<(Verified, Payment), LinkError> {
        let links = self.links.as_ref();
        let link = links.and_then(|links| links.verify(purpose, token)).ok_or(LinkError::Invalid)?;
        let payment: Option<Payment> =
            self.store.get(link.tenant(), &link.payment().to_string()).await.map_err(Error::from)?;
        let payment = payment.ok_or(LinkError::Invalid)?;
        if purpose == Purpose::Challenge && link.challenge() != payment.challenge_number() {
            return Err(LinkError::Changed);
        }
        Ok((link, payment))
    }

    pub(crate) fn not_expired(&self, payment: &Payment) -> Result<(), LinkError> {
        if payment.due.is_none_or(|due| due <= self.now()) {
            return Err(LinkError::Expired);
        }
        Ok(())
    }
}

/// Whether an intent's challenge was taken back because its merchant changed what would be charged.
fn is_to_be_confirmed_again(payment: &Payment) -> bool {
    payment.intent.is_some() && payment.state.status == Status::RequiresConfirmation
}
