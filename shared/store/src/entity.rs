//! The items of resources. A trait makes the keys of every type in one place.
//!
//! | key | value | lists |
//! |---|---|---|
//! | `pk` | `<tenant><TYPE>#<id>` | |
//! | `gsi1` | `<tenant><TYPE>` + created, id | a type, newest first |
//! | `gsi2` | `<tenant><PARENT>#<id>` + type, created, id | a parent's children |
//! | `gsi3` | `DUE#<kind>#<shard>` + due time | due work; sparse |
//! | `gsi3` | `HELD#<tenant><endpoint>` + created, id | the held deliveries of a paused endpoint |
//! | `gsi3` | `FILE#<name>` + created, `pk` | live payouts in a file; of no name: those that wait for one |

use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use tollgate_domain::{
    Adjustment, BalanceSettings, BalanceTransaction, BankAccount, ConnectedAccount, Customer, CustomerId,
    Delivery, Dispute, Event, IdempotencyRecord, Payment, PaymentMethod, Payout, Refund, Subject, Tenant,
    Timestamp, Transfer, WebhookEndpoint,
    backlog::Backlog,
    bank_account::BankAccountRegister,
    billing::{BillingSubject, Price, Product},
    id::Kind,
    payout::{LiveRail, PayoutDestination},
    processor_health::ProcessorHealth,
};

use crate::{
    attributes::{Item, SK, n, pk, s, sortable},
    due_kind::{DueKind, held_keys},
    error::StoreError,
    format,
};

/// How long events, deliveries and idempotency records are kept, in seconds: 30 days.
const EVENT_LIFETIME_S: i64 = 30 * 24 * 60 * 60;

/// The parent of payment methods that were detached from a customer, instead of the customer's type code.
pub(crate) const DETACHED_FROM: &str = "CUS-DETACHED";

/// A resource that is stored as one item.
pub trait Entity: Serialize + DeserializeOwned + Clone {
    /// The type's code in keys and in the attribute `t`.
    const CODE: &'static str;
    /// The format in which it is written, and the newest that is read. It is raised if an older release would
    /// misread the new items, one release after the release that can read them (see `docs/operations.md`).
    const FORMAT: u32 = 1;
    /// Whether it is stored in the events table.
    const IN_EVENTS_TABLE: bool = false;
    /// The id, as keys contain it.
    fn key_id(&self) -> String;
    /// The version. An update requires the version before.
    fn version(&self) -> u64;
    /// The request that wrote this version; empty where none did. It identifies our own write when the SDK repeats it.
    #[expect(clippy::unnecessary_literal_bound, reason = "others borrow theirs from themselves")]
    fn request_id(&self) -> &str {
        ""
    }
    /// When it was created.
    fn created(&self) -> Timestamp;
    /// The parent in whose list it appears.
    fn parent(&self, _tenant: Tenant) -> Option<String> {
        None
    }
    /// The kind and time of its due work.
    fn due(&self) -> Option<(DueKind, Timestamp)> {
        None
    }
    /// Its keys in `gsi3`.
    fn gsi3(&self, _tenant: Tenant, pk: &str, due_shards: u8) -> Option<(String, String)> {
        self.due().map(|(kind, at)| kind.keys(pk, at, due_shards))
    }
    /// What a log line about it names, so that a payment's lines are found by its id: `PAY#<id>`, and
    /// `REF#<id>` with its payment. Empty for everything else.
    fn money(&self) -> Vec<String> {
        Vec::new()
    }
    /// Whether it appears in the list of its type.
    fn listed(&self) -> bool {
        true
    }
    /// Seconds after its creation until the table deletes it.
    fn expires_after_s() -> Option<i64> {
        None
    }
}

/// The key under which a parent's children are listed.
pub(crate) fn parent_key(tenant: Tenant, code: &str, id: &str) -> String {
    pk(tenant, code, id)
}

/// The partition of live payouts that wait for a file, or of those in a file that wait for a report.
pub(crate) fn filed_partition(file: Option<&str>) -> String {
    format!("FILE#{}", file.unwrap_or("NONE"))
}

