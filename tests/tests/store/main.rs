//! The store's access patterns on the templates' own tables, in the embedded DynamoDB or in Amazon's DynamoDB Local.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bank_accounts;
mod calls;
mod copies;
mod customers;
mod differences;
mod due_work;
mod erasure;
mod faults;
mod formats;
mod keys;
mod lag;
mod ledger;
mod ledger_check;
mod ledger_moves;
mod orders;
mod payments;
mod payouts;
mod prices;
mod rate_limit;
mod refunds;

use std::sync::Arc;

use tokio::sync::watch;
use tollgate_domain::{
    Currency, Customer, CustomerId, FrontDoor, KeyId, MerchantId, Metadata, Mode, Money, Payment, PaymentId,
    Refund, RefundId, Replayable, Source, Tenant, Timestamp,
    customer::Profile,
    payment::{Command, NewPayment, Outcome, Status},
    rate_limit::{BUCKET_S, BUCKETS, RateLimitStatus},
    refund::{NewRefund, RefundOutcome},
    source::{Brand, Card, Instrument},
};
use tollgate_local::{
    dynamodb::DynamoDb,
    dynamodb_faults::{self, Faults, Replica},
    template,
};
use tollgate_store::{
    AwsEnvironment, Changed, Claim, CustomerWrite, DueKind, KeyHash, KeyPut, ListQuery, Ownership, Put,
    RefundPut, Replaced, StoreError, Tables, Writer,
};
use tollgate_tests::{due_work::due, dynamodb};

const NOW: Timestamp = Timestamp::from_s(1_736_720_000);

/// A database with the templates' tables: the embedded one, or one of Amazon's (see [`dynamodb::amazons`]).
struct Opened {
    store: Writer,
    url: String,
    _embedded: Option<Embedded>,
}

/// An embedded database behind an endpoint that can fail, and that refuses what DynamoDB refuses.
struct Embedded {
    /// The endpoint.
    url: String,
    faults: Arc<Faults>,
    dynamodb: Arc<DynamoDb>,
    /// The database's own endpoint, which does not fail.
    tables_url: String,
    folder: tempfile::TempDir,
    stop: watch::Sender<bool>,
}

fn tables() -> Vec<template::Table> {
    let setting = template::Setting {
        front_url: String::new(),
        sqs_url: String::new(),
        parameters: Vec::new(),
        secret: &|_, _| Ok(String::new()),
    };
    let template = tollgate_tests::root().join("template.yaml");
    template::load(&template, &setting).unwrap().tables
}

async fn open() -> Opened {
    if let Some(amazons) = dynamodb::amazons() {
        return open_amazons(&amazons).await;
    }
    let embedded = Embedded::open().await;
    Opened { store: store_at(&embedded.url), url: embedded.url.clone(), _embedded: Some(embedded) }
}

async fn listen() -> (tokio::net::TcpListener, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

impl Embedded {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dynamodb = DynamoDb::open(&folder.path().join("dynamodb.db"), &tables()).unwrap();
        let (listener, tables_url) = listen().await;
        let (stop, stopped) = watch::channel(false);
        dynamodb.serve(listener, stopped);
        let faults = Arc::new(Faults::default());
        let url = Self::serve(dynamodb_faults::router(&tables_url, faults.clone(), None)).await;
        Self { url, faults, dynamodb, tables_url, folder, stop }
    }

    async fn serve(routes: axum::Router) -> String {
        let (listener, url) = listen().await;
        tokio::spawn(async move { axum::serve(listener, routes).await });
        url
    }
}

async fn open_amazons(amazons: &str) -> Opened {
    let url = dynamodb::own_database(amazons).await;
    for table in tables() {
        dynamodb::ask(&url, "CreateTable", &table.definition).await;
        if let Some(attribute) = &table.ttl_attribute {
            let ttl = serde_json::json!({
                "TableName": table.name,
                "TimeToLiveSpecification": {"Enabled": true, "AttributeName": attribute},
            });
            dynamodb::ask(&url, "UpdateTimeToLive", &ttl).await;
        }
    }
    Opened { store: store_at(&url), url, _embedded: None }
}

fn store_at(url: &str) -> Writer {
    store_in(&AwsEnvironment::emulated(url, url))
}

fn store_in(environment: &AwsEnvironment) -> Writer {
    Writer::open(environment, Tables::of_stack("tollgate"))
}

fn bytes(n: u32) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&n.to_be_bytes());
    bytes
}

fn tenant(n: u32) -> Tenant {
    Tenant { merchant: MerchantId::from_bytes(bytes(n)), mode: Mode::Test }
}

fn payment(n: u32, outcome: Outcome, created: Timestamp) -> Payment {
    let new = NewPayment {
        id: PaymentId::from_bytes(bytes(n)),
        front_door: FrontDoor::Charges,
        request: format!("req_{n}").into(),
        amount: Money { minor: 1000, currency: Currency::from_code("GBP").unwrap() },
        source: Some(Source::Card(Card {
            brand: Brand::Visa,
            last4: "4242".into(),
            exp_month: 12,
            exp_year: 2030,
            wallet: None,
        })),
        instrument: Some(Instrument("sandbox/succeeds".into())),
        customer: None,
        description: None,
        metadata: Metadata::default(),
        fingerprint: None,
    };
    Payment::create(new, outcome, created)
}

fn refund(n: u32, of: &Payment, minor: i64, outcome: RefundOutcome) -> Refund {
    let new = NewRefund {
        id: RefundId::from_bytes(bytes(n)),
        front_door: FrontDoor::Charges,
        request: format!("req_refund_{n}").into(),
        payment: of.id,
        amount: Money { minor, ..of.amount },
        reason: None,
        metadata: Metadata::default(),
        by_processor: false,
        fingerprint: None,
    };
    Refund::create(new, outcome, NOW)
}

async fn read(store: &Writer, tenant: Tenant, id: PaymentId) -> Payment {
    store.get(tenant, &id.to_string()).await.unwrap().unwrap()
}

/// A clock that a test sets.
struct SetClock(Timestamp);

impl tollgate_gateway::Clock for SetClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

async fn key(store: &Writer) -> KeyHash {
    let mut new = keys::new_key(tenant(1), 1);
    new.hash = KeyHash::of("sk_test_x");
    new.key.expires_at = Some(NOW.plus_ms(3_600_000));
    assert_eq!(store.create_key(&new, NOW).await.unwrap(), KeyPut::Created);
    let again = store.create_key(&new, NOW).await.unwrap();
    assert_eq!(again, KeyPut::Exists(Box::new(new.key)));
    new.hash
}
