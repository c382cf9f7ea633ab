//! How things become items: one trait, so that every kind's keys are made in one place.
//!
//! | key | value | lists |
//! |---|---|---|
//! | `pk` | `<tenant><TYPE>#<id>` | |
//! | `gsi1` | `<tenant><TYPE>` + created, id | a type, newest first |
//! | `gsi2` | `<tenant><PARENT>#<id>` + type, created, id | a parent's children |
//! | `gsi3` | `DUE#<kind>#<shard>` + due time | what has to be looked at; sparse |

use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use tollgate_domain::{
    Customer, CustomerId, Delivery, Event, IdempotencyRecord, Payment, PaymentMethod, Refund, Subject,
    Tenant, Timestamp, WebhookEndpoint, id::Kind,
};

use crate::{
    due::DueKind,
    error::StoreError,
    format,
    items::{Item, SK, s},
};

/// Seconds that events and deliveries are kept: 30 days.
const EVENT_LIFETIME_S: i64 = 30 * 24 * 60 * 60;

/// In place of a customer's code, the parent of the payment methods that were detached from it.
pub(crate) const DETACHED_FROM: &str = "CUS-DETACHED";

/// Something stored as one item of its own.
pub trait Entity: Serialize + DeserializeOwned + Clone {
    /// The type's code in keys and in the attribute `t`.
    const CODE: &'static str;
    /// The format in which it is written, and the newest that is read. It is raised when an older release would misread what
    /// a newer one writes, one release after the one that reads it (see `docs/operations.md`).
    const FORMAT: u32 = 1;
    /// Whether it lives in the events table.
    const IN_EVENTS_TABLE: bool = false;
    /// Calls it by this name in errors and logs.
    fn key_id(&self) -> String;
    /// Its version; an update is conditional on the one before.
    fn version(&self) -> u64;
    /// The request that wrote this version: tells our own write, sent again by the SDK, from another's.
    fn request_id(&self) -> &str;
    /// When it was made.
    fn created(&self) -> Timestamp;
    /// The parent under which it is listed.
    fn parent(&self, _scope: Tenant) -> Option<String> {
        None
    }
    /// When and for what due work has to look at it.
    fn due(&self) -> Option<(DueKind, Timestamp)> {
        None
    }
    /// Whether lists of its type show it.
    fn listed(&self) -> bool {
        true
    }
    /// Seconds after which the table drops it.
    fn expires_after_s() -> Option<i64> {
        None
    }
}

/// The partition key of the thing called `id` of type `code`.
pub(crate) fn pk(tenant: Tenant, code: &str, id: &str) -> String {
    format!("{tenant}{code}#{id}")
}

/// The key under which a parent's children are listed.
pub(crate) fn parent_key(tenant: Tenant, code: &str, id: &str) -> String {
    pk(tenant, code, id)
}

/// The parent of customers with this e-mail address: a digest, so that no index key holds the address itself.
pub(crate) fn email_key(tenant: Tenant, email: &str) -> String {
    let digest = Sha256::digest(email.to_lowercase().as_bytes());
    format!("{tenant}EML#{}", hex::encode(&digest[..16]))
}

/// Sort keys hold instants in milliseconds with all their digits, so that text order is time order.
pub(crate) fn sortable(at: Timestamp) -> String {
    format!("{:013}", at.ms().max(0))
}

pub(crate) fn to_item<E: Entity>(tenant: Tenant, entity: &E) -> Result<Item, StoreError> {
    let mut item: Item =
        serde_dynamo::aws_sdk_dynamodb_1::to_item(entity).map_err(|e| StoreError::BadValue(e.to_string()))?;
    let id = entity.key_id();
    let pk = pk(tenant, E::CODE, &id);
    let created = sortable(entity.created());
    if entity.listed() {
        item.insert("gsi1pk".into(), s(format!("{tenant}{}", E::CODE)));
        item.insert("gsi1sk".into(), s(format!("{created}#{id}")));
    }
    if let Some(parent) = entity.parent(tenant) {
        item.insert("gsi2pk".into(), s(parent));
        item.insert("gsi2sk".into(), s(format!("{}#{created}#{id}", E::CODE)));
    }
    if let Some((kind, at)) = entity.due() {
        let (gsi3pk, gsi3sk) = kind.keys(&pk, at);
        item.insert("gsi3pk".into(), s(gsi3pk));
        item.insert("gsi3sk".into(), s(gsi3sk));
    }
    if let Some(lifetime) = E::expires_after_s() {
        let at = entity.created().s().saturating_add(lifetime);
        item.insert("expires_at".into(), aws_sdk_dynamodb::types::AttributeValue::N(at.to_string()));
    }
    format::mark(&mut item, E::FORMAT);
    item.insert("t".into(), s(E::CODE));
    item.insert("pk".into(), s(pk));
    item.insert("sk".into(), s(SK));
    Ok(item)
}

pub(crate) fn from_item<E: Entity>(item: Item) -> Result<E, StoreError> {
    format::check(&item, E::FORMAT)?;
    let key = item.get("pk").and_then(|v| v.as_s().ok()).cloned().unwrap_or_default();
    serde_dynamo::aws_sdk_dynamodb_1::from_item(item)
        .map_err(|e| StoreError::BadItem { key, detail: e.to_string() })
}

fn read<E: Entity>(key: &str, image: serde_dynamo::Item) -> Result<Box<E>, StoreError> {
    format::check_image(&image, key, E::FORMAT)?;
    serde_dynamo::from_item(image)
        .map(Box::new)
        .map_err(|e| StoreError::BadItem { key: key.to_owned(), detail: e.to_string() })
}

