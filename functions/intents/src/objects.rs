//! Objects that show more than what is stored in them.

use serde_json::Value;
use tollgate_apis::intents::{self, Context};
use tollgate_domain::{Payment, Tenant};
use tollgate_http::{Problem, RequestContext};

/// An intent, with the page of its challenge and its client secret.
pub fn payment_intent(ctx: &RequestContext, tenant: Tenant, payment: &Payment) -> Result<Value, Problem> {
    let gateway = ctx.call.gateway();
    let challenge_url = gateway.challenge_url(tenant, payment);
    let client_secret = gateway.client_secret(tenant, payment.id)?;
    Ok(intents::payment_intent(
        payment,
        Context { tenant, challenge_url: challenge_url.as_deref(), client_secret: Some(&client_secret) },
    ))
}
