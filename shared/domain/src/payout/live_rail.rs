//! Whether a merchant pays out real money to banks.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Whether a merchant pays out real money to banks: the operator sends its payouts to one, as files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveRail {
    /// Version number, starting at 1.
    pub version: u64,
    /// Whether payouts are made.
    pub enabled: bool,
    /// When the operator first set it.
    pub created: Timestamp,
}

impl LiveRail {
    /// Its id: there is one for each merchant.
    pub const KEY_ID: &'static str = "rail";

    /// The first version.
    pub const fn new(enabled: bool, now: Timestamp) -> Self {
        Self { version: 1, enabled, created: now }
    }

    /// The next version.
    #[must_use]
    pub const fn set(&self, enabled: bool) -> Self {
        Self { version: self.version + 1, enabled, created: self.created }
    }
}
