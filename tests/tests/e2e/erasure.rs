//! Erasing a customer completely, even when the erasure is interrupted.

use serde_json::json;
use tollgate_domain::{Customer, CustomerId, Payment, PaymentMethod, PaymentMethodId, Timestamp};
use tollgate_store::{ListQuery, Replaced};
use tollgate_tests::{Cloud, Receiver, eventually};

const ADDRESS: &str = "secret.person@example.com";

async fn customer(cloud: &Cloud) -> CustomerId {
    let body = json!({"email": ADDRESS, "name": "Secret Person", "metadata": {"note": "Secret"}});
    let made = cloud.charges().post_once("/customers", "made", &body).await.expect(201);
    CustomerId::parse("cus_", made["id"].as_str().unwrap()).unwrap()
}

/// A payment method with the customer's data, attached and changed with a key, so that answers about it are kept.
async fn method(cloud: &Cloud, customer: CustomerId) -> PaymentMethodId {
    let intents = cloud.intents();
    let details = json!({"email": ADDRESS, "name": "Secret Person"});
    let card = json!({"number": "4242424242424242", "exp_month": 12, "exp_year": 2030});
    let body = json!({"type": "card", "card": card, "billing_details": details});
    let made = intents.post("/payment_methods", &body).await.expect(201);
    let id = made["id"].as_str().unwrap();
    let to = json!({"customer": customer.to_prefixed("cus_")});
    intents.post_once(&format!("/payment_methods/{id}/attach"), id, &to).await.expect(200);
    PaymentMethodId::parse("pm_", id).unwrap()
}

async fn stored<E: tollgate_store::Entity>(cloud: &Cloud, id: impl ToString) -> E {
    let found = cloud.store().get(cloud.demo_scope(), &id.to_string()).await;
    found.unwrap().unwrap()
}

#[track_caller]
fn tells_nothing(thing: &impl serde::Serialize) {
    // Every intent has that field.
    let text = serde_json::to_string(thing).unwrap().replace("client_secret", "").replace("_secret_", "");
    for personal in ["ecret", ADDRESS] {
        assert!(!text.contains(personal), "{text}");
    }
}

async fn is_erased(cloud: &Cloud, methods: &[PaymentMethodId]) -> bool {
    for id in methods {
        let method: PaymentMethod = stored(cloud, id).await;
        if !method.detached || method.customer.is_some() || method.detached_from.is_some() {
            return false;
        }
        tells_nothing(&method);
        assert_eq!(method.fingerprint, None);
    }
    true
}

/// What is left when a function dies right after its first write.
pub(crate) async fn delete_half(cloud: &Cloud, id: CustomerId, look_again_at: Timestamp) {
    let before: Customer = stored(cloud, id).await;
    let erased = before.erased(before.updated, look_again_at, &"req_died".into());
    let written = cloud.store().replace(cloud.demo_scope(), &erased).await.unwrap();
    assert_eq!(written, Replaced::Done);
}

