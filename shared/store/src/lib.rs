//! The DynamoDB tables: keys, items, and each access pattern as a named function.
//!
//! There are three tables, by lifecycle (see [`Tables`]). Every key of a merchant's item starts with its
//! [`Tenant`](tollgate_domain::Tenant). Every function takes the tenant, so a caller cannot address another
//! tenant's items. The comment of each function states its key, condition, calls and capacity units.

mod addresses;
mod attributes;
mod aws;
mod db;
mod deliveries;
mod due;
mod entity;
mod error;
mod format;
mod items;
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
pub use keys::{ApiKey, KeyHash, KeyPlace, KeyPut, KeyQuery, LIVE_KEYS_MAX, NewApiKey};
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

/// Read access to the tables.
#[derive(Clone, Debug)]
pub struct Reader {
    db: db::Db,
    tables: Arc<Tables>,
}

/// Read and write access to the tables. Admitted callers have one, payers who follow a signed link, and
/// workers.
#[derive(Clone, Debug)]
pub struct Writer(Reader);

/// Counts the requests of API keys and nothing else. Authentication needs this write before the caller may
/// have a [`Writer`].
#[derive(Clone, Debug)]
pub struct KeyMeter(Reader);

impl std::ops::Deref for Writer {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.0
    }
}

impl Writer {
    /// Opens the tables. Makes no call.
    pub fn open(environment: &AwsEnvironment, tables: Tables) -> Self {
        Self(Reader { db: db::Db::open(environment), tables: Arc::new(tables) })
    }

    /// Read access to the same tables.
    pub fn reader(&self) -> &Reader {
        &self.0
    }

    /// The counter of requests for the same tables.
    pub fn key_meter(&self) -> KeyMeter {
        KeyMeter(self.0.clone())
    }

    /// The same tables with a new meter, so that one request's calls are counted separately.
    #[must_use]
    pub fn metered(&self) -> Self {
        Self(Reader { db: self.db.metered(), tables: self.tables.clone() })
    }
}

impl Reader {
    /// Opens the first connection with a read of a missing item, so that no request has to wait for it.
    /// Errors are ignored: the connection is open even if the function may not read the table, and other
    /// errors recur with the first request.
    pub async fn warm_up(&self) {
        if let Err(error) = self.read_item(&self.tables.main, "WARM-UP", false).await {
            tracing::debug!(%error, "warm-up read failed");
        }
    }

    /// The calls through this handle and its clones.
    pub fn meter(&self) -> &Meter {
        self.db.meter()
    }
}
