//! The objects of the `intents` API about the merchant's account: the account, API keys, and lists of anything.

use serde::Serialize;
use serde_json::Value;

use crate::json::to_value;

/// The account.
#[derive(Debug, Serialize)]
pub struct Account {
    /// `acct_…`.
    pub id: String,
    /// `account`.
    pub object: &'static str,
    /// The business.
    pub business_profile: BusinessProfile,
    /// Unix seconds.
    pub created: i64,
    /// Whether real money moves.
    pub livemode: bool,
    /// The merchant's tier.
    pub tier: &'static str,
}

/// A business.
#[derive(Debug, Serialize)]
pub struct BusinessProfile {
    /// Its name.
    pub name: String,
}

/// An API key.
#[derive(Debug, Serialize)]
pub struct ApiKey {
    /// `key_…`.
    pub id: String,
    /// `api_key`.
    pub object: &'static str,
    /// `secret` or `publishable`.
    pub r#type: &'static str,
    /// Whether real money moves.
    pub livemode: bool,
    /// Last characters of the key.
    pub last4: String,
    /// What it may do.
    pub scopes: Vec<&'static str>,
    /// Unix seconds.
    pub created: i64,
    /// Unix seconds.
    pub expires_at: Option<i64>,
    /// Unix seconds.
    pub revoked_at: Option<i64>,
    /// The key itself; only its create and a roll show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// A page of a list.
#[derive(Debug, Serialize)]
pub struct List {
    /// `list`.
    object: &'static str,
    data: Vec<Value>,
    /// Whether there are more after this page.
    has_more: bool,
    /// The path of the list.
    url: String,
}

/// A page of a list as JSON; `url` is the path of the request.
pub fn list(data: Vec<Value>, has_more: bool, url: &str) -> Value {
    to_value(&List { object: "list", data, has_more, url: url.to_owned() })
}

impl Account {
    /// As JSON.
    pub fn to_json(&self) -> Value {
        to_value(self)
    }
}

impl ApiKey {
    /// As JSON.
    pub fn to_json(&self) -> Value {
        to_value(self)
    }
}
