//! The published APIs over the ledger.

use serde::{Deserialize, Serialize};

/// One of the published payment APIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FrontDoor {
    /// Payment intents, `/v2`: the complete API.
    Intents,
    /// Charges, `/v1`, JSON in minor units.
    Charges,
    /// Direct, `/v1`, raw cards.
    Direct,
    /// Simple, `/v1`, decimal amounts.
    Simple,
    /// Checkout, `/api/v1`, hosted pages.
    Checkout,
}

impl FrontDoor {
    /// The lower-case name, as in URLs, settings and the `api` of a webhook endpoint.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Intents => "intents",
            Self::Charges => "charges",
            Self::Direct => "direct",
            Self::Simple => "simple",
            Self::Checkout => "checkout",
        }
    }

    /// Every front door.
    pub const ALL: &'static [Self] =
        &[Self::Intents, Self::Charges, Self::Direct, Self::Simple, Self::Checkout];

    /// Reads a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|door| door.as_str() == text)
    }
}
