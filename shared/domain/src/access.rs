//! API keys: what they may do and how often.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{IgnoredAny, MapAccess, Visitor},
};

use crate::{front_door::FrontDoor, rate_limit::Burst};

/// What kind of key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyKind {
    /// `sk_…`: for the merchant's server.
    Secret,
    /// `pk_…`: for the merchant's pages; may do next to nothing.
    Publishable,
}

impl KeyKind {
    /// The beginning of such a key's text.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Secret => "sk",
            Self::Publishable => "pk",
        }
    }
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// A permission of a secret key.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Permission {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }

        impl Permission {
            /// Every permission there is: what a key has unless it was made with fewer.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its name in the texts, such as `payments:read`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }

            /// Reads a spelling of the texts.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$name),)* _ => None }
            }
        }
    };
}

permissions! {
    /// See payments and refunds.
    PaymentsRead = "payments:read";
    /// Make payments and refunds.
    PaymentsWrite = "payments:write";
    /// See customers.
    CustomersRead = "customers:read";
    /// Make, change and delete customers.
    CustomersWrite = "customers:write";
    /// See webhook endpoints.
    WebhooksRead = "webhooks:read";
    /// Make, change and delete webhook endpoints.
    WebhooksWrite = "webhooks:write";
    /// See API keys and the account.
    KeysRead = "api_keys:read";
    /// Make, roll and revoke API keys.
    KeysWrite = "api_keys:write";
    /// Pay out, and say where to.
    PayoutsWrite = "payouts:write";
}

impl Permission {
    /// Another permission that has this one in it. A key that makes keys could make itself one that pays out; and such keys could
    /// pay out before there was a permission for it.
    pub const fn is_in(self) -> Option<Self> {
        match self {
            Self::PayoutsWrite => Some(Self::KeysWrite),
            Self::PaymentsRead
            | Self::PaymentsWrite
            | Self::CustomersRead
            | Self::CustomersWrite
            | Self::WebhooksRead
            | Self::WebhooksWrite
            | Self::KeysRead
            | Self::KeysWrite => None,
        }
    }
}

/// A merchant's contract, as far as rate limits go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Trying it out.
    Sandbox,
    /// Small.
    Starter,
    /// Large; `direct` calls it premium.
    Growth,
    /// By contract.
    Enterprise,
}

impl Tier {
    /// Every tier.
    pub const ALL: &'static [Self] = &[Self::Sandbox, Self::Starter, Self::Growth, Self::Enterprise];

    /// The lower-case name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Starter => "starter",
            Self::Growth => "growth",
            Self::Enterprise => "enterprise",
        }
    }

    /// Reads a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|tier| tier.as_str() == text)
    }
}

/// How often a front door may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests within any 60 seconds.
    pub requests_per_minute: u32,
    /// How unevenly they may come, where that is limited.
    pub burst: Option<Burst>,
}

/// API keys of a tenant that may be valid at the same time.
pub const LIVE_KEYS_MAX: usize = 100;

/// Most requests per minute that a contract may allow: each is counted by a write of one item, of which DynamoDB takes 1000 a
/// second.
pub const CONTRACT_REQUESTS_PER_MINUTE_MAX: u32 = 50_000;

/// What a contract allows through one front door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractLimit {
    /// Requests within any 60 seconds.
    pub requests_per_minute: u32,
    /// Requests at once; not limited when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burst: Option<u32>,
}

/// Why figures can be no contract's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLimit {
    /// None, or more than can be counted.
    #[error("requests per minute are 1 to {CONTRACT_REQUESTS_PER_MINUTE_MAX}")]
    RequestsPerMinute,
    /// Not from 1 to the requests of a minute.
    #[error("a burst is 1 to the requests of a minute")]
    Burst,
    /// The front door's text limits no bursts.
    #[error("this front door limits no bursts")]
    NoBursts,
}

impl ContractLimit {
    /// Checks that it can be enforced. `limits_bursts`: whether the API limits bursts.
    pub const fn check(self, limits_bursts: bool) -> Result<(), BadLimit> {
        let most = self.requests_per_minute;
        match self.burst {
            _ if most == 0 || most > CONTRACT_REQUESTS_PER_MINUTE_MAX => Err(BadLimit::RequestsPerMinute),
            Some(_) if !limits_bursts => Err(BadLimit::NoBursts),
            Some(burst) if burst == 0 || burst > most => Err(BadLimit::Burst),
            _ => Ok(()),
        }
    }
}

/// The limits of an enterprise contract, where they differ from the largest published ones: a map from front doors' names to
/// limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContractLimits([Option<ContractLimit>; FrontDoor::ALL.len()]);

impl ContractLimits {
    /// What the contract says of a front door, if it says anything.
    pub const fn get(&self, front_door: FrontDoor) -> Option<ContractLimit> {
        self.0[front_door as usize]
    }

