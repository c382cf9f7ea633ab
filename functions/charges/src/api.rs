//! The `charges` API over HTTP: credentials, version and headers.

use tollgate_apis::{
    PublishedApi,
    charges::{Charges as Published, VERSION},
};
use tollgate_domain::Timestamp;
use tollgate_gateway::Credentials;
use tollgate_http::{Api, Problem, Request, bearer_token};

/// The `charges` API.
#[derive(Clone, Copy, Debug)]
pub struct Charges;

impl Api for Charges {
    fn published(&self) -> &'static dyn PublishedApi {
        &Published
    }

    fn credentials(&self, request: &Request) -> Result<Option<Credentials>, Problem> {
        Ok(bearer_token(request).map(Credentials::from))
    }

    fn check(&self, request: &Request, _now: Timestamp) -> Result<(), Problem> {
        match request.header("x-api-version") {
            None | Some(VERSION) => Ok(()),
            Some(_) => Err(Problem::UnknownApiVersion),
        }
    }

    fn headers(&self, _request: &Request) -> Vec<(&'static str, String)> {
        vec![("x-api-version", VERSION.to_owned())]
    }
}