/// The parent of the payouts to a bank account or to another merchant.
pub(crate) fn destination_key(tenant: Tenant, destination: PayoutDestination) -> String {
    match destination {
        PayoutDestination::BankAccount(id) => parent_key(tenant, BankAccount::CODE, &id.to_string()),
        PayoutDestination::Account(id) => parent_key(tenant, ConnectedAccount::CODE, &id.to_string()),
    }
}

/// The parent of the customers with an e-mail address. It contains a digest, so that no index key contains
/// the address.
pub(crate) fn email_key(tenant: Tenant, email: &str) -> String {
    let digest = Sha256::digest(email.to_lowercase().as_bytes());
    format!("{tenant}EML#{}", hex::encode(&digest[..16]))
}

/// The item of a resource, in tables with this many due shards.
pub(crate) fn to_item<E: Entity>(tenant: Tenant, entity: &E, due_shards: u8) -> Result<Item, StoreError> {
    let mut item = format::encode(entity, E::FORMAT)?;
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
    if let Some((gsi3pk, gsi3sk)) = entity.gsi3(tenant, &pk, due_shards) {
        item.insert("gsi3pk".into(), s(gsi3pk));
        item.insert("gsi3sk".into(), s(gsi3sk));
    }
    if let Some(lifetime) = E::expires_after_s() {
        let at = entity.created().s().saturating_add(lifetime);
        item.insert("expires_at".into(), n(at));
    }
    item.insert("t".into(), s(E::CODE));
    item.insert("pk".into(), s(pk));
    item.insert("sk".into(), s(SK));
    Ok(item)
}

pub(crate) fn from_item<E: Entity>(item: Item) -> Result<E, StoreError> {
    format::decode(item, E::FORMAT)
}

pub(crate) fn from_image<E: Entity>(key: &str, image: serde_dynamo::Item) -> Result<Box<E>, StoreError> {
    format::decode_image(image, key, E::FORMAT).map(Box::new)
}

/// The resource in a stream record: tenant, partition key and resource; `None` for items that have no events.
pub fn subject_of(image: serde_dynamo::Item) -> Result<Option<(Tenant, String, Subject)>, StoreError> {
    let (key, code) = (text_of(&image, "pk"), text_of(&image, "t"));
    let Some(tenant) = Tenant::from_key(&key) else {
        return Ok(None);
    };
    let subject = match code.as_str() {
        Payment::CODE => Subject::Payment(from_image(&key, image)?),
        Refund::CODE => Subject::Refund(from_image(&key, image)?),
        Customer::CODE => Subject::Customer(from_image(&key, image)?),
        PaymentMethod::CODE => Subject::PaymentMethod(from_image(&key, image)?),
        WebhookEndpoint::CODE => Subject::Endpoint(from_image(&key, image)?),
        Dispute::CODE => Subject::Dispute(from_image(&key, image)?),
        Payout::CODE => Subject::Payout(from_image(&key, image)?),
        BankAccount::CODE => Subject::BankAccount(from_image(&key, image)?),
        Transfer::CODE => Subject::Transfer(from_image(&key, image)?),
        Adjustment::CODE => Subject::Adjustment(from_image(&key, image)?),
        ConnectedAccount::CODE => Subject::ConnectedAccount(from_image(&key, image)?),
        BalanceSettings::CODE => Subject::BalanceSettings(from_image(&key, image)?),
        Product::CODE => Subject::Billing(BillingSubject::Product(from_image(&key, image)?)),
        Price::CODE => Subject::Billing(BillingSubject::Price(from_image(&key, image)?)),
        _ => return Ok(None),
    };
    Ok(Some((tenant, key, subject)))
}

/// The text of an attribute of an image; empty if it has none.
pub(crate) fn text_of(image: &serde_dynamo::Item, name: &str) -> String {
    match image.get(name) {
        Some(serde_dynamo::AttributeValue::S(text)) => text.clone(),
        _ => String::new(),
    }
}

