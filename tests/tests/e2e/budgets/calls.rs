//! One request to every route.

use serde_json::{Value, json};
use tollgate_domain::PaymentId;
use tollgate_gateway::{Clock, Links, Purpose, SystemClock};
use tollgate_tests::{Client, Cloud, Receiver, eventually};

use crate::{challenge::browser, intents::payouts::fund, payment};

/// One request to every route of `charges`, and to the pages of a challenge.
pub(crate) async fn call_charges(cloud: &Cloud) {
    let charges = cloud.charges();
    let browser = browser();
    charges.get("/health").await.expect(200);
    let customer = charges.post("/customers", &json!({"email": "a@example.com"})).await.expect(201);
    let path = format!("/customers/{}", customer["id"].as_str().unwrap());
    charges.get(&path).await.expect(200);
    charges.patch(&path, &json!({"name": "x"})).await.expect(200);
    charges.get("/customers").await.expect(200);
    charges.delete(&path).await.expect(204);
    let paid = charges.post("/payments", &payment("tok_visa_4242", 1000)).await.expect(201);
    charges.get(&format!("/payments/{}", paid["id"].as_str().unwrap())).await.expect(200);
    charges.get("/payments").await.expect(200);
    let waiting = charges.post("/payments", &payment("tok_visa_3220", 1000)).await.expect(201);
    let confirm = format!("/payments/{}/confirm", waiting["id"].as_str().unwrap());
    charges.post(&confirm, &json!({"return_url": "https://x.example/"})).await.expect(200);
    // The challenged payment waits in the index of due work; the plain one is the budget's subject.
    charges.post("/payments", &payment("tok_visa_4242", 1000)).await.expect(201);
    let refund = charges.post("/refunds", &json!({"payment_id": paid["id"]})).await.expect(201);
    charges.get(&format!("/refunds/{}", refund["id"].as_str().unwrap())).await.expect(200);
    charges.get("/refunds").await.expect(200);
    let page = waiting["next_action"]["redirect_url"].as_str().unwrap();
    assert_eq!(browser.get(page).send().await.unwrap().status(), 200);
    let form = ("content-type", "application/x-www-form-urlencoded");
    let answered = browser.post(page).header(form.0, form.1).body("answer=complete").send().await.unwrap();
    assert_eq!(answered.status(), 303);
    show_result(cloud, &paid).await;
}

/// One request to every route of the other three front doors, and to the pages of a hosted payment.
pub(crate) async fn call_the_others(cloud: &Cloud, round: u32) {
    let (simple, direct, checkout) = (cloud.client("simple"), cloud.client("direct"), cloud.checkout());
    let paid = simple
        .post("/payments", &json!({"amount": 10, "currency": "USD", "source": "tok_visa"}))
        .await
        .expect(201);
    let path = format!("/payments/{}", paid["id"].as_str().unwrap());
    simple.get(&path).await.expect(200);
    simple.post("/refunds", &json!({"payment_id": paid["id"]})).await.expect(201);
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
    direct.get("/nothing").await.expect(404);
    direct.post(&format!("{path}/refund"), &json!({})).await.expect(200);
    let order = crate::checkout::order(&format!("budget-{round}"));
    let (reference, url) = crate::checkout::initialized(cloud, &order).await;
    assert_eq!(reqwest::get(&url).await.unwrap().status(), 200);
    crate::checkout::pay(&url).await;
    let path = format!("/payments/{reference}");
    checkout.get(&format!("{path}/status")).await.expect(200);
    let news = json!({"provider": "mpgs", "reference": reference, "stage": "chargeback", "amount": 5});
    assert_eq!(crate::notices::tell(cloud, &news).await, [200]);
    checkout.post(&format!("{path}/refund"), &json!({})).await.expect(200);
}

