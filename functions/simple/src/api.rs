//! The `simple` API over HTTP: credentials.

use tollgate_apis::{PublishedApi, simple::Simple as Published};
use tollgate_gateway::Credentials;
use tollgate_http::{Api, Problem, Request, bearer_token};

/// The `simple` API.
#[derive(Clone, Copy, Debug)]
pub struct Simple;

impl Api for Simple {
    fn published(&self) -> &'static dyn PublishedApi {
        &Published
    }

    fn credentials(&self, request: &Request) -> Result<Option<Credentials>, Problem> {
        Ok(bearer_token(request).map(Credentials::from))
    }
}
