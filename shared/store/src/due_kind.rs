//! Kinds of due work, and their keys in the index.

use sha2::{Digest, Sha256};
use tollgate_domain::{EndpointId, Tenant, Timestamp};

use crate::attributes::sortable;

/// Shards of the due index that every finder reads, whatever the setting of its stack.
pub const DUE_SHARDS_MIN: u8 = 4;

/// A kind of due work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DueKind {
    /// A payment that waits for a processor, or for its payer.
    Payment,
    /// A refund that waits for a processor.
    Refund,
    /// A customer whose erasure is not finished.
    Customer,
    /// A webhook delivery whose next attempt is due or was lost.
    Delivery,
    /// The held deliveries of a webhook endpoint.
    Backlog,
    /// A balance transaction whose money becomes available.
    Funds,
    /// A dispute whose time for evidence ends, or which is decided.
    Dispute,
    /// The check of a tenant's ledger.
    LedgerCheck,
    /// A payout that is to be sent, or whose rail is to be asked.
    Payout,
    /// A balance that is to be paid out by its schedule.
    BalanceSettings,
}

impl DueKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Payment,
        Self::Refund,
        Self::Customer,
        Self::Delivery,
        Self::Backlog,
        Self::Funds,
        Self::Dispute,
        Self::LedgerCheck,
        Self::Payout,
        Self::BalanceSettings,
    ];

    /// The name, as keys, messages, schedules and metrics have it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Payment => "PAY",
            Self::Refund => "REF",
            Self::Customer => "CUS",
            Self::Delivery => "DLV",
            Self::Backlog => "HLD",
            Self::Funds => "BTX",
            Self::Dispute => "DSP",
            Self::LedgerCheck => "LCK",
            Self::Payout => "PYO",
            Self::BalanceSettings => "BST",
        }
    }

    /// The kind with this name.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }

    pub(crate) const fn in_events_table(self) -> bool {
        matches!(self, Self::Delivery | Self::Backlog)
    }

    pub(crate) fn partition(self, shard: u8) -> String {
        format!("DUE#{}#{shard}", self.code())
    }

    /// The keys of an item that is due at `at`.
    pub(crate) fn keys(self, pk: &str, at: Timestamp, shards: u8) -> (String, String) {
        let shard = Sha256::digest(pk.as_bytes())[0] % shards;
        (self.partition(shard), sortable(at))
    }
}

/// The keys of a held delivery: the deliveries of one endpoint, oldest first.
pub(crate) fn held_keys(tenant: Tenant, endpoint: EndpointId, at: Timestamp, id: &str) -> (String, String) {
    (held_partition(tenant, endpoint), format!("{}#{id}", sortable(at)))
}

/// The partition of an endpoint's held deliveries.
pub(crate) fn held_partition(tenant: Tenant, endpoint: EndpointId) -> String {
    format!("HELD#{tenant}{endpoint}")
}
