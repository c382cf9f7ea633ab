//! Accounts as answers show them: the merchant's own, and connected ones.

use serde_json::Value;
use tollgate_apis::intents::{self, Context};
use tollgate_domain::{ConnectedAccount, MerchantId, Tenant};
use tollgate_gateway::Merchant;
use tollgate_http::{Problem, RequestContext};

/// The merchant's own account.
fn own(merchant: &Merchant, livemode: bool) -> Value {
    let account = intents::Account {
        id: merchant.id.to_prefixed(intents::ACCOUNT_PREFIX),
        object: "account",
        business_profile: intents::BusinessProfile { name: merchant.name.clone() },
        created: merchant.created.s(),
        livemode,
        tier: merchant.contract.tier.as_str(),
    };
    account.to_json()
}

/// A connected account.
pub fn connected(tenant: Tenant, account: &ConnectedAccount) -> Value {
    intents::connected_account(account, Context::of(tenant))
}

/// The merchant's own account, or a connected one.
pub async fn named(ctx: &RequestContext, tenant: Tenant, id: MerchantId) -> Result<Value, Problem> {
    if id == tenant.merchant {
        return Ok(own(&ctx.call.account().await?, tenant.mode.is_live()));
    }
    Ok(connected(tenant, &ctx.call.retrieve_connected_account(id).await?))
}