/// A resource as log lines name it.
fn name_of<E: Entity>(id: impl std::fmt::Display) -> String {
    format!("{}#{id}", E::CODE)
}

/// What a log line about a subject names: see [`Entity::money`].
pub fn money_of(subject: &Subject) -> Vec<String> {
    match subject {
        Subject::Payment(payment) => payment.money(),
        Subject::Refund(refund) => refund.money(),
        Subject::Dispute(dispute) => dispute.money(),
        Subject::Payout(payout) => payout.money(),
        Subject::Transfer(transfer) => transfer.money(),
        Subject::Adjustment(adjustment) => adjustment.money(),
        Subject::Customer(_)
        | Subject::PaymentMethod(_)
        | Subject::Endpoint(_)
        | Subject::BankAccount(_)
        | Subject::ConnectedAccount(_)
        | Subject::BalanceSettings(_)
        | Subject::Billing(_)
        | Subject::Balance(_) => Vec::new(),
    }
}

/// The methods of every resource with the fields `id`, `version`, `request` and `created`.
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
    fn money(&self) -> Vec<String> {
        vec![name_of::<Self>(self.id)]
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
    fn money(&self) -> Vec<String> {
        vec![name_of::<Self>(self.id), name_of::<Payment>(self.payment)]
    }
}

impl Entity for Dispute {
    const CODE: &'static str = tollgate_domain::id::DisputeKind::CODE;

    fields!();
    fn parent(&self, tenant: Tenant) -> Option<String> {
        Some(parent_key(tenant, Payment::CODE, &self.payment.to_string()))
    }
    fn due(&self) -> Option<(DueKind, Timestamp)> {
        self.due.map(|at| (DueKind::Dispute, at))
    }
    fn money(&self) -> Vec<String> {
        vec![name_of::<Self>(self.id), name_of::<Payment>(self.payment)]
    }
}

impl Entity for BalanceTransaction {
    const CODE: &'static str = tollgate_domain::id::BalanceTransactionKind::CODE;

    fn key_id(&self) -> String {
        self.id.to_string()
    }
    fn version(&self) -> u64 {
        self.version
    }
    fn created(&self) -> Timestamp {
        self.created
    }
    fn parent(&self, tenant: Tenant) -> Option<String> {
        Some(self.source.key(tenant))
    }
    fn due(&self) -> Option<(DueKind, Timestamp)> {
        self.becomes_available().then_some((DueKind::Funds, self.available_on))
    }
}

impl Entity for Payout {
    const CODE: &'static str = tollgate_domain::id::PayoutKind::CODE;

    fields!();
    fn parent(&self, tenant: Tenant) -> Option<String> {
        Some(destination_key(tenant, self.destination))
    }
    fn due(&self) -> Option<(DueKind, Timestamp)> {
        self.due.map(|at| (DueKind::Payout, at))
    }
    /// A live payout to a bank waits for the operator's file, or for the bank's report, instead of due work.
    fn gsi3(&self, tenant: Tenant, pk: &str, due_shards: u8) -> Option<(String, String)> {
        let is_filed = tenant.mode.is_live() && self.destination.bank_account().is_some();
        if is_filed {
            let created = sortable(self.created);
            return (!self.status.is_settled())
                .then(|| (filed_partition(self.rail_reference.as_deref()), format!("{created}#{pk}")));
        }
        self.due().map(|(kind, at)| kind.keys(pk, at, due_shards))
    }
    fn money(&self) -> Vec<String> {
        vec![name_of::<Self>(self.id)]
    }
}

impl Entity for LiveRail {
    const CODE: &'static str = "PYR";

    /// There is one for each merchant.
    fn key_id(&self) -> String {
        Self::KEY_ID.to_owned()
    }
    fn version(&self) -> u64 {
        self.version
    }
    fn created(&self) -> Timestamp {
        self.created
    }
    fn listed(&self) -> bool {
        false
    }
}