/// One request to every route of `intents`.
pub(crate) async fn call_intents(intents: &Client, receiver: &Receiver) {
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
    call_charges_of_intents(intents).await;
    let other = json!({"amount": 1000, "currency": "eur"});
    let cancelled = post("/payment_intents".into(), other.clone()).await;
    post(format!("/payment_intents/{}/cancel", id(&cancelled)), json!({})).await;
    let named = post("/payment_intents".into(), other).await;
    let of_named = format!("/payment_intents/{}", id(&named));
    get(of_named.clone()).await;
    post(format!("{of_named}/confirm"), json!({"payment_method": "pm_card_visa"})).await;

    call_refunds(intents, &intent["id"]).await;
    call_disputes(intents).await;
    post(format!("{of_method}/detach"), json!({})).await;
    intents.delete(&of_customer).await.expect(200);

    get("/balance".into()).await;
    let booked = eventually("a payment is booked", || async {
        get("/balance/history?limit=3".into()).await["data"].get(0).map(id)
    });
    get(format!("/balance_transactions/{}", booked.await)).await;

    call_payouts(intents).await;
    call_catalog(intents).await;

    get("/events?limit=3".into()).await;
    get("/api_keys".into()).await;
    let key = post("/api_keys".into(), json!({"scopes": ["payments:read"]})).await;
    let of_key = format!("/api_keys/{}", id(&key));
    post(format!("{of_key}/roll"), json!({})).await;
    intents.delete(&of_key).await.expect(200);
    get("/account".into()).await;
    for _ in 0..3 {
        intents.get("/nothing").await.expect(404);
    }
    call_webhooks(intents, receiver).await;
}

/// One request to every route of charges.
async fn call_charges_of_intents(intents: &Client) {
    let reserved = json!({"amount": 1000, "currency": "eur", "capture_method": "manual", "confirm": true,
        "payment_method": "pm_card_visa"});
    let reserved = intents.post("/payment_intents", &reserved).await.expect(201);
    let of_charge = format!("/charges/{}", reserved["latest_charge"].as_str().unwrap());
    intents.get(&of_charge).await.expect(200);
    intents.post(&of_charge, &json!({"description": "x"})).await.expect(200);
    intents.post(&format!("{of_charge}/capture"), &json!({})).await.expect(200);
    // One more than is asked for shows whether there is more. What was never charged would be read and left out.
    intents.get("/charges?limit=1").await.expect(200);
}

/// One request to every route of disputes.
async fn call_disputes(intents: &Client) {
    let body = json!({"amount": 1000, "currency": "eur", "payment_method": "pm_card_createDispute", "confirm": true});
    let intent = intents.post("/payment_intents", &body).await.expect(201);
    let dispute = crate::callers::world::dispute_of(intents, &intent).await;
    let path = format!("/disputes/{}", dispute["id"].as_str().unwrap());
    intents.get(&path).await.expect(200);
    intents.get("/disputes?limit=3").await.expect(200);
    intents.post(&path, &json!({"metadata": {"a": "b"}})).await.expect(200);
    intents.post(&format!("{path}/close"), &json!({})).await.expect(200);
}

/// One request to every route of refunds.
async fn call_refunds(intents: &Client, intent: &Value) {
    let get = async |path: String| intents.get(&path).await.expect(200);
    let post = async |path: String, body: Value| {
        let answer = intents.post(&path, &body).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text);
        answer.json()
    };
    let new = json!({"payment_intent": intent, "amount": 100});
    let refund = post("/refunds".into(), new.clone()).await;
    let of_refund = format!("/refunds/{}", refund["id"].as_str().unwrap());
    get(of_refund.clone()).await;
    post(of_refund.clone(), json!({"metadata": {"a": "b"}})).await;
    get("/refunds?limit=3".into()).await;
    let canceled = intents.post(&format!("{of_refund}/cancel"), &json!({})).await;
    if !canceled.status.is_success() {
        // On a slow machine it was settled meanwhile: another one is canceled at once.
        canceled.expect(400);
        let refund = post("/refunds".into(), new).await;
        post(format!("/refunds/{}/cancel", refund["id"].as_str().unwrap()), json!({})).await;
    }
}

