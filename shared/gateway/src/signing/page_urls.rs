//! The gateway's own links to hosted pages.

use tollgate_domain::{Payment, Tenant, payment::Status};

use super::{
    links::{Links, Purpose},
    signer::Signer,
};
use crate::{error::Error, gateway::Gateway};

impl Gateway {
    /// The signer of links, access tokens and client secrets.
    pub(crate) fn signer(&self) -> Result<&Signer, Error> {
        let links = self.links.as_ref().map(Links::signer);
        links.ok_or_else(|| Error::Internal("this function has no secret to sign with".into()))
    }

    /// The link to a hosted page of a payment.
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

    /// The page on which the payer continues, while the payment waits for the payer. An intent that requires
    /// confirmation waits for its merchant, so it has no page.
    pub fn challenge_url(&self, tenant: Tenant, payment: &Payment) -> Option<String> {
        let purpose = match payment.state.status {
            Status::RequiresConfirmation if payment.hosted.is_some() => Purpose::Checkout,
            Status::RequiresAction => Purpose::Challenge,
            Status::RequiresPaymentMethod
            | Status::RequiresConfirmation
            | Status::Processing
            | Status::RequiresCapture
            | Status::Succeeded
            | Status::Failed
            | Status::Canceled => return None,
        };
        Some(self.links.as_ref()?.url(purpose, tenant, payment.id, payment.challenge_number()))
    }
}