/// A payment of the customer that says whatever a payment may say of a person; gives its id.
async fn telling_payment(cloud: &Cloud, customer: CustomerId, method: PaymentMethodId) -> String {
    let address = json!({"line1": "1 Secret Street", "city": "Secretville"});
    let body = json!({
        "amount": 2000, "currency": "eur", "confirm": true, "receipt_email": ADDRESS,
        "customer": customer.to_prefixed("cus_"), "payment_method": method.to_prefixed("pm_"),
        "shipping": {"name": "Secret Person", "phone": "+44 secret", "address": address},
        "mandate_data": {"customer_acceptance": {"type": "online", "online": {"user_agent": "Secret browser"}}},
    });
    let made = cloud.intents().post_once("/payment_intents", "told", &body).await.expect(201);
    let charge = format!("/charges/{}", made["latest_charge"].as_str().unwrap());
    let sent = json!({"metadata": {"sent": "yes"}});
    let shown = cloud.intents().post_once(&charge, "sent", &sent).await.expect(200);
    assert_eq!(shown["billing_details"]["name"], "Secret Person");
    made["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_payments_say_of_an_erased_customer_goes_with_it() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let id = customer(&cloud).await;
    let method = method(&cloud, id).await;
    let payment = telling_payment(&cloud, id, method).await;
    let of_payment = format!("/events?related_object={payment}");
    eventually("the payment's events", || async {
        let list = intents.get(&of_payment).await.expect(200);
        let types: Vec<_> =
            list["data"].as_array().unwrap().iter().map(|event| event["type"].clone()).collect();
        (types.len() == 4 && types[0] == "charge.updated").then_some(())
    })
    .await;
    intents.delete(&format!("/customers/{}", id.to_prefixed("cus_"))).await.expect(200);
    let stored_payment: Payment = stored(&cloud, payment.trim_start_matches("pi_")).await;
    tells_nothing(&stored_payment);
    assert_eq!((stored_payment.fingerprint, stored_payment.customer), (None, Some(id)));
    tells_nothing(&intents.get(&of_payment).await.expect(200));
    tells_nothing(&intents.get(&format!("/payment_intents/{payment}")).await.expect(200));
    let charge = payment.replace("pi_", "ch_");
    assert_eq!(intents.get(&format!("/charges/{charge}")).await.expect(200)["shipping"], json!(null));
}

#[tokio::test]
async fn nothing_is_left_of_an_erased_customer() {
    let cloud = Cloud::start().await;
    let (charges, intents) = (cloud.charges(), cloud.intents());
    let id = customer(&cloud).await;
    let path = format!("/customers/{}", id.to_prefixed("cus_"));
    charges.patch(&path, &json!({"phone": "+44 1"})).await.expect(200);
    let (kept, detached) = (method(&cloud, id).await, method(&cloud, id).await);
    let detach = format!("/payment_methods/{}/detach", detached.to_prefixed("pm_"));
    intents.post(&detach, &json!({})).await.expect(200);
    let listed = intents.get(&format!("{path}/payment_methods")).await.expect(200);
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);

    charges.delete(&path).await.expect(204);
    assert!(is_erased(&cloud, &[kept, detached]).await);
    let tombstone: Customer = stored(&cloud, id).await;
    tells_nothing(&tombstone);
    assert_eq!(tombstone.fingerprint, None);
    let store = cloud.store();
    assert_eq!(store.address_owner(cloud.demo_scope(), ADDRESS).await.unwrap(), None);
    // It is told once, and a retry of its create has nothing to repeat.
    charges.delete(&path).await.expect(404);
    let again = charges.post_once("/customers", "made", &json!({"email": ADDRESS})).await;
    again.expect(404);
    let deleted = async || {
        let events = intents.get("/events?type=customer.deleted").await.expect(200);
        events["data"].as_array().unwrap().len()
    };
    eventually("the event", || async { (deleted().await == 1).then_some(()) }).await;
    // The look that is due finds nothing, and the erasure ends; nobody is told of that.
    let due = tombstone.with_erasure(
        tombstone.erasure.map(|erasure| tollgate_domain::customer::Erasure {
            look_again_at: tombstone.updated,
            ..erasure
        }),
        &"req_due".into(),
    );
    assert_eq!(store.replace(cloud.demo_scope(), &due).await.unwrap(), Replaced::Done);
    eventually("the end of the erasure", || async {
        let customer: Customer = stored(&cloud, id).await;
        customer.erasure.is_none().then_some(())
    })
    .await;
    assert_eq!(deleted().await, 1);
}

#[tokio::test]
async fn an_erasure_that_died_half_way_is_finished_by_a_retry() {
    let cloud = Cloud::start().await;
    let id = customer(&cloud).await;
    let methods = [method(&cloud, id).await, method(&cloud, id).await];
    let far = Timestamp::from_s(4_000_000_000);
    delete_half(&cloud, id, far).await;
    assert!(!is_erased(&cloud, &methods[..1]).await);
    let path = format!("/customers/{}", id.to_prefixed("cus_"));
    cloud.intents().delete(&path).await.expect(200);
    assert!(is_erased(&cloud, &methods).await);
    cloud.intents().delete(&path).await.expect(404);
}

#[tokio::test]
async fn an_erasure_that_died_half_way_is_finished_by_due_work() {
    let cloud = Cloud::start().await;
    let id = customer(&cloud).await;
    let methods = [method(&cloud, id).await, method(&cloud, id).await];
    let before: Customer = stored(&cloud, id).await;
    delete_half(&cloud, id, before.updated).await;
    eventually("the payment methods are erased", || async {
        is_erased(&cloud, &methods).await.then_some(())
    })
    .await;
    eventually("the erasure is complete", || async {
        let customer: Customer = stored(&cloud, id).await;
        let erasure = customer.erasure?;
        erasure.complete.then_some(())
    })
    .await;
}

#[tokio::test]
async fn every_payment_method_is_erased_however_many() {
    let cloud = Cloud::start().await;
    let id = customer(&cloud).await;
    let first: PaymentMethod = stored(&cloud, method(&cloud, id).await).await;
    let (store, tenant) = (cloud.store(), cloud.demo_scope());
    for n in 0..230_u128 {
        let method = PaymentMethod {
            allow_redisplay: None,
            id: PaymentMethodId::from_bytes((n + 1).to_be_bytes()),
            version: 1,
            ..first.clone()
        };
        let put = store.create(tenant, &method).await.unwrap();
        assert_eq!(put, tollgate_store::Put::Created);
    }
    let path = format!("/customers/{}", id.to_prefixed("cus_"));
    cloud.charges().delete(&path).await.expect(204);
    // A request erases a page of them; due work the others.
    let left = ListQuery::new(10).of_customer(tenant, id);
    eventually("all are erased", || async {
        let left = store.list::<PaymentMethod>(tenant, &left, None).await.unwrap();
        left.items.is_empty().then_some(())
    })
    .await;
    let last = PaymentMethodId::from_bytes(1_u128.to_be_bytes());
    assert!(is_erased(&cloud, &[first.id, last]).await);
}

fn tells_of_a_person(text: &str) -> bool {
    let personal = ["Secret Person", ADDRESS, "another.secret", "1 secret"];
    personal.iter().any(|personal| text.contains(personal))
}