    /// The same contract with another limit of one front door; `None` is the largest published one.
    #[must_use]
    pub const fn with(mut self, front_door: FrontDoor, limit: Option<ContractLimit>) -> Self {
        self.0[front_door as usize] = limit;
        self
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Serialize for ContractLimits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let agreed = |door: &FrontDoor| Some((door.as_str(), self.get(*door)?));
        serializer.collect_map(FrontDoor::ALL.iter().filter_map(agreed))
    }
}

impl<'de> Deserialize<'de> for ContractLimits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(LimitsVisitor)
    }
}

struct LimitsVisitor;

impl<'de> Visitor<'de> for LimitsVisitor {
    type Value = ContractLimits;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map from front doors to limits")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut limits = ContractLimits::default();
        while let Some(name) = map.next_key::<String>()? {
            // A front door of a later release is passed over.
            match FrontDoor::parse(&name) {
                Some(front_door) => limits = limits.with(front_door, map.next_value()?),
                None => {
                    let IgnoredAny = map.next_value()?;
                }
            }
        }
        Ok(limits)
    }
}

/// A merchant's tier and, of an enterprise, what its contract says beyond it. A copy of it is on each of the merchant's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    /// The tier.
    pub tier: Tier,
    /// The limits that were agreed on.
    #[serde(default, skip_serializing_if = "ContractLimits::is_empty")]
    pub limits: ContractLimits,
}

impl From<Tier> for Contract {
    fn from(tier: Tier) -> Self {
        Self { tier, limits: ContractLimits::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_are_read_back() {
        for permission in Permission::ALL {
            assert_eq!(Permission::parse(permission.as_str()), Some(*permission));
        }
        for tier in Tier::ALL {
            assert_eq!(Tier::parse(tier.as_str()), Some(*tier));
        }
        assert_eq!(Permission::parse("payments:*"), None);
    }

    #[test]
    fn limits_that_cannot_be_kept_are_refused() {
        let check = |requests_per_minute, burst, limits_bursts| {
            ContractLimit { requests_per_minute, burst }.check(limits_bursts)
        };
        assert_eq!(check(20_000, Some(4000), true), Ok(()));
        assert_eq!(check(20_000, None, false), Ok(()));
        assert_eq!(check(0, None, true), Err(BadLimit::RequestsPerMinute));
        assert_eq!(check(50_001, None, true), Err(BadLimit::RequestsPerMinute));
        assert_eq!(check(100, Some(0), true), Err(BadLimit::Burst));
        assert_eq!(check(100, Some(101), true), Err(BadLimit::Burst));
        assert_eq!(check(100, Some(10), false), Err(BadLimit::NoBursts));
    }

    #[test]
    fn limits_are_stored_by_front_door() {
        let limit = |requests_per_minute| ContractLimit { requests_per_minute, burst: None };
        let contract = Contract {
            tier: Tier::Enterprise,
            limits: ContractLimits::default()
                .with(FrontDoor::Checkout, Some(limit(5)))
                .with(FrontDoor::Intents, Some(ContractLimit { requests_per_minute: 1, burst: Some(1) }))
                .with(FrontDoor::Direct, Some(limit(3)))
                .with(FrontDoor::Simple, Some(limit(4)))
                .with(FrontDoor::Charges, Some(limit(2))),
        };
        let all = "{\"tier\":\"enterprise\",\"limits\":{\"intents\":{\"requests_per_minute\":1,\"burst\":1},\
                   \"charges\":{\"requests_per_minute\":2},\"direct\":{\"requests_per_minute\":3},\
                   \"simple\":{\"requests_per_minute\":4},\"checkout\":{\"requests_per_minute\":5}}}";
        assert_eq!(serde_json::to_string(&contract).expect("JSON"), all);
        let fewer = contract.limits.with(FrontDoor::Intents, None).with(FrontDoor::Simple, None);
        assert_eq!(
            serde_json::to_string(&fewer).expect("JSON"),
            r#"{"charges":{"requests_per_minute":2},"direct":{"requests_per_minute":3},"checkout":{"requests_per_minute":5}}"#
        );
        for contract in [contract, Contract { limits: fewer, ..contract }, Tier::Growth.into()] {
            let text = serde_json::to_string(&contract).expect("JSON");
            assert_eq!(serde_json::from_str::<Contract>(&text).expect("a contract"), contract);
        }
        assert_eq!(
            serde_json::to_string(&Contract::from(Tier::Growth)).expect("JSON"),
            r#"{"tier":"growth"}"#
        );
    }

    #[test]
    fn limits_of_a_later_release_are_passed_over() {
        let text = r#"{"later":{"any":["thing"]},"direct":{"requests_per_minute":3},"simple":null}"#;
        let read: ContractLimits = serde_json::from_str(text).expect("limits");
        let limit = ContractLimit { requests_per_minute: 3, burst: None };
        assert_eq!(read, ContractLimits::default().with(FrontDoor::Direct, Some(limit)));
    }
}
