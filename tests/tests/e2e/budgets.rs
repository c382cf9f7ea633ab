//! What each route costs: calls, depth and capacity units of a warm request, as budgeted in the design.

use serde_json::{Value, json};
use tollgate_tests::{Client, Cloud, eventually};

use crate::payment;

struct Budget {
    function: &'static str,
    calls: &'static str,
    depth: u64,
    read_units: f64,
    write_units: f64,
}

const fn budget(
    function: &'static str,
    calls: &'static str,
    depth: u64,
    read_units: f64,
    write_units: f64,
) -> Budget {
    Budget {
        function,
        calls,
        depth,
        read_units,
        write_units,
    }
}

/// One unit for the key's counter everywhere. A new item costs one unit, and one for each index it is in.
const BUDGETS: &[Budget] = &[
    budget("charges-health", "UpdateItem", 1, 0.0, 1.0),
    // With an address it owns, in one transaction.
    budget(
        "charges-create-customer",
        "UpdateItem,TransactWriteItems",
        2,
        0.0,
        7.0,
    ),
    budget("charges-retrieve-customer", "UpdateItem,GetItem", 1, 1.0, 1.0),
    budget(
        "charges-update-customer",
        "UpdateItem,GetItem,PutItem",
        2,
        1.0,
        4.0,
    ),
    budget("charges-list-customers", "UpdateItem,Query", 1, 0.5, 1.0),
    // Its payment methods are looked for, attached and detached, and erased with it; then it is told that this is done.
    budget(
        "charges-delete-customer",
        "UpdateItem,GetItem,TransactWriteItems,Query,Query,PutItem",
        5,
        2.0,
        11.0,
    ),
    budget("charges-create-payment", "UpdateItem,PutItem", 2, 0.0, 3.0),
    budget("charges-retrieve-payment", "UpdateItem,GetItem", 1, 1.0, 1.0),
    budget("charges-list-payments", "UpdateItem,Query", 1, 2.5, 1.0),
    budget(
        "charges-confirm-payment",
        "UpdateItem,GetItem,PutItem",
        2,
        1.0,
        4.0,
    ),
    budget(
        "charges-create-refund",
        "UpdateItem,GetItem,TransactWriteItems",
        2,
        1.0,
        8.0,
    ),
    budget("charges-retrieve-refund", "UpdateItem,GetItem", 1, 1.0, 1.0),
    budget("charges-list-refunds", "UpdateItem,Query", 1, 0.5, 1.0),
    budget(
        "intents-create-webhook-endpoint",
        "UpdateItem,Query,PutItem",
        2,
        0.5,
        3.0,
    ),
    budget(
        "intents-retrieve-webhook-endpoint",
        "UpdateItem,GetItem",
        1,
        1.0,
        1.0,
    ),
    budget("intents-list-webhook-endpoints", "UpdateItem,Query", 1, 0.5, 1.0),
    budget(
        "intents-delete-webhook-endpoint",
        "UpdateItem,GetItem,PutItem",
        2,
        1.0,
        3.0,
    ),
    budget("intents-create-payment-intent", "UpdateItem,PutItem", 2, 0.0, 3.0),
    budget(
        "intents-retrieve-payment-intent",
        "UpdateItem,GetItem",
        1,
        1.0,
        1.0,
    ),
    // Whether the caller is a payer's page is asked first, and a named payment method of the sandbox is made.
    budget(
        "intents-confirm-payment-intent",
        "UpdateItem,GetItem,PutItem,PutItem",
        4,
        1.0,
        7.0,
    ),
    budget(
        "intents-create-customer",
        "UpdateItem,TransactWriteItems",
        2,
        0.0,
        7.0,
    ),
    budget("simple-create-payment", "UpdateItem,PutItem", 2, 0.0, 3.0),
    budget("simple-retrieve-payment", "UpdateItem,GetItem", 1, 1.0, 1.0),
    budget(
        "simple-create-refund",
        "UpdateItem,GetItem,TransactWriteItems",
        2,
        1.0,
        8.0,
    ),
    // Where a merchant's keys share a window, the key is read beside the count.
    budget("direct-issue-token", "GetItem,UpdateItem", 1, 1.0, 1.0),
    // The owner of the address and the customer are read beside that; it is known with its card from the payment before.
    budget(
        "direct-create-payment",
        "GetItem,UpdateItem,GetItem,GetItem,PutItem",
        2,
        3.0,
        4.0,
    ),
    budget(
        "direct-retrieve-payment",
        "GetItem,UpdateItem,GetItem,BatchGetItem",
        2,
        3.0,
        1.0,
    ),
    budget(
        "direct-list-transactions",
        "GetItem,UpdateItem,Query,BatchGetItem",
        2,
        3.0,
        1.0,
    ),
    budget(
        "direct-refund-payment",
        "GetItem,UpdateItem,GetItem,TransactWriteItems",
        2,
        2.0,
        9.0,
    ),
    budget(
        "checkout-initialize-payment",
        "GetItem,UpdateItem,GetItem,GetItem,GetItem,GetItem,PutItem",
        2,
        5.0,
        5.0,
    ),
    budget(
        "checkout-payment-status",
        "GetItem,UpdateItem,GetItem",
        1,
        2.0,
        1.0,
    ),
    budget(
        "checkout-refund-payment",
        "GetItem,UpdateItem,GetItem,TransactWriteItems,GetItem,PutItem",
        4,
        3.0,
        14.0,
    ),
    budget("pages-show-checkout", "GetItem,GetItem", 2, 2.0, 0.0),
    budget("pages-answer-checkout", "GetItem,PutItem", 2, 1.0, 3.0),
    budget("pages-show-challenge", "GetItem", 1, 1.0, 0.0),
    budget("pages-answer-challenge", "GetItem,PutItem", 2, 1.0, 3.0),
];

