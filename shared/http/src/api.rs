//! What a front door adds to the common handling of a request.

use tollgate_apis::{Problem, PublishedApi};
use tollgate_domain::Timestamp;
use tollgate_gateway::Credentials;

use crate::{reply::Reply, request::Request};

/// A front door over HTTP: where the caller's credentials are, and the headers of its answers.
///
/// It is used as `dyn Api`: code that is generic over it would be compiled again for every route.
pub trait Api: Send + Sync + 'static {
    /// What the API says: its errors, its limits.
    fn published(&self) -> &'static dyn PublishedApi;

    /// Extracts the caller's credentials; an `Err` is returned without running the handler.
    fn credentials(&self, request: &Request) -> Result<Option<Credentials>, Problem>;

    /// Checks that every request has to pass before its handler runs, such as the API's version.
    fn check(&self, _request: &Request, _now: Timestamp) -> Result<(), Problem> {
        Ok(())
    }

    /// Headers that every answer to this request has.
    fn headers(&self, _request: &Request) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// The answer to a request that failed.
    fn problem(&self, problem: &Problem, request_id: &str) -> Reply {
        self.published().error(problem, request_id).into()
    }
}
