//! Decides whether the caller gets the outcome of a handler.

use tollgate_apis::Problem;
use tollgate_domain::{Denied, rate_limit::RateLimitStatus};

use crate::{api::Api, reply::Reply, request_context::RequestContext};

/// Returns the handler's outcome to an authorized caller, and the refusal to any other. A handler may read before the
/// caller is authenticated; what it read for an unauthorized caller is discarded. A replay is returned even over the rate
/// limit, and its token is given back.
pub(crate) async fn admit(
    api: &dyn Api,
    ctx: &RequestContext,
    outcome: Result<Reply, Problem>,
    request_id: &str,
) -> (Reply, Option<RateLimitStatus>) {
    let replayed = outcome.as_ref().is_ok_and(|reply| reply.replayed);
    let (outcome, rate_limit) = match ctx.call.admitted().await {
        Ok(_) if replayed => (outcome, ctx.call.give_token_back().await),
        Ok(admitted) => (outcome, Some(admitted.rate_limit())),
        Err(Denied::RateLimited { rate_limit, .. }) if replayed => (outcome, Some(rate_limit)),
        // A missing permission is reported before an exceeded limit.
        Err(Denied::RateLimited { rate_limit, .. }) if is_forbidden(&outcome) => (outcome, Some(rate_limit)),
        // A route that does not exist may be reported to any caller.
        Err(denied) if is_nowhere(&outcome) && !matches!(denied, Denied::RateLimited { .. }) => {
            (outcome, denied.rate_limit())
        }
        Err(denied) => {
            let rate_limit = denied.rate_limit();
            (Err(denied.into()), rate_limit)
        }
    };
    let reply = outcome.unwrap_or_else(|problem| {
        if let error @ (Problem::Internal(_) | Problem::Denied(Denied::Unavailable(_))) = &problem {
            tracing::error!(request_id, %error, "request failed");
        }
        api.problem(&problem, request_id)
    });
    (reply, rate_limit)
}

fn is_forbidden(outcome: &Result<Reply, Problem>) -> bool {
    matches!(outcome, Err(Problem::Denied(Denied::MissingScope { .. } | Denied::PublishableKey { .. })))
}

fn is_nowhere(outcome: &Result<Reply, Problem>) -> bool {
    matches!(outcome, Err(Problem::UnknownRoute | Problem::VersionEnded))
}