/// One request to every route that has a budget.
async fn call_every_route(cloud: &Cloud) {
    let (charges, intents) = (cloud.charges(), cloud.intents());
    let browser = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    charges.get("/health").await.expect(200);
    let customer = charges
        .post("/customers", &json!({"email": "a@example.com"}))
        .await
        .expect(201);
    let path = format!("/customers/{}", customer["id"].as_str().unwrap());
    charges.get(&path).await.expect(200);
    charges.patch(&path, &json!({"name": "x"})).await.expect(200);
    charges.get("/customers").await.expect(200);
    charges.delete(&path).await.expect(204);
    let paid = charges
        .post("/payments", &payment("tok_visa_4242", 1000))
        .await
        .expect(201);
    charges
        .get(&format!("/payments/{}", paid["id"].as_str().unwrap()))
        .await
        .expect(200);
    charges.get("/payments").await.expect(200);
    let waiting = charges
        .post("/payments", &payment("tok_visa_3220", 1000))
        .await
        .expect(201);
    let confirm = format!("/payments/{}/confirm", waiting["id"].as_str().unwrap());
    charges
        .post(&confirm, &json!({"return_url": "https://x.example/"}))
        .await
        .expect(200);
    // The challenged payment waits in the index of due work; the plain one is the budget's subject.
    charges
        .post("/payments", &payment("tok_visa_4242", 1000))
        .await
        .expect(201);
    let refund = charges
        .post("/refunds", &json!({"payment_id": paid["id"]}))
        .await
        .expect(201);
    charges
        .get(&format!("/refunds/{}", refund["id"].as_str().unwrap()))
        .await
        .expect(200);
    charges.get("/refunds").await.expect(200);
    let endpoint = intents
        .post("/webhook_endpoints", &json!({"url": "https://example.com/x"}))
        .await
        .expect(201);
    let path = format!("/webhook_endpoints/{}", endpoint["id"].as_str().unwrap());
    intents.get(&path).await.expect(200);
    intents.get("/webhook_endpoints").await.expect(200);
    intents.delete(&path).await.expect(200);
    let page = waiting["next_action"]["redirect_url"].as_str().unwrap();
    assert_eq!(browser.get(page).send().await.unwrap().status(), 200);
    let form = ("content-type", "application/x-www-form-urlencoded");
    let answered = browser
        .post(page)
        .header(form.0, form.1)
        .body("answer=complete")
        .send()
        .await
        .unwrap();
    assert_eq!(answered.status(), 303);
}

