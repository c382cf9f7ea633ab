//! Where the payer goes after a page.

use tollgate_domain::{Payment, Tenant, payment::Status};
use url::Url;

use crate::{error::Error, gateway::Gateway, signing::links::Purpose};

/// Where the payer goes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Onward {
    /// To this URL: the merchant's, or our next page.
    To(String),
    /// To our page that waits for the result.
    Wait(String),
    /// Nowhere: the merchant gave no URL.
    Stay,
}

impl Gateway {
    /// Where the payer goes next.
    pub fn onward(&self, tenant: Tenant, payment: &Payment) -> Result<Onward, Error> {
        let page = |purpose| self.page_url(purpose, tenant, payment);
        let Some(hosted) = &payment.hosted else {
            if payment.intent.is_some() {
                return self.back_from_intent(tenant, payment);
            }
            // The return URL of `charges` and `direct` is used unchanged.
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
        let mut url = parse_stored(back)?;
        url.query_pairs_mut()
            .append_pair("transaction_reference", &payment.id.uuid().to_string())
            .append_pair("order_id", &hosted.order_id);
        Ok(Onward::To(url.into()))
    }

    /// The return URL of an intent, with the intent's id, client secret and outcome as parameters.
    fn back_from_intent(&self, tenant: Tenant, payment: &Payment) -> Result<Onward, Error> {
        let Some(back) = &payment.state.return_url else {
            return Ok(Onward::Stay);
        };
        let mut url = parse_stored(back)?;
        let status = match payment.state.status {
            Status::Succeeded | Status::RequiresCapture => "succeeded",
            Status::Processing => "pending",
            Status::RequiresPaymentMethod
            | Status::RequiresConfirmation
            | Status::RequiresAction
            | Status::Failed
            | Status::Canceled => "failed",
        };
        url.query_pairs_mut()
            .append_pair("payment_intent", &payment.id.to_prefixed("pi_"))
            .append_pair("payment_intent_client_secret", &self.client_secret(tenant, payment.id)?)
            .append_pair("redirect_status", status);
        Ok(Onward::To(url.into()))
    }
}

fn parse_stored(url: &str) -> Result<Url, Error> {
    Url::parse(url).map_err(|e| Error::Internal(format!("a stored address: {e}")))
}
