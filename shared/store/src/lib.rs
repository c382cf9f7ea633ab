//! The DynamoDB tables: their keys, their items, and every access pattern as one named function.
//!
//! Three tables, by lifecycle (see [`Tables`]). Every merchant-owned key begins with the tenant's
//! [`Tenant`](tollgate_domain::Tenant), which every function here takes, so no caller can name another tenant's item.
//! Each function's comment gives its key, its condition, its calls and what it consumes.

mod addresses;
mod aws;
mod db;
mod deliveries;
mod due;
mod entity;
mod error;
mod format;
mod items;
mod key_registry;
mod keys;
mod listing;
mod merchants;
mod meter;
mod payment_keys;
mod processor_accounts;
mod queue;
mod rate_limit;
mod refunds;
mod sealed;
mod secrets;

pub use addresses::{Claim, CustomerWrite, Ownership};
pub use aws::{AwsEnvironment, Tables};
pub use due::{DueItem, DueKind};
pub use entity::{Entity, subject_of};
pub use error::StoreError;
pub use items::{Changed, Put, Replaced};
pub use key_registry::{KeyPlace, KeyPut, KeyQuery, LIVE_KEYS_MAX};
pub use keys::{ApiKey, KeyHash, NewApiKey};
pub use listing::{Cursor, ListQuery, Page};
pub use merchants::Merchant;
pub use meter::{Cost, Meter};
pub use payment_keys::PaymentPut;
pub use processor_accounts::ProcessorAccount;
pub use queue::{Queue, QueueMessage};
pub use rate_limit::{Counted, Met, Metered, Token};
pub use refunds::RefundPut;
pub use sealed::{Sealed, SealedPage};
pub use secrets::Secrets;

use std::sync::Arc;

/// The tables, to read from. Whoever has no more than this changes nothing.
#[derive(Clone, Debug)]
pub struct Reader {
    db: db::Db,
    tables: Arc<Tables>,
}

/// The tables, to read from and to write to. Whoever holds one may write: an admitted caller, the payer who follows a signed
/// link, and what works without a caller.
#[derive(Clone, Debug)]
pub struct Writer(Reader);

/// Counts the requests of API keys, and nothing else: to find out whether a caller may write is itself a write.
#[derive(Clone, Debug)]
pub struct KeyMeter(Reader);

impl std::ops::Deref for Writer {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.0
    }
}

impl Writer {
    /// Opens the tables that the environment names. Makes no call.
    pub fn open(environment: &AwsEnvironment, tables: Tables) -> Self {
        Self(Reader { db: db::Db::open(environment), tables: Arc::new(tables) })
    }

    /// The same tables, to read from.
    pub fn reader(&self) -> &Reader {
        &self.0
    }

    /// The same tables, to count the requests of API keys in.
    pub fn key_meter(&self) -> KeyMeter {
        KeyMeter(self.0.clone())
    }

    /// The same tables with a meter of its own: what one request does is counted apart from all others.
    #[must_use]
    pub fn metered(&self) -> Self {
        Self(Reader { db: self.db.metered(), tables: self.tables.clone() })
    }
}

impl Reader {
    /// Makes the first connection, so that no request pays for it: one read of an item that does not exist. A failure
    /// is no reason not to start: a function that may not read the table has its connection all the same, and of anything
    /// else the first request will say so.
    pub async fn warm_up(&self) {
        if let Err(error) = self.read_item(&self.tables.main, "WARM-UP", false).await {
            tracing::debug!(%error, "warm-up read failed");
        }
    }

    /// The calls made through this handle, and through those that it was made from or that were made from it.
    pub fn meter(&self) -> &Meter {
        self.db.meter()
    }
}
