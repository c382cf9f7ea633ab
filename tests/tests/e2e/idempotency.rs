//! Idempotency keys: one resource for each key, however often the request is retried.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use tollgate_domain::{EndpointId, IdempotencyKey, IdempotencyRecord, IdempotencyRecordId};
use tollgate_gateway::{Clock, SystemClock};
use tollgate_tests::{Client, Cloud, Receiver, eventually};

use crate::payment;

#[tokio::test]
async fn a_hundred_concurrent_creates_with_one_key_are_one_payment_and_one_event() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let charges = charges.clone();
        tasks.spawn(
            async move { charges.post_once("/payments", "race", &payment("tok_visa_4242", 4200)).await },
        );
    }
    let answers = tasks.join_all().await;
    let made: Vec<_> = answers.iter().filter(|a| a.status == 201).collect();
    assert!(made.iter().all(|answer| answer.text == made[0].text));
    assert_eq!(made.iter().filter(|answer| answer.header("idempotent-replayed").is_empty()).count(), 1);
    for other in answers.iter().filter(|answer| answer.status != 201) {
        other.charges_error(409, "idempotency_error", "key_in_use", Some("Idempotency-Key"));
    }
    let listed = charges.get("/payments").await.expect(200);
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    // A later payment's event comes after those of the hundred.
    let later = charges.post("/payments", &payment("tok_visa_4242", 777)).await.expect(201);
    let inbox = eventually("the later event", || async {
        let inbox = cloud.inbox().await;
        inbox.iter().any(|w| w["body"]["data"]["object"]["id"] == later["id"]).then_some(inbox)
    })
    .await;
    let id = &listed["data"][0]["id"];
    let events = inbox.iter().filter(|w| &w["body"]["data"]["object"]["id"] == id).count();
    assert_eq!(events, 1);
}