/// One request to every route of payouts and bank accounts.
async fn call_catalog(intents: &Client) {
    let id = |thing: &Value| thing["id"].as_str().unwrap().to_owned();
    let product = intents.post("/products", &json!({"name": "Font"})).await.expect(201);
    let of_product = format!("/products/{}", id(&product));
    intents.get(&of_product).await.expect(200);
    intents.post(&of_product, &json!({"description": "A serif"})).await.expect(200);
    intents.get("/products").await.expect(200);
    let price = json!({"currency": "eur", "unit_amount": 700, "product": product["id"]});
    let price = intents.post("/prices", &price).await.expect(201);
    let of_price = format!("/prices/{}", id(&price));
    intents.get(&of_price).await.expect(200);
    intents.post(&of_price, &json!({"nickname": "Once"})).await.expect(200);
    intents.get("/prices").await.expect(200);
    let other = intents.post("/products", &json!({"name": "Book"})).await.expect(201);
    intents.delete(&format!("/products/{}", id(&other))).await.expect(200);
}

async fn call_payouts(intents: &Client) {
    let id = |thing: &Value| thing["id"].as_str().unwrap().to_owned();
    let get = async |path: String| intents.get(&path).await.expect(200);
    let post = async |path: String, body: Value| {
        let answer = intents.post(&path, &body).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text);
        answer.json()
    };
    let accounts = format!("/accounts/{}/external_accounts", id(&get("/account".into()).await));
    let account = post(accounts.clone(), json!({"external_account": "btok_us_verified"})).await;
    let of_account = format!("{accounts}/{}", id(&account));
    get(of_account.clone()).await;
    post(of_account.clone(), json!({"metadata": {"a": "b"}})).await;
    get(format!("{accounts}?limit=3")).await;
    intents.delete(&of_account).await.expect(200);

    get("/accounts?limit=3".into()).await;
    get("/balance_settings".into()).await;
    let weekly = json!({"interval": "weekly", "weekly_payout_days": ["monday"]});
    let settings = json!({"payments": {"payouts": {"schedule": weekly}}});
    post("/balance_settings".into(), settings).await;

    // No other payment is in this currency.
    fund(intents, 10_000, "chf").await;
    let payout = post("/payouts".into(), json!({"amount": 100, "currency": "chf"})).await;
    let of_payout = format!("/payouts/{}", id(&payout));
    get(of_payout.clone()).await;
    post(of_payout.clone(), json!({"metadata": {"a": "b"}})).await;
    get("/payouts?limit=3".into()).await;
    let canceled = intents.post(&format!("{of_payout}/cancel"), &json!({})).await;
    if !canceled.status.is_success() {
        // On a slow machine it was sent meanwhile: another one is canceled at once.
        canceled.expect(400);
        let payout = post("/payouts".into(), json!({"amount": 100, "currency": "chf"})).await;
        post(format!("/payouts/{}/cancel", id(&payout)), json!({})).await;
    }
}

/// One request to every route of connected accounts and transfers: a partner pays to the merchant.
pub(crate) async fn call_accounts(intents: &Client, partner: &Client) {
    let id = async |client: &Client| {
        let account = client.get("/account").await.expect(200);
        account["id"].as_str().unwrap().to_owned()
    };
    let (own, partners) = (id(intents).await, id(partner).await);
    partner.post("/accounts", &json!({"account": own})).await.expect(201);
    intents.post("/accounts", &json!({"account": partners})).await.expect(201);
    let note = json!({"metadata": {"a": "b"}});
    intents.post(&format!("/accounts/{partners}"), &note).await.expect(200);
    intents.post(&format!("/accounts/{partners}/accept"), &json!({})).await.expect(200);
    fund(partner, 10_000, "chf").await;
    let new = json!({"amount": 100, "currency": "chf", "destination": own});
    partner.post("/payouts", &new).await.expect(201);
    let transfer = eventually("the transfer is listed", || async {
        let page = intents.get("/transfers?limit=3").await.expect(200);
        page["data"][0]["id"].as_str().map(str::to_owned)
    });
    intents.get(&format!("/transfers/{}", transfer.await)).await.expect(200);
}

