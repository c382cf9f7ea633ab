//! API keys: what they may do and how often.

use serde::{Deserialize, Serialize};

use crate::{front_door::FrontDoor, rate::Burst};

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
        /// One thing that a secret key may be allowed to do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Permission {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }

        impl Permission {
            /// Every permission there is: what a key has unless it was made with fewer.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// As the texts spell it.
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

    /// How unevenly it may make them, where the text of the front door says so.
    pub const fn burst(self, front_door: FrontDoor) -> Option<Burst> {
        match (front_door, self) {
            (FrontDoor::Charges | FrontDoor::Direct | FrontDoor::Checkout, _) | (_, Self::Enterprise) => None,
            (_, Self::Sandbox) => Some(Burst {
                capacity: 20,
                per_second: 2,
            }),
            (_, Self::Starter) => Some(Burst {
                capacity: 60,
                per_second: 5,
            }),
            (_, Self::Growth) => Some(Burst {
                capacity: 200,
                per_second: 17,
            }),
        }
    }

    /// Requests that a key of this tier may make through a front door within any 60 seconds, as its text says.
    pub const fn requests_per_minute(self, front_door: FrontDoor) -> u32 {
        match (front_door, self) {
            (FrontDoor::Charges, _) | (FrontDoor::Intents | FrontDoor::Simple, Self::Growth) => 1000,
            (FrontDoor::Checkout, _)
            | (FrontDoor::Direct, Self::Sandbox | Self::Starter)
            | (FrontDoor::Intents | FrontDoor::Simple, Self::Sandbox) => 100,
            (FrontDoor::Direct, Self::Growth | Self::Enterprise) => 500,
            (FrontDoor::Intents | FrontDoor::Simple, Self::Starter) => 300,
            (FrontDoor::Intents | FrontDoor::Simple, Self::Enterprise) => 10_000,
        }
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
}
