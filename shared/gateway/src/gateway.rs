//! `Gateway`: what all use cases share.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::{Arc, Mutex},
};

use tollgate_domain::{Id, RequestRef, Tenant, Timestamp};
use tollgate_store::{ApiKey, Cost, KeyHash, Reader, Writer};

use crate::{
    auth::write_access::WriteAccess,
    clock::Clock,
    customers::address_ids::AddressIds,
    due_work::claims::DUE_CLAIM_MS,
    entropy::{Entropy, new_request_id},
    processing::processors::Processors,
    signing::links::Links,
};

/// Due items that one run processes concurrently.
const DUE_ITEMS_CONCURRENT_MAX: usize = 10;

/// What a warm function knows from earlier requests.
#[derive(Default)]
pub(crate) struct Known {
    /// API keys that it has authenticated. A key never changes its tenant, so reads for a known key start before it is
    /// authenticated again.
    pub(crate) keys: Mutex<HashMap<KeyHash, ApiKey>>,
    /// Tenants whose ledgers are checked.
    pub(crate) checked_ledgers: Mutex<HashSet<Tenant>>,
}

/// The tables, clock, randomness and secrets of a function. All of its requests share them.
///
/// A `Gateway` only reads. Writing needs a [`Worker`](crate::Worker).
#[derive(Clone)]
pub struct Gateway {
    pub(crate) store: Reader,
    pub(crate) write_access: WriteAccess,
    pub(crate) links: Option<Links>,
    pub(crate) processors: Option<Arc<Processors>>,
    pub(crate) address_ids: Option<AddressIds>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    /// Due items that one run processes concurrently.
    pub(crate) due_items_concurrent: usize,
    /// How long the first claim of a due item lasts, in milliseconds.
    pub(crate) due_claim_ms: i64,
    pub(crate) known: Arc<Known>,
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").finish_non_exhaustive()
    }
}

impl Gateway {
    /// A gateway over opened tables. `links` is required by the use cases that show or link to a hosted page.
    pub fn new(
        writer: Writer,
        links: Option<Links>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            store: writer.reader().clone(),
            write_access: WriteAccess::new(writer),
            links,
            processors: None,
            address_ids: None,
            clock,
            entropy,
            due_items_concurrent: DUE_ITEMS_CONCURRENT_MAX,
            due_claim_ms: DUE_CLAIM_MS,
            known: Arc::default(),
        }
    }

    /// The tables, for reading.
    pub fn store(&self) -> &Reader {
        &self.store
    }

    /// The same gateway with a new meter, so that the cost of one request is counted separately.
    #[must_use]
    pub fn metered(&self) -> Self {
        self.with_write_access(self.write_access.metered())
    }

    /// The same gateway over another handle to the same tables.
    pub(crate) fn over(&self, writer: &Writer) -> Self {
        self.with_write_access(WriteAccess::new(writer.clone()))
    }

    fn with_write_access(&self, write_access: WriteAccess) -> Self {
        Self { store: write_access.reader().clone(), write_access, ..self.clone() }
    }

    /// The calls made through this handle so far.
    pub fn cost(&self) -> Cost {
        self.store.meter().cost()
    }

    /// The current time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Cryptographically secure random bytes.
    pub(crate) fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.entropy.fill(&mut bytes);
        bytes
    }

    /// A random id.
    pub fn new_id<K>(&self) -> Id<K> {
        Id::from_bytes(self.random_bytes())
    }

    /// A request that Tollgate starts itself: a random id and no idempotency key.
    pub fn new_request(&self) -> RequestRef {
        self.new_request_id().into()
    }

    /// A random request id: `req_…`.
    pub fn new_request_id(&self) -> String {
        new_request_id(&*self.entropy)
    }
}