/// One request to every route that has to do with an endpoint, its events and its deliveries.
async fn call_webhooks(intents: &Client, receiver: &Receiver) {
    let get = async |path: String| intents.get(&path).await.expect(200);
    let post = async |path: String, body: Value| {
        let answer = intents.post(&path, &body).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text);
        answer.json()
    };
    let hooks = json!({"url": receiver.url, "enabled_events": ["payment_intent.canceled"]});
    let endpoint = post("/webhook_endpoints".into(), hooks).await;
    let of_endpoint = format!("/webhook_endpoints/{}", endpoint["id"].as_str().unwrap());
    post(of_endpoint.clone(), json!({"description": "x"})).await;
    get(of_endpoint.clone()).await;
    get("/webhook_endpoints".into()).await;
    post(format!("{of_endpoint}/roll_secret"), json!({})).await;

    // Nothing that was canceled earlier is of the second from which events are recovered.
    let second = || SystemClock.now().ms() / 1000;
    let began = second();
    eventually("another second", || async { (second() > began).then_some(()) }).await;
    let before = receiver.received().len();
    let intent = json!({"amount": 1000, "currency": "eur"});
    let intent = post("/payment_intents".into(), intent).await;
    let cancel = format!("/payment_intents/{}/cancel", intent["id"].as_str().unwrap());
    post(cancel, json!({})).await;
    let event = receiver.wait_for(before + 1).await[before].json();
    let deliveries = format!("{of_endpoint}/deliveries");
    eventually("the delivery has ended", || async {
        let page = get(deliveries.clone()).await;
        (page["data"][0]["status"] == "succeeded").then_some(())
    })
    .await;
    let of_event = format!("/events/{}", event["id"].as_str().unwrap());
    let read = get(of_event.clone()).await;
    let since = json!({"since": read["created"]});
    post(format!("{of_endpoint}/recover"), since).await;
    let to_it = json!({"webhook_endpoint": endpoint["id"]});
    post(format!("{of_event}/retry"), to_it).await;
    post(format!("{of_endpoint}/test"), json!({})).await;
    // The next round's endpoint is the only one that hears of its events.
    receiver.wait_for(before + 3).await;
    intents.delete(&of_endpoint).await.expect(200);
}

/// One request to every function that has no table: it answers without a call.
pub(crate) async fn call_without_tables(cloud: &Cloud) {
    for (front_door, path) in [("charges", "/nothing"), ("checkout", "/nothing"), ("simple", "/nothing")] {
        cloud.client(front_door).get(path).await.expect(404);
    }
    let browser = browser();
    let status = async |request: reqwest::RequestBuilder| request.send().await.unwrap().status().as_u16();
    let intents = cloud.api("intents");
    let preflight = browser.request(reqwest::Method::OPTIONS, format!("{intents}/payment_methods"));
    assert_eq!(status(preflight).await, 204);
    assert_eq!(status(browser.get(cloud.local("/pages/nothing"))).await, 404);
}

/// A page that waits for the decision of a payment, shown once it is there.
async fn show_result(cloud: &Cloud, payment: &Value) {
    let secret = cloud.secrets().get("LinkSecret").await.unwrap();
    let links = Links::new(&cloud.local("/pages"), secret.as_bytes());
    let id = PaymentId::parse("pay_", payment["id"].as_str().unwrap()).unwrap();
    let url = links.url(Purpose::Result, cloud.demo_scope(), id, 1);
    assert_eq!(browser().get(url).send().await.unwrap().status(), 200);
}
