//! The `intents` API over HTTP: credentials and versions.

use tollgate_apis::{PublishedApi, intents::Intents as Published};
use tollgate_domain::Timestamp;
use tollgate_gateway::Credentials;
use tollgate_http::{Api, Problem, Request, basic_user, bearer_token};

use crate::versions;

/// The `intents` API.
#[derive(Clone, Copy, Debug)]
pub struct Intents;

impl Api for Intents {
    fn published(&self) -> &'static dyn PublishedApi {
        &Published
    }

    fn credentials(&self, request: &Request) -> Result<Option<Credentials>, Problem> {
        Ok(bearer_token(request).or_else(|| basic_user(request)).map(Credentials::from))
    }

    fn check(&self, request: &Request, now: Timestamp) -> Result<(), Problem> {
        versions::check(request, now)
    }

    fn headers(&self, request: &Request) -> Vec<(&'static str, String)> {
        versions::headers(request)
    }
}