/// One request to every route of the other three front doors, and to the pages of a hosted payment.
async fn call_every_other_route(cloud: &Cloud, round: u32) {
    let (simple, direct, checkout) = (cloud.client("simple"), cloud.client("direct"), cloud.checkout());
    let paid = simple
        .post(
            "/payments",
            &json!({"amount": 10, "currency": "USD", "source": "tok_visa"}),
        )
        .await
        .expect(201);
    let path = format!("/payments/{}", paid["id"].as_str().unwrap());
    simple.get(&path).await.expect(200);
    simple
        .post("/refunds", &json!({"payment_id": paid["id"]}))
        .await
        .expect(201);
    let intents = cloud.intents();
    intents
        .post("/customers", &json!({"email": "b@example.com"}))
        .await
        .expect(201);
    let intent = intents
        .post("/payment_intents", &json!({"amount": 1000, "currency": "eur"}))
        .await
        .expect(201);
    let path = format!("/payment_intents/{}", intent["id"].as_str().unwrap());
    intents.get(&path).await.expect(200);
    let method = json!({"payment_method": "pm_card_visa"});
    intents
        .post(&format!("{path}/confirm"), &method)
        .await
        .expect(200);
    let credentials = &cloud.ready["credentials"];
    let token = json!({"client_id": credentials["client_id"], "client_secret": credentials["client_secret"]});
    direct.post("/auth/token", &token).await.expect(200);
    let card = json!({"amount": 5000, "currency": "USD", "payment_method": "card",
        "customer": {"email": "customer@example.com"},
        "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"}});
    let paid = direct.post("/payments", &card).await.expect(200);
    let path = format!("/payments/{}", paid["id"].as_str().unwrap());
    direct.get(&path).await.expect(200);
    direct.get("/transactions?limit=5").await.expect(200);
    direct
        .post(&format!("{path}/refund"), &json!({}))
        .await
        .expect(200);
    let order = crate::checkout::order(&format!("budget-{round}"));
    let (reference, url) = crate::checkout::initialized(cloud, &order).await;
    assert_eq!(reqwest::get(&url).await.unwrap().status(), 200);
    crate::checkout::pay(&url).await;
    let path = format!("/payments/{reference}");
    checkout.get(&format!("{path}/status")).await.expect(200);
    checkout
        .post(&format!("{path}/refund"), &json!({}))
        .await
        .expect(200);
}

#[tokio::test]
async fn every_warm_route_keeps_its_budget() {
    let cloud = Cloud::start().await;
    // The first request of an instance is a cold one; of three rounds at least one finds a warm one.
    for round in 0..3 {
        call_every_route(&cloud).await;
        call_every_other_route(&cloud, round).await;
    }
    keeps_budgets(&cloud, BUDGETS).await;
}

/// Checks the cheapest of three requests to each function, and shows all of them.
async fn keeps_budgets(cloud: &Cloud, budgets: &[Budget]) {
    println!(
        "{:<36} {:<44} {:>5} {:>6} {:>6}",
        "function", "calls", "depth", "reads", "writes"
    );
    let mut broken = Vec::new();
    for budget in budgets {
        let line = eventually(budget.function, || async {
            let lines = cloud.request_log(budget.function);
            (lines.len() >= 3)
                .then(|| lines.into_iter().min_by_key(|line| line["depth"].as_u64()))
                .flatten()
        })
        .await;
        let number = |name: &str| line[name].as_f64().unwrap();
        let calls = line["calls"].as_str().unwrap();
        println!(
            "{:<36} {calls:<44} {:>5} {:>6} {:>6}",
            budget.function,
            number("depth"),
            number("read_units"),
            number("write_units")
        );
        // Two calls that begin together are written down in either order.
        let sorted = |calls: &str| {
            let mut calls: Vec<String> = calls.split(',').map(str::to_owned).collect();
            calls.sort();
            calls
        };
        let keeps = sorted(calls) == sorted(budget.calls)
            && line["depth"].as_u64().unwrap() <= budget.depth
            && number("read_units") <= budget.read_units
            && number("write_units") <= budget.write_units;
        if !keeps {
            broken.push(budget.function);
        }
    }
    assert!(broken.is_empty(), "over budget: {broken:?}");
}

