//! The handles through which callers use the tables: what a caller may do is the type that it has.

use std::sync::Arc;

use crate::{
    aws::{AwsEnvironment, Tables},
    db::Db,
    meter::Meter,
};

/// Read access to the tables.
#[derive(Clone, Debug)]
pub struct Reader {
    pub(crate) db: Db,
    pub(crate) tables: Arc<Tables>,
}

/// Read and write access to the tables. Admitted callers have one, payers who follow a signed link, and
/// workers.
#[derive(Clone, Debug)]
pub struct Writer(Reader);

/// Counts the requests of API keys and nothing else. Authentication needs this write before the caller may
/// have a [`Writer`].
#[derive(Clone, Debug)]
pub struct KeyMeter {
    pub(crate) reader: Reader,
    /// Whether it also counts by second, for APIs that limit bursts.
    pub(crate) counts_seconds: bool,
}

impl std::ops::Deref for Writer {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.0
    }
}

impl Writer {
    /// Opens the tables. Makes no call.
    pub fn open(environment: &AwsEnvironment, tables: Tables) -> Self {
        Self(Reader { db: Db::open(environment), tables: Arc::new(tables) })
    }

    /// Read access to the same tables.
    pub fn reader(&self) -> &Reader {
        &self.0
    }

    /// The counter of requests for the same tables.
    pub fn key_meter(&self) -> KeyMeter {
        KeyMeter { reader: self.0.clone(), counts_seconds: false }
    }

    /// The same tables with a new meter, so that one request's calls are counted separately.
    #[must_use]
    pub fn metered(&self) -> Self {
        Self(Reader { db: self.db.metered(), tables: self.tables.clone() })
    }
}

impl Reader {
    /// The calls through this handle and its clones.
    pub fn meter(&self) -> &Meter {
        self.db.meter()
    }
}
