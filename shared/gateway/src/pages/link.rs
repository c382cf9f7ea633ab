//! Opening a signed link.

use tollgate_domain::{Payment, Tenant, payment::Status};

use crate::{
    error::Error,
    gateway::Gateway,
    signing::links::{Purpose, Verified},
};

/// Why a link does not open.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// It was not signed here, or its payment is gone.
    #[error("the link is not valid")]
    Invalid,
    /// Its action was done already; the tenant and the payment as it is now.
    #[error("the link was used")]
    Used(Tenant, Box<Payment>),
    /// The merchant changed the payment since: the link's challenge no longer confirms what would be charged.
    #[error("the payment was changed")]
    Changed,
    /// It has expired.
    #[error("the link has expired")]
    Expired,
    /// The use case failed.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// The content of a hosted page.
#[derive(Clone, Debug)]
pub struct HostedView {
    /// The payment that waits for the payer.
    pub payment: Payment,
    /// The merchant's name, if the page shows it.
    pub merchant: Option<String>,
}

impl Gateway {
    /// Opens a link to a page that waits for the payer. One read, and one more if the page shows the
    /// merchant.
    pub async fn open_link(&self, purpose: Purpose, token: &str) -> Result<HostedView, LinkError> {
        let (link, payment) = self.linked_payment(purpose, token).await?;
        let tenant = link.tenant();
        let waits_for = match purpose {
            Purpose::Checkout => Status::RequiresConfirmation,
            Purpose::Challenge | Purpose::Result => Status::RequiresAction,
        };
        if purpose == Purpose::Challenge && requires_new_confirmation(&payment) {
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

    /// The payment whose payer waits for the result.
    pub async fn open_result(&self, token: &str) -> Result<(Tenant, Payment), LinkError> {
        let (link, payment) = self.linked_payment(Purpose::Result, token).await?;
        Ok((link.tenant(), payment))
    }

    /// Verifies a link and reads its payment.
    pub(super) async fn linked_payment(
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

    /// Refuses a payment that no longer waits for its payer.
    pub(super) fn not_expired(&self, payment: &Payment) -> Result<(), LinkError> {
        if payment.due.is_none_or(|due| due <= self.now()) {
            return Err(LinkError::Expired);
        }
        Ok(())
    }
}

/// Whether an intent's challenge is void because its merchant changed what would be charged.
pub(super) fn requires_new_confirmation(payment: &Payment) -> bool {
    payment.intent.is_some() && payment.state.status == Status::RequiresConfirmation
}
