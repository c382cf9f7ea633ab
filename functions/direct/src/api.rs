//! The `direct` API over HTTP: credentials.

use tollgate_apis::{PublishedApi, direct::Direct as Published};
use tollgate_gateway::Credentials;
use tollgate_http::{Api, Fields, Problem, Request, bearer_token};

/// Longest client id or secret that is looked at, in characters.
const CREDENTIAL_CHARS_MAX: usize = 256;

/// The `direct` API.
#[derive(Clone, Copy, Debug)]
pub struct Direct;

impl Api for Direct {
    fn published(&self) -> &'static dyn PublishedApi {
        &Published
    }

    fn credentials(&self, request: &Request) -> Result<Option<Credentials>, Problem> {
        Ok(bearer_token(request).map(Credentials::from))
    }
}

/// `POST /v1/auth/token`, whose credentials are in the body.
#[derive(Clone, Copy, Debug)]
pub struct TokenEndpoint;

impl Api for TokenEndpoint {
    fn published(&self) -> &'static dyn PublishedApi {
        &Published
    }

    /// The body's `client_id` is the merchant's id, its `client_secret` one of the merchant's secret keys.
    fn credentials(&self, request: &Request) -> Result<Option<Credentials>, Problem> {
        let mut body = Fields::of(&request.json()?);
        let merchant = body.required_string("client_id", CREDENTIAL_CHARS_MAX)?;
        let secret = body.required_string("client_secret", CREDENTIAL_CHARS_MAX)?;
        Ok(Some(Credentials { secret, merchant: Some(merchant) }))
    }
}
