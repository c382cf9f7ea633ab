//! One request of one caller.

use tollgate_domain::{
    Denied, FrontDoor, Permission, RequestRef, Tenant, Timestamp, rate_limit::RateLimitStatus,
};
use tollgate_store::{Cost, Reader};

use crate::{
    Gateway,
    authentication::{Admitted, Authentication, Authorized, Credentials, Needs},
};

/// One request: who calls, through which front door, when. Every use case of a merchant is a method of it.
#[derive(Debug)]
pub struct Call {
    pub(crate) gateway: Gateway,
    pub(crate) store: Reader,
    pub(crate) front_door: FrontDoor,
    pub(crate) now: Timestamp,
    pub(crate) request: RequestRef,
    authentication: Authentication,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").finish_non_exhaustive()
    }
}

impl Gateway {
    /// Begins a request, which whatever it writes is due to: starts to authenticate and meter its caller at once. `permission` is what the route needs;
    /// `publishable` says whether a publishable key will do.
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
    /// The request's id, `req_…`.
    pub fn request_id(&self) -> &str {
        &self.request.request_id
    }

    /// When it came.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The gateway it goes through.
    pub fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// What it cost so far.
    pub fn cost(&self) -> Cost {
        self.store.meter().cost()
    }

    /// The tenant, for reading only (see [`crate::authentication`]).
    pub async fn tenant(&self) -> Result<Tenant, Denied> {
        self.authentication.tenant().await
    }

    /// The caller, known to be of the right kind and to have the route's scope, even when it is over its rate limit. What is
    /// replayed or found is judged by it.
    pub async fn authorized(&self) -> Result<&Authorized, Denied> {
        self.authentication.authorized().await
    }

    /// The caller, once it is let in; writing needs it.
    pub async fn admitted(&self) -> Result<&Admitted, Denied> {
        self.authentication.admitted().await
    }

    /// Gives the request's token back, because its answer is a replay.
    pub async fn give_token_back(&self) -> Option<RateLimitStatus> {
        match self.admitted().await {
            Ok(admitted) => Some(admitted.give_token_back().await),
            Err(denied) => denied.rate_limit(),
        }
    }
}