/// The other routes of `intents`. What is more than one write is asked for without a key here.
const INTENTS: &[Budget] = &[
    budget(
        "intents-update-payment-intent",
        "UpdateItem,GetItem,PutItem",
        2,
        1.0,
        7.0,
    ),
    budget(
        "intents-capture-payment-intent",
        "UpdateItem,GetItem,PutItem",
        2,
        1.0,
        8.0,
    ),
    budget(
        "intents-cancel-payment-intent",
        "UpdateItem,GetItem,PutItem",
        2,
        1.0,
        3.0,
    ),
    budget("intents-list-payment-intents", "UpdateItem,Query", 1, 2.5, 1.0),
    budget("intents-create-payment-method", "UpdateItem,PutItem", 2, 0.0, 2.0),
    budget(
        "intents-retrieve-payment-method",
        "UpdateItem,GetItem",
        1,
        1.0,
        1.0,
    ),
    // The customer is looked for before the payment method is.
    budget(
        "intents-attach-payment-method",
        "UpdateItem,GetItem,GetItem,PutItem",
        3,
        2.0,
        3.0,
    ),
    budget(
        "intents-update-payment-method",
        "UpdateItem,GetItem,PutItem",
        2,
        1.0,
        3.0,
    ),
    budget(
        "intents-list-payment-methods",
        "UpdateItem,GetItem,Query",
        2,
        2.5,
        1.0,
    ),
    budget(
        "intents-list-customer-payment-methods",
        "UpdateItem,GetItem,Query",
        2,
        2.5,
        1.0,
    ),
    // It moves to the list of those that its former customer's erasure finds.
    budget(
        "intents-detach-payment-method",
        "UpdateItem,GetItem,PutItem",
        2,
        1.0,
        4.0,
    ),
    budget(
        "intents-create-refund",
        "UpdateItem,GetItem,TransactWriteItems",
        2,
        1.0,
        14.0,
    ),
    budget("intents-retrieve-refund", "UpdateItem,GetItem", 1, 1.0, 1.0),
    budget("intents-update-refund", "UpdateItem,GetItem,PutItem", 2, 1.0, 4.0),
    budget("intents-list-refunds", "UpdateItem,Query", 1, 2.5, 1.0),
    budget(
        "intents-cancel-refund",
        "UpdateItem,GetItem,TransactWriteItems",
        2,
        1.0,
        14.0,
    ),
    budget("intents-retrieve-customer", "UpdateItem,GetItem", 1, 1.0, 1.0),
    budget(
        "intents-update-customer",
        "UpdateItem,GetItem,PutItem",
        2,
        1.0,
        4.0,
    ),
    budget("intents-list-customers", "UpdateItem,Query", 1, 2.5, 1.0),
    // Its payment methods are looked for, attached and detached, and erased with it; then it is told that this is done.
    budget(
        "intents-delete-customer",
        "UpdateItem,GetItem,TransactWriteItems,Query,Query,PutItem,PutItem",
        6,
        2.0,
        13.0,
    ),
    budget(
        "intents-update-webhook-endpoint",
        "UpdateItem,GetItem,GetItem,PutItem",
        3,
        2.0,
        3.0,
    ),
    budget(
        "intents-roll-webhook-secret",
        "UpdateItem,GetItem,PutItem",
        2,
        1.0,
        3.0,
    ),
    budget(
        "intents-list-webhook-deliveries",
        "UpdateItem,GetItem,Query",
        2,
        2.5,
        1.0,
    ),
    // The event, its delivery, and a message on the queue.
    budget(
        "intents-test-webhook-endpoint",
        "UpdateItem,GetItem,PutItem,PutItem",
        3,
        1.0,
        6.0,
    ),
    budget("intents-list-events", "UpdateItem,Query", 1, 2.5, 1.0),
    budget("intents-list-api-keys", "UpdateItem,Query", 1, 0.5, 1.0),
    budget(
        // The merchant and the tenant's live keys are read; key, id and live keys are one transaction; and the contract is
        // read again, in case it was changed meanwhile.
        "intents-create-api-key",
        "UpdateItem,GetItem,GetItem,TransactWriteItems,GetItem",
        5,
        3.0,
        8.0,
    ),
    budget("intents-retrieve-account", "UpdateItem,GetItem", 1, 1.0, 1.0),
];

