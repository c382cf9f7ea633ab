//! The `checkout` API over HTTP: credentials.

use tollgate_apis::{PublishedApi, checkout::Checkout as Published};
use tollgate_gateway::Credentials;
use tollgate_http::{Api, Problem, Request};

/// The `checkout` API.
#[derive(Clone, Copy, Debug)]
pub struct Checkout;

impl Api for Checkout {
    fn published(&self) -> &'static dyn PublishedApi {
        &Published
    }

    /// `X-Api-Key` is the merchant's id, `X-Api-Secret` one of the merchant's secret keys. Both are needed.
    fn credentials(&self, request: &Request) -> Result<Option<Credentials>, Problem> {
        let header = |name| request.header(name).filter(|text| !text.is_empty()).map(str::to_owned);
        Ok(header("x-api-key")
            .zip(header("x-api-secret"))
            .map(|(merchant, secret)| Credentials { secret, merchant: Some(merchant) }))
    }
}
