//! Tenants: a merchant in test mode or in live mode.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::MerchantId;

/// Test or live. The mode comes from the API key and is part of every table key, so that test and live data
/// stay apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The sandbox answers; no money moves.
    Test,
    /// Real money.
    Live,
}

impl Mode {
    /// `test` or `live`, as in API keys and table keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Live => "live",
        }
    }

    /// Reads `test` or `live`.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Test, Self::Live].into_iter().find(|mode| mode.as_str() == text)
    }

    /// Whether real money moves.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Live)
    }
}

/// A merchant in one mode. The key of every item of a merchant starts with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tenant {
    /// The merchant.
    pub merchant: MerchantId,
    /// Test or live.
    pub mode: Mode,
}

impl fmt::Display for Tenant {
    /// `M#<merchant>#<mode>#`, the start of the tenant's table keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "M#{}#{}#", self.merchant, self.mode.as_str())
    }
}

impl Tenant {
    /// Parses the tenant at the start of a table key.
    pub fn from_key(key: &str) -> Option<Self> {
        let mut parts = key.strip_prefix("M#")?.splitn(3, '#');
        let merchant = parts.next()?.parse().ok()?;
        let mode = Mode::parse(parts.next()?)?;
        parts.next()?;
        Some(Self { merchant, mode })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_is_read_back_from_a_key() {
        let tenant = Tenant { merchant: MerchantId::from_bytes([3; 16]), mode: Mode::Live };
        assert_eq!(Tenant::from_key(&format!("{tenant}PAY#x")), Some(tenant));
        assert_eq!(Tenant::from_key("KEY#abc"), None);
        assert_eq!(Tenant::from_key("M#short#live#PAY#x"), None);
    }
}
