//! Small promises of the texts that no other test looks at.

use serde_json::{Value, json};
use tollgate_tests::{Client, Cloud};

use crate::{
    checkout::{initialized, pay, status, with},
    payment,
};

/// Every item of a list that pages by `starting_after`, and how many pages that took.
async fn followed(client: &Client, path: &str) -> (Vec<Value>, usize) {
    let (mut items, mut pages) = (Vec::<Value>::new(), 0);
    loop {
        let mut page = format!("{path}{}limit=2", if path.contains('?') { '&' } else { '?' });
        if let Some(last) = items.last() {
            page = format!("{page}&starting_after={}", last["id"].as_str().unwrap());
        }
        let page = client.get(&page).await.expect(200);
        items.extend(page["data"].as_array().unwrap().iter().cloned());
        pages += 1;
        assert!(pages < 20, "{path} never ends");
        if page["has_more"] == false {
            return (items, pages);
        }
    }
}

#[tokio::test]
async fn payments_refunds_and_customers_page_by_their_ids() {
    let cloud = Cloud::start().await;
    let (charges, intents) = (cloud.charges(), cloud.intents());
    for n in 0..5 {
        let paid = charges.post("/payments", &payment("tok_visa_4242", 1000 + n)).await;
        let refund = json!({"payment_id": paid.expect(201)["id"], "amount": 10 + n});
        charges.post("/refunds", &refund).await.expect(201);
        let customer = json!({"name": n.to_string()});
        intents.post("/customers", &customer).await.expect(201);
    }
    for (client, path, name, newest) in [
        (&charges, "/payments", "amount", json!(1004)),
        (&charges, "/refunds", "amount", json!(14)),
        (&intents, "/refunds", "amount", json!(14)),
        (&intents, "/customers", "name", json!("4")),
        (&intents, "/payment_intents", "amount", json!(1004)),
    ] {
        let (items, pages) = followed(client, path).await;
        assert_eq!((items.len(), pages), (5, 3), "{path}");
        assert_eq!(items[0][name], newest, "{path}");
        let all = client.get(&format!("{path}?limit=100")).await.expect(200);
        assert_eq!(&json!(items), &all["data"], "{path}");
        let middle = items[2]["id"].as_str().unwrap();
        if path.starts_with('/') && client.get("/account").await.status == 200 {
            let before = client.get(&format!("{path}?ending_before={middle}")).await.expect(200);
            assert_eq!(before["data"], json!(items[..2]), "{path}");
        }
    }
}

#[tokio::test]
async fn refunds_have_the_reasons_of_the_text_and_no_other() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    let paid = charges.post("/payments", &payment("tok_visa_4242", 1000)).await;
    let paid = paid.expect(201)["id"].clone();
    for reason in ["duplicate", "fraudulent", "requested_by_customer"] {
        let refund = json!({"payment_id": paid, "amount": 10, "reason": reason});
        assert_eq!(charges.post("/refunds", &refund).await.expect(201)["reason"], reason);
    }
    let refund = json!({"payment_id": paid, "amount": 10, "reason": "bored"});
    charges.post("/refunds", &refund).await.expect(400);
    // A reason in the words of another API is none in this one's.
    let direct = cloud.client("direct");
    let path = format!("/payments/{}/refund", paid.as_str().unwrap());
    let body = json!({"amount": 10, "reason": "customer_request"});
    assert_eq!(direct.post(&path, &body).await.expect(200)["reason"], "customer_request");
    let all = charges.get("/refunds?limit=1").await.expect(200);
    assert_eq!(all["data"][0]["reason"], json!(null));
}