#[tokio::test]
async fn a_replay_is_byte_for_byte_whatever_happened_since() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    let body = payment("tok_visa_4242", 4200);
    let first = charges.post_once("/payments", "order-1", &body).await;
    let id = first.expect(201)["id"].as_str().unwrap().to_owned();
    charges.post("/refunds", &json!({"payment_id": id, "amount": 4200})).await.expect(201);
    let again = charges.post_once("/payments", "order-1", &body).await;
    assert_eq!((again.status.as_u16(), again.header("idempotent-replayed")), (201, "true"));
    assert_eq!(again.text, first.text);
    // The same request spelled otherwise is the same request.
    let spelled = charges
        .request(reqwest::Method::POST, "/payments")
        .header("Idempotency-Key", "order-1")
        .body(r#"{ "source": {"token":"tok_visa_4242","type":"card"}, "currency":"GBP", "amount": 4200 }"#);
    assert_eq!(tollgate_tests::Client::send(spelled).await.text, first.text);
    let other = charges.post_once("/payments", "order-1", &payment("tok_visa_4242", 4201)).await;
    other.charges_error(409, "idempotency_error", "key_reused", Some("Idempotency-Key"));

    let declined = charges.post_once("/payments", "order-2", &payment("tok_visa_0002", 4200)).await;
    declined.expect(402);
    let again = charges.post_once("/payments", "order-2", &payment("tok_visa_0002", 4200)).await;
    assert_eq!((again.status.as_u16(), again.text), (402, declined.text.clone()));
    assert_eq!(charges.get("/payments").await.expect(200)["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn customers_and_refunds_replay_too_and_keys_are_told_apart_by_route() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    let customer = charges.post_once("/customers", "k", &json!({"name": "Ann"})).await;
    let id = customer.expect(201)["id"].as_str().unwrap().to_owned();
    charges
        .patch(&format!("/customers/{id}"), &json!({"name": "Bob", "metadata": {"a": 1}}))
        .await
        .expect(200);
    assert_eq!(charges.post_once("/customers", "k", &json!({"name": "Ann"})).await.text, customer.text);
    let paid = charges.post_once("/payments", "k", &payment("tok_visa_4242", 1000)).await.expect(201);
    let body = json!({"payment_id": paid["id"], "amount": 1000});
    let refund = charges.post_once("/refunds", "k", &body).await;
    refund.expect(201);
    let again = charges.post_once("/refunds", "k", &body).await;
    assert_eq!((again.header("idempotent-replayed"), &again.text), ("true", &refund.text));
    let other = charges.post_once("/refunds", "k", &json!({"payment_id": paid["id"], "amount": 1})).await;
    other.charges_error(409, "idempotency_error", "key_reused", Some("Idempotency-Key"));
    let bad = charges.post_once("/customers", &"x".repeat(256), &json!({})).await;
    bad.charges_error(400, "invalid_request_error", "invalid_idempotency_key", Some("Idempotency-Key"));
    // A header that is not text is refused, not taken for no header: the caller counts on it.
    let garbled = charges
        .request(reqwest::Method::POST, "/customers")
        .header("Idempotency-Key", reqwest::header::HeaderValue::from_bytes(b"k\xe9y").unwrap())
        .json(&json!({}));
    let refused = tollgate_tests::Client::send(garbled).await;
    refused.charges_error(400, "invalid_request_error", "invalid_idempotency_key", Some("Idempotency-Key"));
}

/// A change that is made twice with one key is made once and answered alike; the same key for another one is refused.
async fn is_made_once(client: &Client, path: &str, body: &Value, other: &Value) -> Value {
    static KEYS: AtomicU32 = AtomicU32::new(1);
    let key = format!("key {}", KEYS.fetch_add(1, Ordering::Relaxed));
    let first = client.post_once(path, &key, body).await;
    assert!(first.status.is_success(), "{path}: {}", first.text);
    let second = client.post_once(path, &key, body).await;
    assert_eq!((second.status, &second.text), (first.status, &first.text), "{path}");
    assert_eq!(second.header("idempotent-replayed"), "true", "{path}");
    let refused = client.post_once(path, &key, other).await.expect(400);
    assert_eq!(refused["error"]["type"], "idempotency_error", "{path}: {refused}");
    first.json()
}

#[tokio::test]
async fn every_post_of_intents_takes_a_key() {
    let cloud = Cloud::start().await;
    // More requests than a sandbox merchant has in a minute.
    let intents = cloud.intents().with_key(&cloud.other_merchants_key().await);
    customers_and_payment_methods_are_made_once(&intents).await;
    payments_and_refunds_are_made_once(&intents).await;
    webhooks_are_sent_once(&intents).await;
    keys_are_made_once(&intents).await;
}

fn id(thing: &Value) -> String {
    thing["id"].as_str().unwrap().to_owned()
}

async fn customers_and_payment_methods_are_made_once(intents: &Client) {
    let customer =
        is_made_once(intents, "/customers", &json!({"name": "Ann"}), &json!({"name": "Bob"})).await;
    let customer = id(&customer);
    let path = format!("/customers/{customer}");
    is_made_once(intents, &path, &json!({"name": "Cid", "metadata": {"a": "1"}}), &json!({"name": "Dan"}))
        .await;

    let card = json!({"type": "card", "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"}});
    let mut other = card.clone();
    other["card"]["exp_year"] = json!(2031);
    let method = id(&is_made_once(intents, "/payment_methods", &card, &other).await);
    let at = |tail: &str| format!("/payment_methods/{method}{tail}");
    is_made_once(
        intents,
        &at("/attach"),
        &json!({"customer": customer}),
        &json!({"customer": customer, "expand": ["customer"]}),
    )
    .await;
    let changed = json!({"metadata": {"a": "1"}, "billing_details": {"name": "Ann"}});
    is_made_once(intents, &at(""), &changed, &json!({"metadata": {"a": "2"}})).await;
    let expanding = json!({"expand": ["customer"]});
    is_made_once(intents, &at("/detach"), &json!({}), &expanding).await;
    // A named one of the sandbox is made by its attach, once.
    is_made_once(
        intents,
        "/payment_methods/pm_card_visa/attach",
        &json!({"customer": customer}),
        &json!({"customer": customer, "expand": ["customer"]}),
    )
    .await;
    let attached = intents.get(&format!("{path}/payment_methods")).await.expect(200);
    assert_eq!(attached["data"].as_array().unwrap().len(), 1);
}

async fn payments_and_refunds_are_made_once(intents: &Client) {
    let slow = json!({"type": "card", "card": {"number": "4000000000007726", "exp_month": 12, "exp_year": 2030, "cvc": "123"}});
    let paid = json!({"amount": 3000, "currency": "eur", "confirm": true, "payment_method_data": slow});
    let intent =
        is_made_once(intents, "/payment_intents", &paid, &json!({"amount": 1, "currency": "eur"})).await;
    assert_eq!(intent["status"], "succeeded", "{intent}");
    let refund = id(&is_made_once(
        intents,
        "/refunds",
        &json!({"payment_intent": id(&intent), "amount": 100}),
        &json!({"payment_intent": id(&intent), "amount": 200}),
    )
    .await);
    let at = format!("/refunds/{refund}");
    is_made_once(intents, &at, &json!({"metadata": {"a": "1"}}), &json!({"metadata": {"a": "2"}})).await;
    // Another one, cancelled before the sandbox has settled it.
    let refund = json!({"payment_intent": id(&intent), "amount": 50});
    let refund = intents.post("/refunds", &refund).await.expect(201);
    let cancel = format!("/refunds/{}/cancel", id(&refund));
    let canceled = is_made_once(intents, &cancel, &json!({}), &json!({"expand": ["charge"]})).await;
    assert_eq!(canceled["status"], "canceled");

    let manual = json!({"amount": 2000, "currency": "eur", "capture_method": "manual"});
    let made = is_made_once(
        intents,
        "/payment_intents",
        &json!({"amount": 2000, "currency": "eur", "capture_method": "manual", "metadata": {"n": "2"}}),
        &manual,
    )
    .await;
    assert_eq!(made["status"], "requires_payment_method");
    let at = |tail: &str| format!("/payment_intents/{}{tail}", id(&intent));
    // A second intent's steps, each with its own key.
    let step = |tail: &str| format!("/payment_intents/{}{tail}", id(&made));
    is_made_once(intents, &step(""), &json!({"description": "a"}), &json!({"description": "b"})).await;
    let confirm = json!({"payment_method": "pm_card_visa"});
    is_made_once(intents, &step("/confirm"), &confirm, &json!({"payment_method": "pm_card_mastercard"}))
        .await;
    is_made_once(intents, &step("/capture"), &json!({"amount_to_capture": 500}), &json!({})).await;
    intents.post(&at("/cancel"), &json!({})).await.expect(400);
}

async fn webhooks_are_sent_once(intents: &Client) {
    let receiver = Receiver::start(&[]);
    let hooks = json!({"url": receiver.url, "enabled_events": ["payment_intent.succeeded"]});
    let endpoint = is_made_once(intents, "/webhook_endpoints", &hooks, &json!({"url": receiver.url})).await;
    let at = |tail: &str| format!("/webhook_endpoints/{}{tail}", id(&endpoint));
    is_made_once(intents, &at(""), &json!({"description": "a"}), &json!({"description": "b"})).await;
    let rolled = is_made_once(intents, &at("/roll_secret"), &json!({"expires_in": 60}), &json!({})).await;
    assert_ne!(rolled["secret"], endpoint["secret"]);
    // A test event is sent once, and so is what is sent again.
    let event = intents.post_once(&at("/test"), "t", &json!({})).await;
    let again = intents.post_once(&at("/test"), "t", &json!({})).await;
    assert_eq!((event.status.as_u16(), &event.text), (200, &again.text));
    receiver.wait_for(1).await;
    let event = format!("/events/{}/retry", id(&event.json()));
    let only = json!({"webhook_endpoint": id(&endpoint)});
    let retried = eventually("it is delivered, and so can be delivered again", || async {
        let list = intents.get(&at("/deliveries")).await.expect(200);
        (list["data"][0]["status"] == "succeeded").then_some(())
    });
    retried.await;
    is_made_once(intents, &event, &only, &json!({})).await;
    is_made_once(intents, &at("/recover"), &json!({"since": 0}), &json!({"since": 1})).await;
    // The test event twice, and the two payments of before, which the endpoint had never got.
    assert_eq!(receiver.wait_for(4).await.len(), 4);
}

async fn keys_are_made_once(intents: &Client) {
    // The text of a key is worked out anew; it is not stored, and works.
    let key = is_made_once(intents, "/api_keys", &json!({}), &json!({"type": "publishable"})).await;
    intents.with_key(key["secret"].as_str().unwrap()).get("/account").await.expect(200);
    let path = format!("/api_keys/{}/roll", id(&key));
    let rolled = is_made_once(intents, &path, &json!({}), &json!({"expires_in": 1})).await;
    intents.with_key(rolled["secret"].as_str().unwrap()).get("/account").await.expect(200);
    let keys = intents.get("/api_keys").await.expect(200);
    assert_eq!(keys["data"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_retried_confirm_leaves_one_payment_method() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let body = json!({"amount": 2000, "currency": "eur"});
    let made = intents.post("/payment_intents", &body).await.expect(201);
    let path = format!("/payment_intents/{}/confirm", made["id"].as_str().unwrap());
    let body = json!({"payment_method": "pm_card_visa"});
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (intents, path, body) = (intents.clone(), path.clone(), body.clone());
        tasks.spawn(async move { intents.post_once(&path, "race", &body).await.expect(200) });
    }
    let answers = tasks.join_all().await;
    let first = &answers[0]["payment_method"];
    assert!(first.is_string() && answers.iter().all(|answer| &answer["payment_method"] == first));
}

#[tokio::test]
async fn a_key_whose_request_still_runs_is_in_use_and_one_that_died_is_taken_over() {
    let cloud = Cloud::start().await;
    let (intents, receiver) = (cloud.intents(), Receiver::start(&[]));
    let hooks = json!({"url": receiver.url, "enabled_events": ["payment_intent.*"]});
    let endpoint = intents.post("/webhook_endpoints", &hooks).await.expect(201);
    let id = endpoint["id"].as_str().unwrap();
    let path = format!("/webhook_endpoints/{id}/recover");
    let body = json!({"since": 0});
    let first = intents.post_once(&path, "k", &body).await.expect(200);
    // The record that a request leaves which has not ended yet.
    let (store, tenant) = (cloud.store(), cloud.demo_scope());
    let endpoint_id = EndpointId::parse("we_", id).unwrap();
    let key = IdempotencyKey::parse("k").unwrap();
    let run: IdempotencyRecordId =
        key.derive_id(tenant, &format!("intents/webhook_endpoints/{endpoint_id}/recover"));
    let ended: IdempotencyRecord = store.get(tenant, &run.to_string()).await.unwrap().unwrap();
    let running = |before: &IdempotencyRecord, until| IdempotencyRecord {
        version: before.version + 1,
        answer: None,
        until,
        ..before.clone()
    };
    let now = SystemClock.now();
    let running_now = running(&ended, now.plus_ms(60_000));
    assert_eq!(store.replace(tenant, &running_now).await.unwrap(), tollgate_store::Replaced::Done);
    let refused = intents.post_once(&path, "k", &body).await.expect(409);
    assert_eq!(
        (&refused["error"]["type"], &refused["error"]["code"]),
        (&json!("idempotency_error"), &json!("idempotency_key_in_use"))
    );
    let other = intents.post_once(&path, "k", &json!({"since": 1})).await.expect(400);
    assert_eq!(other["error"]["type"], "idempotency_error");
    assert_eq!(
        store.replace(tenant, &running(&running_now, now)).await.unwrap(),
        tollgate_store::Replaced::Done
    );
    let done = intents.post_once(&path, "k", &body).await;
    assert_eq!((done.expect(200), done.header("idempotent-replayed")), (first, ""));
    let replayed = intents.post_once(&path, "k", &body).await;
    assert_eq!(replayed.header("idempotent-replayed"), "true");
}

#[tokio::test]
async fn an_event_tells_the_key_of_the_request_that_caused_it() {
    let cloud = Cloud::start().await;
    let (intents, receiver) = (cloud.intents(), Receiver::start(&[]));
    let hooks =
        json!({"url": receiver.url, "enabled_events": ["payment_intent.succeeded", "charge.refunded"]});
    intents.post("/webhook_endpoints", &hooks).await.expect(201);
    let paid = json!({"amount": 1000, "currency": "eur", "payment_method": "pm_card_visa", "confirm": true});
    let answer = intents.post_once("/payment_intents", "order 7", &paid).await;
    let told = receiver.wait_for(1).await.remove(0).json();
    assert_eq!(told["request"], json!({"id": answer.header("x-request-id"), "idempotency_key": "order 7"}));
    let refund = json!({"payment_intent": answer.expect(201)["id"]});
    let answer = intents.post("/refunds", &refund).await;
    answer.expect(201);
    let told = receiver.wait_for(2).await.remove(1).json();
    assert_eq!(told["request"], json!({"id": answer.header("x-request-id"), "idempotency_key": null}));
}