/// What a record of the stream is about: the item's tenant, its partition key and the thing itself; `None` for items
/// that nobody is told about.
pub fn subject_of(image: serde_dynamo::Item) -> Result<Option<(Tenant, String, Subject)>, StoreError> {
    let text = |name: &str| match image.get(name) {
        Some(serde_dynamo::AttributeValue::S(text)) => text.clone(),
        _ => String::new(),
    };
    let (key, code) = (text("pk"), text("t"));
    let Some(tenant) = Tenant::from_key(&key) else {
        return Ok(None);
    };
    let subject = match code.as_str() {
        Payment::CODE => Subject::Payment(read(&key, image)?),
        Refund::CODE => Subject::Refund(read(&key, image)?),
        Customer::CODE => Subject::Customer(read(&key, image)?),
        PaymentMethod::CODE => Subject::PaymentMethod(read(&key, image)?),
        WebhookEndpoint::CODE => Subject::Endpoint(read(&key, image)?),
        _ => return Ok(None),
    };
    Ok(Some((tenant, key, subject)))
}

/// What every thing with an id, a version and a request of its own answers alike.
macro_rules! fields {
    () => {
        fn key_id(&self) -> String {
            self.id.to_string()
        }
        fn version(&self) -> u64 {
            self.version
        }
        fn request_id(&self) -> &str {
            &self.request.request_id
        }
        fn created(&self) -> Timestamp {
            self.created
        }
    };
}

impl Entity for Payment {
    const CODE: &'static str = tollgate_domain::id::PaymentKind::CODE;

    fields!();
    fn parent(&self, tenant: Tenant) -> Option<String> {
        self.customer.map(|id| parent_key(tenant, Customer::CODE, &id.to_string()))
    }
    fn due(&self) -> Option<(DueKind, Timestamp)> {
        self.due.map(|at| (DueKind::Payment, at))
    }
}

impl Entity for Refund {
    const CODE: &'static str = tollgate_domain::id::RefundKind::CODE;

    fields!();
    fn parent(&self, tenant: Tenant) -> Option<String> {
        Some(parent_key(tenant, Payment::CODE, &self.payment.to_string()))
    }
    fn due(&self) -> Option<(DueKind, Timestamp)> {
        self.due.map(|at| (DueKind::Refund, at))
    }
}

impl Entity for PaymentMethod {
    const CODE: &'static str = tollgate_domain::id::PaymentMethodKind::CODE;

    fields!();
    /// Its customer, or else the one that it was detached from, whose list does not show it.
    fn parent(&self, tenant: Tenant) -> Option<String> {
        let of = |code, id: CustomerId| parent_key(tenant, code, &id.to_string());
        self.customer
            .map(|id| of(Customer::CODE, id))
            .or_else(|| self.detached_from.map(|id| of(DETACHED_FROM, id)))
    }
    fn listed(&self) -> bool {
        false
    }
}

impl Entity for Customer {
    const CODE: &'static str = tollgate_domain::id::CustomerKind::CODE;

    fields!();
    fn parent(&self, tenant: Tenant) -> Option<String> {
        self.profile.email.as_deref().map(|email| email_key(tenant, email))
    }
    fn due(&self) -> Option<(DueKind, Timestamp)> {
        self.erasure.map(|erasure| (DueKind::Customer, erasure.look_again_at))
    }
    fn listed(&self) -> bool {
        !self.deleted
    }
}

impl Entity for WebhookEndpoint {
    const CODE: &'static str = tollgate_domain::id::EndpointKind::CODE;

    fields!();
    fn listed(&self) -> bool {
        !self.deleted
    }
}

impl Entity for Event {
    const CODE: &'static str = tollgate_domain::id::EventKind::CODE;
    const IN_EVENTS_TABLE: bool = true;

    fn key_id(&self) -> String {
        self.id.to_string()
    }
    fn version(&self) -> u64 {
        1
    }
    fn request_id(&self) -> &str {
        &self.request.request_id
    }
    fn created(&self) -> Timestamp {
        self.created
    }
    fn expires_after_s() -> Option<i64> {
        Some(EVENT_LIFETIME_S)
    }
}

impl Entity for IdempotencyRecord {
    const CODE: &'static str = tollgate_domain::id::IdempotencyRecordKind::CODE;
    const IN_EVENTS_TABLE: bool = true;

    fields!();
    fn listed(&self) -> bool {
        false
    }
    fn expires_after_s() -> Option<i64> {
        Some(EVENT_LIFETIME_S)
    }
}

impl Entity for Delivery {
    const CODE: &'static str = "DLV";
    const IN_EVENTS_TABLE: bool = true;

    fn key_id(&self) -> String {
        format!("{}#{}", self.event, self.endpoint)
    }
    fn version(&self) -> u64 {
        self.version
    }
    fn request_id(&self) -> &'static str {
        ""
    }
    fn created(&self) -> Timestamp {
        self.created
    }
    fn parent(&self, tenant: Tenant) -> Option<String> {
        Some(parent_key(tenant, WebhookEndpoint::CODE, &self.endpoint.to_string()))
    }
    fn due(&self) -> Option<(DueKind, Timestamp)> {
        self.due.map(|at| (DueKind::Delivery, at))
    }
    fn listed(&self) -> bool {
        false
    }
    fn expires_after_s() -> Option<i64> {
        Some(EVENT_LIFETIME_S)
    }
}