async fn call_intents(intents: &Client) {
    let id = |thing: &Value| thing["id"].as_str().unwrap().to_owned();
    let get = async |path: String| intents.get(&path).await.expect(200);
    let post = async |path: String, body: Value| {
        let answer = intents.post(&path, &body).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text);
        answer.json()
    };
    let customer = post("/customers".into(), json!({"email": "c@example.com"})).await;
    let of_customer = format!("/customers/{}", id(&customer));
    get(of_customer.clone()).await;
    post(of_customer.clone(), json!({"name": "x"})).await;
    get("/customers".into()).await;

    let card = json!({"number": "4000000000007726", "exp_month": 12, "exp_year": 2030, "cvc": "123"});
    let method = post("/payment_methods".into(), json!({"type": "card", "card": card})).await;
    let of_method = format!("/payment_methods/{}", id(&method));
    get(of_method.clone()).await;
    post(format!("{of_method}/attach"), json!({"customer": customer["id"]})).await;
    post(of_method.clone(), json!({"metadata": {"a": "b"}})).await;
    get(format!("/payment_methods?customer={}", id(&customer))).await;
    get(format!("{of_customer}/payment_methods")).await;

    let intent = json!({"amount": 1000, "currency": "eur", "capture_method": "manual", "payment_method": method["id"],
        "customer": customer["id"]});
    let intent = post("/payment_intents".into(), intent).await;
    let of_intent = format!("/payment_intents/{}", id(&intent));
    post(of_intent.clone(), json!({"description": "x"})).await;
    post(format!("{of_intent}/confirm"), json!({})).await;
    post(format!("{of_intent}/capture"), json!({})).await;
    get("/payment_intents?limit=3".into()).await;
    let other = json!({"amount": 1000, "currency": "eur"});
    let other = post("/payment_intents".into(), other).await;
    post(format!("/payment_intents/{}/cancel", id(&other)), json!({})).await;

    let refund = json!({"payment_intent": intent["id"], "amount": 100});
    let refund = post("/refunds".into(), refund).await;
    let of_refund = format!("/refunds/{}", id(&refund));
    get(of_refund.clone()).await;
    post(of_refund.clone(), json!({"metadata": {"a": "b"}})).await;
    get("/refunds?limit=3".into()).await;
    post(format!("{of_refund}/cancel"), json!({})).await;
    post(format!("{of_method}/detach"), json!({})).await;
    intents.delete(&of_customer).await.expect(200);

    let hooks = json!({"url": "https://example.com/x", "enabled_events": ["payment_intent.canceled"]});
    let endpoint = post("/webhook_endpoints".into(), hooks).await;
    let of_endpoint = format!("/webhook_endpoints/{}", id(&endpoint));
    post(of_endpoint.clone(), json!({"description": "x"})).await;
    post(format!("{of_endpoint}/roll_secret"), json!({})).await;
    get(format!("{of_endpoint}/deliveries")).await;
    // Nothing is sent: it is switched off, so that no test calls a stranger.
    post(of_endpoint.clone(), json!({"disabled": true})).await;
    post(format!("{of_endpoint}/test"), json!({})).await;
    get("/events?limit=3".into()).await;
    get("/api_keys".into()).await;
    post("/api_keys".into(), json!({"scopes": ["payments:read"]})).await;
    get("/account".into()).await;
}

#[tokio::test]
async fn every_warm_route_of_intents_keeps_its_budget() {
    let cloud = Cloud::start().await;
    // More requests than a sandbox merchant has in a minute.
    let intents = cloud.intents().with_key(&cloud.other_merchants_key().await);
    for _ in 0..3 {
        call_intents(&intents).await;
    }
    keeps_budgets(&cloud, INTENTS).await;
}
