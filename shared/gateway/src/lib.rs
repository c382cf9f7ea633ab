//! The use cases: what a merchant, a cardholder, the stream and the clock can make Tollgate do.
//!
//! A use case reads, lets the domain decide, and writes once. It knows no front door's words: it takes checked values
//! and gives domain values, and every front door renders them in its own way.

mod addresses;
mod admin;
mod alarm;
mod answer;
mod api_keys;
mod authentication;
mod call;
mod charge;
mod checkout;
mod customers;
mod deliver;
mod due_work;
mod endpoints;
mod erasure;
mod error;
mod idempotency;
mod intents;
mod links;
mod page_request;
mod pages;
mod payer;
mod payment_methods;
mod payments;
mod processor_refunds;
mod processors;
mod publish;
mod record;
mod redelivery;
mod refunds;
mod release;
mod reseal;
mod services;
mod signer;
mod vault;
mod vault_admin;
mod vault_keys;
mod worker;

pub use addresses::AddressIds;
pub use admin::{Admin, AdminError, IssuedKey, NewKey, OpenMoney};
pub use authentication::{ACCESS_TOKEN_S, Admitted, Authorized, Credentials};
pub use call::Call;
pub use checkout::{CheckoutFlow, NewCheckout};
pub use customers::CustomerFilter;
pub use deliver::{Deliverer, DeliverySettings, Message};
pub use due_work::DueReport;
pub use endpoints::{EndpointUpdate, NewEndpoint};
pub use error::Error;
pub use idempotency::{Idempotency, Idempotent};
pub use intents::{IntentAction, IntentUpdate, NewIntent};
pub use links::{Links, Purpose};
pub use page_request::PageRequest;
pub use pages::{HostedView, LinkError, Onward};
pub use payer::Payer;
pub use payment_methods::{MethodData, MethodFilter, MethodRef, NewMethod, kind_of};
pub use payments::{AMOUNT_MINOR_MIN, ChargeFrom, CreatePayment, Keep, PaymentFilter, charged_and, declined};
pub use processors::Processors;
pub use publish::{Published, Publisher};
pub use redelivery::{EventFilter, RecoverUntil, Recovered};
pub use refunds::{CreateRefund, RefundAmount, RefundFilter};
pub use reseal::Resealed;
pub use services::{Clock, Entropy, OsEntropy, SystemClock};
pub use tollgate_store::{
    ApiKey, AwsEnvironment, Cost, Cursor, LIVE_KEYS_MAX, Merchant, Page, Queue, Reader, Secrets, StoreError,
    Tables, Writer, subject_of,
};
pub use vault::{KeySource, Vault, VaultError, VaultSecret};
pub use vault_keys::{BadVaultKeys, VaultKeys};
pub use worker::Worker;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use tollgate_domain::{Id, RequestRef, Timestamp};
use tollgate_store::KeyHash;

/// Everything that use cases need, shared by all requests of a function.
#[derive(Clone)]
pub struct Gateway {
    store: Reader,
    write_access: authentication::WriteAccess,
    links: Option<Links>,
    processors: Option<Arc<Processors>>,
    address_ids: Option<AddressIds>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    /// Items of due work that are looked after at the same time.
    due_at_a_time: usize,
    /// Keys that this warm function has met: to whom a key belongs never changes, so a read may begin at once.
    known_keys: Arc<Mutex<HashMap<KeyHash, ApiKey>>>,
}

impl Gateway {
    /// A gateway over opened tables. `links` is needed wherever a hosted page is shown or pointed to.
    pub fn new(
        writer: Writer,
        links: Option<Links>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            store: writer.reader().clone(),
            write_access: authentication::WriteAccess::new(writer),
            links,
            processors: None,
            address_ids: None,
            clock,
            entropy,
            due_at_a_time: due_work::AT_A_TIME,
            known_keys: Arc::default(),
        }
    }

    /// A gateway as the function's environment describes it (see [`Tables`], [`AwsEnvironment`], [`Links`], [`Processors`] and
    /// [`AddressIds`]).
    ///
    /// It reads the function's secrets and makes the first connection to the tables side by side, while the function still
    /// starts, so that no request pays for either. A function whose secrets cannot be read does not start.
    pub async fn start() -> Result<Self, StoreError> {
        Ok(Worker::start().await?.gateway().clone())
    }

    /// The tables, to read from.
    pub fn store(&self) -> &Reader {
        &self.store
    }

    /// The same gateway with a meter of its own, so that what one request costs is counted apart from all others.
    #[must_use]
    pub fn metered(&self) -> Self {
        self.write_access.metered(self)
    }

    /// The same gateway over the same tables, opened otherwise.
    fn over(&self, writer: &Writer) -> Self {
        Self {
            store: writer.reader().clone(),
            write_access: authentication::WriteAccess::new(writer.clone()),
            ..self.clone()
        }
    }

    /// What was done through this handle so far.
    pub fn cost(&self) -> Cost {
        self.store.meter().cost()
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Bytes that nobody can guess.
    pub(crate) fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.entropy.fill(&mut bytes);
        bytes
    }

    /// A fresh random id.
    pub fn new_id<K>(&self) -> Id<K> {
        Id::from_bytes(self.random_bytes())
    }

    /// A request that Tollgate starts itself: it has a fresh id and no idempotency key.
    pub fn new_request(&self) -> RequestRef {
        self.new_request_id().into()
    }

    /// A fresh request id: `req_…`.
    pub fn new_request_id(&self) -> String {
        self.new_id::<tollgate_domain::id::EventKind>().to_prefixed("req_")
    }
}
