//! `Call`: one request of one caller.

use tollgate_domain::{
    Denied, FrontDoor, Permission, RequestRef, Tenant, Timestamp, rate_limit::RateLimitStatus,
};
use tollgate_store::{Cost, Reader};

use crate::{
    auth::{
        authentication::{Authentication, Needs},
        authorized::{Admitted, Authorized},
        credentials::Credentials,
    },
    gateway::Gateway,
};

/// One request of one caller: the API, the time, the request and the authentication. A merchant's use cases
/// are its methods.
#[derive(Debug)]
pub struct Call {
    pub(crate) gateway: Gateway,
    pub(crate) store: Reader,
    pub(crate) front_door: FrontDoor,
    pub(crate) now: Timestamp,
    pub(crate) request: RequestRef,
    authentication: Authentication,
}

impl Gateway {
    /// Starts a request; its writes record `request`. Authentication begins in the background.
    ///
    /// `permission` is what the route requires, `publishable` whether a publishable key is accepted instead.
    pub fn begin(
        &self,
        front_door: FrontDoor,
        request: RequestRef,
        credentials: Option<Credentials>,
        permission: Option<Permission>,
        publishable: bool,
    ) -> Call {
        let now = self.now();
        let gateway = self.metered();
        let store = gateway.store.clone();
        let authentication =
            Authentication::start(&gateway, credentials, Needs { front_door, permission, publishable }, now);
        Call { gateway, store, front_door, now, request, authentication }
    }
}

impl Call {
    /// The request's id: `req_…`.
    pub fn request_id(&self) -> &str {
        &self.request.request_id
    }

    /// When the request began.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The request's gateway.
    pub fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// The calls that the request made so far.
    pub fn cost(&self) -> Cost {
        self.store.meter().cost()
    }

    /// The tenant, for reading only: for a known key it is returned before authentication ends.
    pub async fn tenant(&self) -> Result<Tenant, Denied> {
        self.authentication.tenant().await
    }

    /// The authenticated caller with the route's permission, even over its rate limit. Replays require it.
    pub async fn authorized(&self) -> Result<&Authorized, Denied> {
        self.authentication.authorized().await
    }

    /// The authenticated caller within its rate limit. Writes require it.
    pub async fn admitted(&self) -> Result<&Admitted, Denied> {
        self.authentication.admitted().await
    }

    /// Gives the request's token back to the rate limit: a replay costs none.
    pub async fn give_token_back(&self) -> Option<RateLimitStatus> {
        match self.admitted().await {
            Ok(admitted) => Some(admitted.give_token_back().await),
            Err(denied) => denied.rate_limit(),
        }
    }
}