/// What is told of a person anywhere in the tables.
async fn told_anywhere(cloud: &Cloud) -> Vec<String> {
    let tables = tollgate_tests::release::scan(cloud).await;
    let items = tables.as_object().unwrap().values();
    let items = items.flat_map(|items| items.as_array().unwrap());
    items.map(ToString::to_string).filter(|item| tells_of_a_person(item)).collect()
}

/// Changes a customer and pays as it with an intent, a bank transfer and a raw card; gives the paths of the intent and the
/// transfer.
async fn pay_everywhere(cloud: &Cloud, id: CustomerId) -> (String, String) {
    let (charges, intents) = (cloud.charges(), cloud.intents());
    let path = format!("/customers/{}", id.to_prefixed("cus_"));
    charges.patch(&path, &json!({"phone": "+44 1 secret"})).await.expect(200);
    method(cloud, id).await;
    let intent = json!({"amount": 1000, "currency": "eur", "customer": id.to_prefixed("cus_"), "receipt_email": ADDRESS,
        "payment_method": "pm_card_visa"});
    let intent = intents.post_once("/payment_intents", "i", &intent).await.expect(201);
    let intent = format!("/payment_intents/{}", intent["id"].as_str().unwrap());
    let changed = json!({"receipt_email": "another.secret@example.com"});
    intents.post_once(&intent, "c", &changed).await.expect(200);
    intents.post(&format!("{intent}/confirm"), &json!({})).await.expect(200);
    let bank = json!({"amount": 5000, "currency": "GBP", "customer_id": id.to_prefixed("cus_"), "source": {"type": "bank_transfer",
        "bank_account": {"account_number": "12345678", "sort_code": "12-34-56", "account_holder_name": "Secret Person"}}});
    let bank = charges.post_once("/payments", "b", &bank).await.expect(201);
    let bank = format!("/payments/{}", bank["id"].as_str().unwrap());
    let direct = json!({"amount": 1000, "currency": "USD", "payment_method": "card", "customer": {"email": ADDRESS},
        "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"}});
    cloud.client("direct").post_once("/payments", "d", &direct).await.expect(200);
    (intent, bank)
}

#[tokio::test]
async fn payments_and_stored_events_tell_nothing_of_an_erased_customer() {
    let cloud = Cloud::start().await;
    let (charges, intents) = (cloud.charges(), cloud.intents());
    let receiver = Receiver::start(&[]);
    let endpoint = json!({"url": receiver.url, "enabled_events": ["customer.created", "customer.updated"]});
    let endpoint = intents.post("/webhook_endpoints", &endpoint).await.expect(201);
    let id = customer(&cloud).await;
    let path = format!("/customers/{}", id.to_prefixed("cus_"));
    let (intent, bank) = pay_everywhere(&cloud, id).await;
    // Everything is published and the bank has decided.
    eventually("the transfer succeeds", || async {
        (charges.get(&bank).await.expect(200)["status"] == "succeeded").then_some(())
    })
    .await;
    let events = async || intents.get("/events?limit=100").await.expect(200);
    eventually("everything is published", || async {
        let all = events().await;
        let types: Vec<_> = all["data"].as_array().unwrap().iter().map(|e| e["type"].clone()).collect();
        let wanted = ["customer.updated", "payment_method.attached", "payment_intent.succeeded"];
        let seen = wanted.iter().all(|wanted| types.iter().any(|kind| kind == wanted));
        let succeeded = types.iter().filter(|kind| *kind == "payment_intent.succeeded").count();
        (seen && succeeded >= 3).then_some(())
    })
    .await;
    receiver.wait_for(2).await;
    assert!(told_anywhere(&cloud).await.len() > 5);

    charges.delete(&path).await.expect(204);
    let left = told_anywhere(&cloud).await;
    assert!(left.is_empty(), "{left:#?}");
    let shown = events().await.to_string();
    assert!(!tells_of_a_person(&shown), "{shown}");
    // The payments are still there, and can be gone on with.
    let kept = intents.get(&intent).await.expect(200);
    assert_eq!((&kept["status"], &kept["receipt_email"]), (&json!("succeeded"), &json!(null)));
    let refund = json!({"payment_id": bank.trim_start_matches("/payments/"), "amount": 100});
    charges.post("/refunds", &refund).await.expect(201);
    // What is sent again is sent as it is kept now.
    let before = receiver.received().len();
    let recover = format!("/webhook_endpoints/{}/recover", endpoint["id"].as_str().unwrap());
    intents.post(&recover, &json!({"since": 0})).await.expect(200);
    for event in events().await["data"].as_array().unwrap() {
        if ["customer.created", "customer.updated"].contains(&event["type"].as_str().unwrap()) {
            let retry = format!("/events/{}/retry", event["id"].as_str().unwrap());
            intents.post(&retry, &json!({})).await.expect(200);
        }
    }
    let received = receiver.wait_for(before + 2).await;
    for webhook in &received[before..] {
        assert!(!tells_of_a_person(&webhook.body), "{}", webhook.body);
    }
}