impl Entity for BankAccount {
    const CODE: &'static str = tollgate_domain::id::BankAccountKind::CODE;

    fields!();
    fn listed(&self) -> bool {
        !self.deleted
    }
}

impl Entity for BankAccountRegister {
    const CODE: &'static str = "BNKS";

    /// There is one for each tenant.
    fn key_id(&self) -> String {
        Self::KEY_ID.to_owned()
    }
    fn version(&self) -> u64 {
        self.version
    }
    fn created(&self) -> Timestamp {
        self.created
    }
    fn listed(&self) -> bool {
        false
    }
}

impl Entity for Transfer {
    const CODE: &'static str = tollgate_domain::id::TransferKind::CODE;

    fields!();
    fn money(&self) -> Vec<String> {
        vec![name_of::<Self>(self.id), name_of::<Payout>(self.payout)]
    }
}

impl Entity for Adjustment {
    const CODE: &'static str = tollgate_domain::id::AdjustmentKind::CODE;

    fields!();
    fn money(&self) -> Vec<String> {
        vec![name_of::<Self>(self.id)]
    }
}

impl Entity for ConnectedAccount {
    const CODE: &'static str = "CNA";

    fields!();
}

impl Entity for BalanceSettings {
    const CODE: &'static str = "BST";

    /// There is one for each tenant.
    fn key_id(&self) -> String {
        Self::KEY_ID.to_owned()
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
    fn due(&self) -> Option<(DueKind, Timestamp)> {
        self.due.map(|at| (DueKind::BalanceSettings, at))
    }
    fn listed(&self) -> bool {
        false
    }
}

impl Entity for Product {
    const CODE: &'static str = tollgate_domain::id::ProductKind::CODE;

    fields!();
    fn listed(&self) -> bool {
        !self.deleted
    }
}

impl Entity for Price {
    const CODE: &'static str = tollgate_domain::id::PriceKind::CODE;

    fields!();
    fn parent(&self, tenant: Tenant) -> Option<String> {
        Some(parent_key(tenant, Product::CODE, &self.terms.product.to_string()))
    }
}

impl Entity for PaymentMethod {
    const CODE: &'static str = tollgate_domain::id::PaymentMethodKind::CODE;

    fields!();
    /// The customer, or the one from which it was detached, whose list does not show it.
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
    fn created(&self) -> Timestamp {
        self.created
    }
    fn parent(&self, tenant: Tenant) -> Option<String> {
        Some(parent_key(tenant, WebhookEndpoint::CODE, &self.endpoint.to_string()))
    }
    fn due(&self) -> Option<(DueKind, Timestamp)> {
        self.due.map(|at| (DueKind::Delivery, at))
    }
    fn gsi3(&self, tenant: Tenant, pk: &str, due_shards: u8) -> Option<(String, String)> {
        if self.held {
            return Some(held_keys(tenant, self.endpoint, self.created, &self.key_id()));
        }
        self.due().map(|(kind, at)| kind.keys(pk, at, due_shards))
    }
    fn listed(&self) -> bool {
        false
    }
    fn expires_after_s() -> Option<i64> {
        Some(EVENT_LIFETIME_S)
    }
}

impl Entity for Backlog {
    const CODE: &'static str = "HLD";
    const IN_EVENTS_TABLE: bool = true;

    fn key_id(&self) -> String {
        self.endpoint.to_string()
    }
    fn version(&self) -> u64 {
        self.version
    }
    fn created(&self) -> Timestamp {
        self.created
    }
    fn due(&self) -> Option<(DueKind, Timestamp)> {
        self.due.map(|at| (DueKind::Backlog, at))
    }
    fn listed(&self) -> bool {
        false
    }
}

impl Entity for ProcessorHealth {
    const CODE: &'static str = "PRH";

    fn key_id(&self) -> String {
        self.processor.as_str().to_owned()
    }
    fn version(&self) -> u64 {
        self.version
    }
    fn created(&self) -> Timestamp {
        self.created
    }
    fn listed(&self) -> bool {
        false
    }
}
