//! A connected account, as the merchant that pays sees it.

use serde::Serialize;
use serde_json::Value;
use tollgate_domain::ConnectedAccount as StoredAccount;

use super::{super::names::ACCOUNT_PREFIX, context::Context};
use crate::json::to_value;

/// A connected account. What the other merchant has not shown is not in it.
#[derive(Debug, Serialize)]
pub struct ConnectedAccount {
    /// `acct_…`.
    pub id: String,
    /// `account`.
    pub object: &'static str,
    /// What it may get.
    pub capabilities: Capabilities,
    /// Unix seconds: when the merchant asked for it.
    pub created: i64,
    /// Whether the other merchant has accepted.
    pub details_submitted: bool,
    /// Whether real money moves.
    pub livemode: bool,
    /// The metadata of the merchant that pays.
    pub metadata: Value,
    /// `standard`: the other merchant has its own keys.
    pub r#type: &'static str,
}

/// What a connected account may get.
#[derive(Debug, Serialize)]
pub struct Capabilities {
    /// Payouts: `pending` until the other merchant has accepted, then `active`.
    pub transfers: &'static str,
}

/// A connected account as JSON.
pub fn connected_account(account: &StoredAccount, context: Context<'_>) -> Value {
    to_value(&ConnectedAccount {
        id: account.id.to_prefixed(ACCOUNT_PREFIX),
        object: "account",
        capabilities: Capabilities { transfers: if account.is_accepted() { "active" } else { "pending" } },
        created: account.created.s(),
        details_submitted: account.is_accepted(),
        livemode: context.livemode(),
        metadata: account.metadata.to_json(),
        r#type: "standard",
    })
}
