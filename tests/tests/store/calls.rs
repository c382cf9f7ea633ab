//! What the store sends: every call is counted, and what met another transaction is sent again.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, HeaderValue, Response, StatusCode},
};
use serde_json::{Value, json};
use tollgate_domain::{Delivery, Permission, ProcessorKind, Tier, delivery::AttemptRecord};
use tollgate_store::{KeyQuery, Merchant, ProcessorAccount};

use super::*;

/// Stands between a store and its tables: notes every call and answers some itself.
#[derive(Clone)]
struct Between {
    tables: String,
    /// The operations that came, each with whether it asked for the capacity it consumed.
    seen: Arc<Mutex<Vec<(String, bool)>>>,
    /// What the next calls of an operation are answered with.
    faults: Arc<Mutex<VecDeque<(&'static str, Value)>>>,
}

impl Between {
    async fn open(tables: &str) -> (Self, Writer) {
        let between = Self { tables: tables.to_owned(), seen: Arc::default(), faults: Arc::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(between.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (between, store_at(&url))
    }

    /// Fails the next calls of an operation, one for each of these answers.
    fn fail(&self, operation: &'static str, answers: impl IntoIterator<Item = Value>) {
        let answers = answers.into_iter().map(|answer| (operation, answer));
        self.faults.lock().unwrap().extend(answers);
    }

    fn seen(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        seen.iter().map(|(operation, _)| operation.clone()).collect()
    }

    fn next_fault(&self, operation: &str) -> Option<Value> {
        let mut faults = self.faults.lock().unwrap();
        if faults.front().is_some_and(|(of, _)| *of == operation) {
            faults.pop_front().map(|(_, answer)| answer)
        } else {
            None
        }
    }
}

async fn answer(State(between): State<Between>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let target = headers["x-amz-target"].to_str().unwrap().to_owned();
    let operation = target.rsplit('.').next().unwrap().to_owned();
    let sent: Value = serde_json::from_slice(&body).unwrap();
    let asked = sent["ReturnConsumedCapacity"] == "TOTAL";
    between.seen.lock().unwrap().push((operation.clone(), asked));
    let (status, text) = if let Some(fault) = between.next_fault(&operation) {
        (StatusCode::BAD_REQUEST, fault.to_string())
    } else {
        let client = reqwest::Client::new().post(&between.tables);
        let answered = client.headers(headers).body(body).send().await.unwrap();
        (answered.status(), answered.text().await.unwrap())
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/x-amz-json-1.0"));
    response
}

fn exception(name: &str) -> Value {
    json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{name}"), "message": "said the test"})
}

fn canceled(codes: [&str; 2]) -> Value {
    let mut fault = exception("TransactionCanceledException");
    fault["CancellationReasons"] = codes.iter().map(|code| json!({"Code": code})).collect();
    fault
}

#[tokio::test]
async fn a_write_that_meets_another_transaction_is_sent_again() {
    let opened = open().await;
    let (between, store) = Between::open(&opened.url).await;
    let paid = payment(1, Outcome::Approved, NOW);
    between.fail("PutItem", vec![exception("TransactionConflictException"); 3]);
    assert_eq!(store.create(tenant(1), &paid).await.unwrap(), Put::Created);

    let hash = key(&opened.store).await;
    between.fail("UpdateItem", vec![exception("TransactionConflictException"); 2]);
    let metered = store.key_meter().meter_key(&hash, FrontDoor::Charges, NOW).await.unwrap().accepted();
    assert_eq!(metered.unwrap().counted.counts[0].1, 1);

    between.fail(
        "TransactWriteItems",
        [
            canceled(["None", "TransactionConflict"]),
            canceled(["TransactionConflict", "ConditionalCheckFailed"]),
            canceled(["ThrottlingError", "None"]),
            canceled(["None", "ProvisionedThroughputExceeded"]),
        ],
    );
    let made = refund(1, &paid, 600, RefundOutcome::Succeeded);
    assert_eq!(store.create_refund(tenant(1), &made, &paid).await.unwrap(), RefundPut::Created);
    assert_eq!(read(&store, tenant(1), paid.id).await.amount_refunded, 600);
    let mut expected = vec!["PutItem"; 4];
    expected.extend(["UpdateItem"; 3]);
    expected.extend(["TransactWriteItems"; 5]);
    expected.push("GetItem");
    assert_eq!(between.seen(), expected);
    assert_eq!(store.meter().cost().operations, expected, "every try is counted");
}

#[tokio::test]
async fn conflicts_without_end_are_given_up() {
    let opened = open().await;
    let (between, store) = Between::open(&opened.url).await;
    between.fail("PutItem", vec![exception("TransactionConflictException"); 1000]);
    let failed = store.create(tenant(1), &payment(1, Outcome::Approved, NOW)).await.unwrap_err();
    assert!(matches!(failed, StoreError::Contended { .. }), "{failed}");
    assert!(between.seen().len() < 100);
}

#[tokio::test]
async fn a_refused_transaction_is_no_conflict() {
    let opened = open().await;
    let (between, store) = Between::open(&opened.url).await;
    let paid = payment(1, Outcome::Approved, NOW);
    let made = refund(1, &paid, 600, RefundOutcome::Succeeded);
    between.fail("TransactWriteItems", [canceled(["None", "ConditionalCheckFailed"])]);
    assert_eq!(store.create_refund(tenant(1), &made, &paid).await.unwrap(), RefundPut::PaymentChanged(None));
    between.fail("TransactWriteItems", [canceled(["None", "ValidationError"])]);
    let failed = store.create_refund(tenant(1), &made, &paid).await.unwrap_err();
    assert!(matches!(failed, StoreError::Aws { .. }), "{failed}");
    assert_eq!(between.seen().len(), 2);
}

#[tokio::test]
async fn a_refused_write_is_counted_with_what_it_consumes() {
    let opened = open().await;
    let paid = payment(1, Outcome::Approved, NOW);
    let other = Payment { request: "req_other".into(), description: Some("x".repeat(2500)), ..paid.clone() };
    assert_eq!(opened.store.create(tenant(1), &other).await.unwrap(), Put::Created);
    let store = opened.store.metered();
    assert_eq!(store.create(tenant(1), &paid).await.unwrap(), Put::Exists(other.clone()));
    // The size of the item that is there counts, not that of the one that was refused.
    let cost = store.meter().cost();
    assert_eq!((cost.operations, cost.write_units), (vec!["PutItem"], 3.0));
    let unknown = KeyHash::of("sk_test_unknown");
    let store = opened.store.metered();
    let metered = store.key_meter().meter_key(&unknown, FrontDoor::Charges, NOW).await.unwrap().accepted();
    assert!(metered.is_none());
    let cost = store.meter().cost();
    assert_eq!((cost.operations, cost.write_units), (vec!["UpdateItem"], 1.0));
}

/// Calls every function that concerns merchants and keys.
async fn use_accounts(store: &Writer) {
    let tenant = tenant(1);
    let merchant =
        Merchant { id: tenant.merchant, name: "A".into(), contract: Tier::Growth.into(), created: NOW };
    store.warm_up().await;
    assert_eq!(store.create_merchant(&merchant).await.unwrap(), Put::Created);
    assert_eq!(store.create_merchant(&merchant).await.unwrap(), Put::Created, "sent again");
    let other = Merchant { name: "B".into(), ..merchant.clone() };
    assert_eq!(store.create_merchant(&other).await.unwrap(), Put::Exists(()));
    assert_eq!(store.get_merchant(merchant.id).await.unwrap(), Some(merchant.clone()));
    for tier in [Tier::Sandbox, Tier::Growth] {
        let changed = store.set_merchant_contract(merchant.id, tier.into()).await.unwrap();
        assert_eq!(changed, Changed::Done);
    }

    let hash = key(store).await;
    assert!(store.find_key(&hash, NOW).await.unwrap().is_some());
    let metered = store.key_meter().meter_key(&hash, FrontDoor::Charges, NOW).await.unwrap().accepted();
    store.key_meter().give_token_back(&metered.unwrap().counted.token).await.unwrap();
    store.key_meter().meter_merchant(tenant, FrontDoor::Direct, NOW).await.unwrap();
    let query = KeyQuery { tenant, from: None, limit: 10, offset: 0 };
    assert_eq!(store.list_keys(query).await.unwrap().items.len(), 1);
    assert_eq!(store.all_keys(merchant.id).await.unwrap().len(), 1);
    let set = store.set_contract(merchant.id, Tier::Sandbox.into()).await;
    assert_eq!(set.unwrap(), 1);
    let id = KeyId::from_bytes(bytes(1));
    let (hash, key) = store.key_by_id(merchant.id, id).await.unwrap().unwrap();
    assert_eq!(store.key_of_hash(&hash).await.unwrap(), Some(key.clone()));
    let ends_at = NOW.plus_ms(1000);
    for changed in [
        store.set_contract_of_key(&hash, Tier::Growth.into()).await.unwrap(),
        store.set_key_scopes(&hash, Permission::ALL).await.unwrap(),
        store.expire_key(&hash, &key, ends_at, NOW).await.unwrap(),
        store.revoke_key(&hash, &key, NOW).await.unwrap(),
    ] {
        assert_eq!(changed, Changed::Done);
    }

    let account = ProcessorAccount {
        processor: ProcessorKind::CyberSource,
        base_url: "http://127.0.0.1:1".into(),
        merchant_id: "m".into(),
        key_id: None,
        secret: "s".into(),
        created: NOW,
        former: false,
    };
    store.put_processor_account(tenant, &account).await.unwrap();
    let found = store.get_processor_account(tenant, ProcessorKind::CyberSource).await.unwrap();
    assert_eq!(found.as_ref(), Some(&account));
    let former = ProcessorAccount { former: true, ..account };
    store.put_processor_account(tenant, &former).await.unwrap();
    let found = store.get_former_processor_account(tenant, ProcessorKind::CyberSource, "m").await;
    assert_eq!(found.unwrap(), Some(former));
}

/// Calls every function that concerns what merchants own.
async fn use_resources(store: &Writer) {
    let tenant = tenant(1);
    let paid = payment(1, Outcome::Approved, NOW);
    assert_eq!(store.create(tenant, &paid).await.unwrap(), Put::Created);
    let pending = refund(1, &paid, 600, RefundOutcome::Pending { ask_at: NOW });
    assert_eq!(store.create_refund(tenant, &pending, &paid).await.unwrap(), RefundPut::Created);
    assert_eq!(due(store, DueKind::Refund, NOW).await.len(), 1);
    for (outcome, request) in [(RefundOutcome::Failed, "req_failed"), (RefundOutcome::Succeeded, "req_late")]
    {
        let settled = pending.settle(outcome, NOW, &request.into()).unwrap();
        let replaced = store.settle_refund(tenant, &settled).await.unwrap();
        assert_eq!(
            matches!(replaced, Replaced::Done),
            settled.status == tollgate_domain::refund::RefundStatus::Failed
        );
    }
    let ids = [paid.id.to_string(), "unknown".to_owned()];
    assert_eq!(store.get_many::<Payment>(tenant, &ids).await.unwrap().len(), 1);
    let query = ListQuery::new(5).of_payment(tenant, paid.id);
    let refunds = store.list::<Refund>(tenant, &query, None).await.unwrap();
    assert_eq!(refunds.items.len(), 1);

    let (event, endpoint) =
        (tollgate_domain::EventId::from_bytes(bytes(1)), tollgate_domain::EndpointId::from_bytes(bytes(1)));
    let delivery = Delivery::new(event, endpoint, NOW);
    assert_eq!(store.create(tenant, &delivery).await.unwrap(), Put::Created);
    let attempt = AttemptRecord {
        number: 1,
        at: NOW,
        duration_ms: 5,
        status: Some(200),
        response: String::new(),
        error: None,
    };
    store.put_attempt(tenant, &delivery, &attempt, NOW.s()).await.unwrap();
    assert_eq!(store.list_attempts(tenant, event, endpoint).await.unwrap(), [attempt]);
}

#[tokio::test]
async fn every_call_is_counted() {
    let opened = open().await;
    let (between, store) = Between::open(&opened.url).await;
    use_accounts(&store).await;
    use_resources(&store).await;
    let seen = between.seen.lock().unwrap().clone();
    let unasked: Vec<_> = seen.iter().filter(|(_, asked)| !asked).collect();
    assert_eq!(unasked, Vec::<&(String, bool)>::new());
    let seen: Vec<String> = seen.into_iter().map(|(operation, _)| operation).collect();
    let cost = store.meter().cost();
    assert_eq!(cost.operations, seen);
    assert_eq!(cost.depth, seen.len(), "one after the other");
    for operation in ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "TransactWriteItems"] {
        assert!(seen.iter().any(|seen| seen == operation), "{operation}");
    }
}
