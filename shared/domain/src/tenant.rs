//! Whose data it is: a merchant's, in test or in live mode.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::MerchantId;

/// Test data and live data never meet: the mode comes from the API key and is part of every table key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// No money moves; the sandbox network answers.
    Test,
    /// Real money.
    Live,
}

impl Mode {
    /// `test` or `live`, as in keys' prefixes and table keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Live => "live",
        }
    }

    /// Whether real money moves.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Live)
    }
}

/// The tenant of a request: every merchant-owned item's key begins with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tenant {
    /// The merchant.
    pub merchant: MerchantId,
    /// Test or live.
    pub mode: Mode,
}

impl fmt::Display for Tenant {
    /// `M#<merchant>#<mode>#`, the beginning of the tenant's table keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "M#{}#{}#", self.merchant, self.mode.as_str())
    }
}

impl Tenant {
    /// Reads the tenant at the beginning of a table key, as stream records carry it.
    pub fn from_key(key: &str) -> Option<Self> {
        let mut parts = key.strip_prefix("M#")?.splitn(3, '#');
        let merchant = parts.next()?.parse().ok()?;
        let mode = match parts.next()? {
            "test" => Mode::Test,
            "live" => Mode::Live,
            _ => return None,
        };
        parts.next()?;
        Some(Self { merchant, mode })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_read_back_from_a_key() {
        let tenant = Tenant { merchant: MerchantId::from_bytes([3; 16]), mode: Mode::Live };
        assert_eq!(Tenant::from_key(&format!("{tenant}PAY#x")), Some(tenant));
        assert_eq!(Tenant::from_key("KEY#abc"), None);
        assert_eq!(Tenant::from_key("M#short#live#PAY#x"), None);
    }
}