#[tokio::test]
async fn direct_gives_a_description_back_and_takes_the_smallest_amount() {
    let cloud = Cloud::start().await;
    let direct = cloud.client("direct");
    let card = json!({"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"});
    let body = json!({"amount": 50, "currency": "USD", "payment_method": "card", "card": card, "description": "Order 7",
        "nobody_knows": {"this": true}});
    let paid = direct.post("/payments", &body).await.expect(200);
    assert_eq!(
        (&paid["status"], &paid["amount"], &paid["description"]),
        (&json!("succeeded"), &json!(50), &json!("Order 7"))
    );
    let shown = direct.get(&format!("/payments/{}", paid["id"].as_str().unwrap())).await;
    assert_eq!(shown.expect(200)["description"], "Order 7");
}

#[tokio::test]
async fn a_customer_of_intents_and_a_new_intent_have_their_fields() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let body = json!({"email": "a@example.com", "name": "Ada", "phone": "+44 1", "metadata": {"k": "v"}});
    let made = intents.post("/customers", &body).await.expect(201);
    let shown = intents.get(&format!("/customers/{}", made["id"].as_str().unwrap())).await;
    let shown = shown.expect(200);
    assert_eq!(shown, made);
    for (name, value) in body.as_object().unwrap() {
        assert_eq!(&shown[name], value, "{name}");
    }
    assert_eq!(shown["object"], "customer");
    let listed = intents.get("/customers?limit=1").await.expect(200);
    assert_eq!(listed["data"][0], made);
    let shown = cloud.charges().get("/customers?limit=1").await.expect(200)["data"][0].clone();
    let fields: Vec<&str> = shown.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, ["id", "email", "name", "phone", "created", "updated", "metadata"]);
    // Upper case is as good, and is printed lower case.
    let before = tollgate_gateway::Clock::now(&tollgate_gateway::SystemClock).s();
    let intent = json!({"amount": 1000, "currency": "EUR"});
    let intent = intents.post("/payment_intents", &intent).await.expect(201);
    assert_eq!(intent["currency"], "eur");
    let created = intent["created"].as_i64().unwrap();
    assert!((before..before + 60).contains(&created), "{created}, after {before}");
}

#[tokio::test]
async fn a_card_that_no_table_lists_is_paid_at_either_provider() {
    let cloud = Cloud::start().await;
    for (n, (processor, card)) in [
        ("cybersource", "4242424242424242"),
        ("cybersource", "5123450000000008"),
        ("cybersource", "4012888888881881"),
        ("mpgs", "4111111111111111"),
        ("mpgs", "4012888888881881"),
    ]
    .iter()
    .enumerate()
    {
        let changes = json!({"payment_provider": processor, "card_number": card, "exp_year": "2035"});
        let (reference, url) = initialized(&cloud, &with(&format!("unlisted-{n}"), &changes)).await;
        pay(&url).await;
        let end = status(&cloud, &reference).await;
        assert_eq!(end["status"], "completed", "{processor} {card}");
    }
}

#[tokio::test]
async fn no_file_and_no_log_holds_a_card_number_that_intents_was_sent() {
    let cloud = Cloud::start_with(&[("LogLevel", "trace")]).await;
    let intents = cloud.intents();
    let card = json!({"number": "4000056655665556", "exp_month": 12, "exp_year": 2030, "cvc": "987"});
    let method = json!({"type": "card", "card": card});
    let made = intents.post_once("/payment_methods", "m", &method).await.expect(201);
    let intent = json!({"amount": 1000, "currency": "eur", "payment_method_data": method, "confirm": true});
    intents.post_once("/payment_intents", "i", &intent).await.expect(201);
    let customer = intents.post("/customers", &json!({"name": "Ada"})).await.expect(201);
    let attach = format!("/payment_methods/{}/attach", made["id"].as_str().unwrap());
    intents.post(&attach, &json!({"customer": customer["id"]})).await.expect(200);
    let log = cloud.log.lock().unwrap().join("\n");
    assert!(!log.is_empty());
    let tables = tollgate_tests::release::scan(&cloud).await.to_string();
    for text in [log, tables] {
        for secret in ["4000056655665556", "\"987\"", &cloud.key()] {
            assert!(!text.contains(secret), "{secret}");
        }
    }
}
