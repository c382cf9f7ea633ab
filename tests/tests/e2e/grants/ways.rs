//! The ways of every route: requests that together use everything that the route may do.
//!
//! Every row of the table of permissions is asked once, and again by a caller that is over its limit and gets the first
//! answer. [`others`] are the ways that a row does not go.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use tollgate_domain::{
    BalanceTransaction, BalanceTransactionId, Currency, Delivery, EndpointId, EventId, Money, PaymentId,
    RefundId, WebhookEndpoint,
    delivery::DeliveryStatus,
    endpoint::{self, Attempted},
    ledger::{FundsStatus, TransactionKind, TransactionSource},
};
use tollgate_gateway::{Clock, SystemClock};
use tollgate_store::{Put, Replaced};
use tollgate_tests::{Cloud, dynamodb, eventually};

use super::ask::{Ask, Callers, unique, unique_number};
use crate::{
    callers::{
        table::{Access, ROWS, Row},
        world::{fund, make},
    },
    checkout::{initialized, pay, press_at, with},
    intents::{payouts::external_accounts, recover::succeeded_at},
    notices,
};

/// Which ways of which functions are asked for.
pub(super) type Wanted<'a> = &'a dyn Fn(&str, &str) -> bool;

const AS_IN_THE_TABLE: &str = "as in the table";

/// All wanted ways of functions, ready to be asked.
pub(super) async fn all(cloud: &Cloud, callers: &Callers, wanted: Wanted<'_>) -> Vec<Ask> {
    let mut asks = Vec::new();
    for row in ROWS {
        of_row(cloud, callers, row, wanted, &mut asks).await;
    }
    lists(cloud, callers, wanted, &mut asks).await;
    customers(cloud, callers, wanted, &mut asks).await;
    payouts(cloud, wanted, &mut asks).await;
    connected(cloud, wanted, &mut asks).await;
    keys(wanted, &mut asks);
    webhooks(cloud, callers, wanted, &mut asks).await;
    lists_of_an_order(cloud, wanted, &mut asks).await;
    catalog(cloud, wanted, &mut asks).await;
    pages(cloud, wanted, &mut asks).await;
    asks
}

/// A row's request about things that are made for it.
async fn request_of(cloud: &Cloud, callers: &Callers, row: &Row) -> Ask {
    let (mut path, mut body) = (row.path.to_owned(), row.body.to_owned());
    let whole = format!("{path}{body}");
    let names = whole.split('<').skip(1).map(|rest| rest.split('>').next().unwrap());
    for name in names.collect::<BTreeSet<_>>() {
        let id = match name {
            "event" => event(cloud).await,
            "transaction" => transaction(cloud).await,
            "endpoint" if !row.function.contains("-delete-") => callers.endpoint.clone(),
            _ => make(cloud, row.api(), name).await.0,
        };
        if name == "pending_refund" {
            keep_pending(cloud, &id).await;
        }
        path = path.replace(&format!("<{name}>"), &id);
        body = body.replace(&format!("<{name}>"), &id);
    }
    if row.function == "intents-recover-webhook-endpoint" {
        // One event that the endpoint missed, not all there ever were.
        event(cloud).await;
        body = json!({"since": SystemClock.now().s() - 1}).to_string();
    }
    if row.function == "direct-issue-token" {
        let credentials = &cloud.ready["credentials"];
        body = json!({"client_id": credentials["client_id"], "client_secret": credentials["secret_key"]})
            .to_string();
    }
    if row.function == "intents-create-payout" {
        fund(cloud).await;
    }
    let ask = match row.access {
        Access::Everybody if row.path.starts_with('/') && !row.asks_for_a_key() => {
            Ask::open(row.function, row.method(), path)
        }
        _ => Ask::new(row.function, row.method(), path),
    };
    ask.body(body).expecting(row.status).way(AS_IN_THE_TABLE)
}

async fn of_row(cloud: &Cloud, callers: &Callers, row: &Row, wanted: Wanted<'_>, asks: &mut Vec<Ask>) {
    if row.access == Access::Link {
        return;
    }
    if wanted(row.function, AS_IN_THE_TABLE) {
        asks.push(request_of(cloud, callers, row).await);
    }
    // These count a caller who has a key.
    let counts = row.function.ends_with("-unknown-route") && matches!(row.api(), "direct" | "intents");
    if counts && wanted(row.function, "with a key") {
        asks.push(Ask::get(row.function, "/none").expecting(404).way("with a key"));
    }
    if row.asks_for_a_key() && wanted(row.function, "over the limit") {
        let known = request_of(cloud, callers, row).await;
        if row.replays {
            known.succeed(cloud, callers).await;
        }
        asks.push(known.over(if row.replays { row.status } else { 429 }));
    }
}

/// An event of a payment, written as `publish-events` would; gives its id.
pub(super) async fn event(cloud: &Cloud) -> String {
    let event = succeeded_at(unique_number(), SystemClock.now());
    assert_eq!(cloud.store().create(cloud.demo_scope(), &event).await.unwrap(), Put::Created);
    event.id.to_prefixed("evt_")
}

/// A balance transaction, booked as `publish-events` would; gives its id.
async fn transaction(cloud: &Cloud) -> String {
    let (now, id) = (SystemClock.now(), unique_number().to_be_bytes());
    let booked = BalanceTransaction {
        id: BalanceTransactionId::from_bytes(id),
        version: 1,
        kind: TransactionKind::Charge,
        source: TransactionSource::Payment(PaymentId::from_bytes(id)),
        amount: Money { minor: 1000, currency: Currency::from_code("EUR").unwrap() },
        fee: 59,
        description: None,
        status: FundsStatus::Available,
        created: now,
        available_on: now,
        payout: None,
    };
    cloud.store().book(cloud.demo_scope(), &booked).await.unwrap();
    booked.id.to_prefixed("txn_")
}

/// Hides a refund from due work, which would settle it within seconds.
async fn keep_pending(cloud: &Cloud, id: &str) {
    let id = RefundId::parse("re_", id).unwrap();
    let key = json!({"pk": dynamodb::s(&format!("{}REF#{id}", cloud.demo_scope())), "sk": dynamodb::s("#")});
    let update = json!({"TableName": "tollgate", "Key": key, "UpdateExpression": "REMOVE gsi3pk, gsi3sk"});
    dynamodb::ask(cloud.ready["dynamodb"].as_str().unwrap(), "UpdateItem", &update).await;
}

/// Lists after a cursor, of a parent, and of everything.
async fn lists(cloud: &Cloud, callers: &Callers, wanted: Wanted<'_>, asks: &mut Vec<Ask>) {
    for (function, path, cursor) in [
        ("charges-list-customers", "/customers?limit=1", "customer"),
        ("charges-list-payments", "/payments?limit=1", "payment"),
        ("charges-list-refunds", "/refunds?limit=1", "refund"),
        ("intents-list-customers", "/customers?limit=1", "customer"),
        ("intents-list-payment-intents", "/payment_intents?limit=1", "intent"),
        ("intents-list-charges", "/charges?limit=1", "charge"),
        ("intents-list-refunds", "/refunds?limit=1", "refund"),
        ("intents-list-disputes", "/disputes?limit=1", "dispute"),
        ("intents-list-payouts", "/payouts?limit=1", "payout"),
        ("intents-list-accounts", "/accounts?limit=1", "connected"),
        ("intents-list-transfers", "/transfers?limit=1", "transfer"),
        ("intents-list-products", "/products?limit=1", "product"),
        ("intents-list-prices", "/prices?limit=1", "price"),
        ("intents-list-webhook-endpoints", "/webhook_endpoints?limit=1", "endpoint"),
        ("intents-list-balance-transactions", "/balance/history?limit=1", "transaction"),
        ("intents-list-events", "/events?limit=1", "event"),
        ("intents-list-api-keys", "/api_keys?limit=1", "key"),
    ] {
        if wanted(function, "all") {
            asks.push(Ask::get(function, path).way("all"));
        }
        if wanted(function, "after a cursor") {
            let api = function.split('-').next().unwrap();
            let id = match cursor {
                "event" => event(cloud).await,
                "transaction" => transaction(cloud).await,
                "endpoint" => callers.endpoint.clone(),
                _ => make(cloud, api, cursor).await.0,
            };
            asks.push(Ask::get(function, format!("{path}&starting_after={id}")).way("after a cursor"));
        }
    }
    for (function, path, of) in [
        ("charges-list-customers", "/customers?email=a@example.com", "customer"),
        ("charges-list-payments", "/payments?customer_id=<id>", "customer"),
        ("intents-list-customers", "/customers?email=a@example.com", "customer"),
        ("intents-list-payment-intents", "/payment_intents?customer=<id>", "customer"),
        ("intents-list-charges", "/charges?customer=<id>", "customer"),
        ("intents-list-refunds", "/refunds?payment_intent=<id>", "succeeded"),
        ("intents-list-disputes", "/disputes?payment_intent=<id>", "succeeded"),
        ("intents-list-payouts", "/payouts?destination=<id>", "bank_account"),
        ("intents-list-prices", "/prices?product=<id>", "product"),
        ("intents-list-balance-transactions", "/balance/history?source=<id>", "succeeded"),
        ("intents-list-events", "/events?related_object=<id>", "succeeded"),
    ] {
        if wanted(function, "of a parent") {
            let api = function.split('-').next().unwrap();
            let (id, _) = make(cloud, api, of).await;
            asks.push(Ask::get(function, path.replace("<id>", &id)).way("of a parent"));
        }
    }
}

/// Products with default prices, and prices with lookup keys, which one takes from another.
async fn catalog(cloud: &Cloud, wanted: Wanted<'_>, asks: &mut Vec<Ask>) {
    let price = async |key: &str| {
        let (product, _) = make(cloud, "intents", "product").await;
        let body = json!({"currency": "eur", "unit_amount": 700, "product": product, "lookup_key": key,
            "transfer_lookup_key": true});
        cloud.intents().post("/prices", &body).await.expect(201)
    };
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    if wanted("intents-create-price", "a key of another one") {
        let (key, product) = (unique(), make(cloud, "intents", "product").await.0);
        price(&key).await;
        let body = json!({"currency": "eur", "unit_amount": 700, "product": product, "lookup_key": key,
            "transfer_lookup_key": true});
        asks.push(
            Ask::post("intents-create-price", "/prices", &body).expecting(201).way("a key of another one"),
        );
    }
    if wanted("intents-update-price", "a key of another one") {
        let (key, own) = (unique(), price(&unique()).await);
        price(&key).await;
        let body = json!({"lookup_key": key, "transfer_lookup_key": true});
        let path = format!("/prices/{}", text(&own["id"]));
        asks.push(Ask::post("intents-update-price", path, &body).way("a key of another one"));
    }
    if wanted("intents-list-prices", "of a key") {
        let key = unique();
        price(&key).await;
        let path = format!("/prices?lookup_keys[]={key}&expand[]=data.product");
        asks.push(Ask::get("intents-list-prices", path).way("of a key"));
    }
    if wanted("intents-retrieve-price", "with its product") {
        let path = format!("/prices/{}?expand[]=product", text(&price(&unique()).await["id"]));
        asks.push(Ask::get("intents-retrieve-price", path).way("with its product"));
    }
    for (function, way) in [
        ("intents-update-product", "a default price"),
        ("intents-retrieve-product", "with its price"),
        ("intents-list-products", "with their prices"),
    ] {
        if !wanted(function, way) {
            continue;
        }
        let own = price(&unique()).await;
        let path = format!("/products/{}", text(&own["product"]));
        let update = Ask::post(
            "intents-update-product",
            &path,
            &json!({"default_price": own["id"], "expand": ["default_price"]}),
        );
        if function == "intents-update-product" {
            asks.push(update.way(way));
            continue;
        }
        cloud.intents().post(&path, &json!({"default_price": own["id"]})).await.expect(200);
        let path = if function == "intents-list-products" {
            "/products?expand[]=data.default_price".to_owned()
        } else {
            format!("{path}?expand[]=default_price")
        };
        asks.push(Ask::get(function, path).way(way));
    }
}

/// Lists of the payments of an order number.
async fn lists_of_an_order(cloud: &Cloud, wanted: Wanted<'_>, asks: &mut Vec<Ask>) {
    for (function, path) in
        [("intents-list-payment-intents", "/payment_intents"), ("intents-list-charges", "/charges")]
    {
        if !wanted(function, "of an order") {
            continue;
        }
        let order = unique();
        let paid = json!({"amount": 900, "currency": "eur", "payment_method": "pm_card_visa", "confirm": true,
            "metadata": {"order_id": order}});
        cloud.intents().post("/payment_intents", &paid).await.expect(201);
        let ask = Ask::get(function, format!("{path}?metadata[order_id]={order}")).way("of an order");
        eventually("the order is indexed", || async {
            let list = cloud.intents().get(&format!("{path}?metadata[order_id]={order}")).await.expect(200);
            (!list["data"].as_array().unwrap().is_empty()).then_some(())
        })
        .await;
        asks.push(ask);
    }
}

/// Bank accounts, and payouts to one.
async fn payouts(cloud: &Cloud, wanted: Wanted<'_>, asks: &mut Vec<Ask>) {
    let path = external_accounts(cloud).await;
    if wanted("intents-list-external-accounts", "after a cursor") {
        let (id, _) = make(cloud, "intents", "bank_account").await;
        let list = Ask::get("intents-list-external-accounts", format!("{path}?limit=1&starting_after={id}"));
        asks.push(list.way("after a cursor"));
    }
    if wanted("intents-update-external-account", "to the default") {
        let (id, _) = make(cloud, "intents", "bank_account").await;
        let default = json!({"default_for_currency": true});
        let update = Ask::post("intents-update-external-account", format!("{path}/{id}"), &default);
        asks.push(update.way("to the default"));
    }
    if wanted("intents-create-payout", "to a bank account") {
        fund(cloud).await;
        let (id, _) = make(cloud, "intents", "bank_account").await;
        let new = json!({"amount": 1, "currency": "eur", "destination": id});
        let payout = Ask::post("intents-create-payout", "/payouts", &new);
        asks.push(payout.expecting(201).way("to a bank account"));
    }
}

/// Another merchant, and payouts to it.
async fn connected(cloud: &Cloud, wanted: Wanted<'_>, asks: &mut Vec<Ask>) {
    if wanted("intents-retrieve-account", "a connected one") {
        let (id, _) = make(cloud, "intents", "connected").await;
        asks.push(Ask::get("intents-retrieve-account", format!("/accounts/{id}")).way("a connected one"));
    }
    if wanted("intents-create-payout", "to another merchant") {
        fund(cloud).await;
        let (id, _) = make(cloud, "intents", "accepted").await;
        let new = json!({"amount": 1, "currency": "eur", "destination": id});
        let payout = Ask::post("intents-create-payout", "/payouts", &new);
        asks.push(payout.expecting(201).way("to another merchant"));
    }
}

/// Customers that pay, change their addresses and are erased.
async fn customers(cloud: &Cloud, callers: &Callers, wanted: Wanted<'_>, asks: &mut Vec<Ask>) {
    let address = || format!("{}@example.com", unique());
    for (function, method) in
        [("charges-update-customer", Method::PATCH), ("intents-update-customer", Method::POST)]
    {
        if wanted(function, "to another address") {
            let (id, _) = make(cloud, "charges", "customer").await;
            let moved = Ask::new(function, method, format!("/customers/{id}"));
            asks.push(moved.body(json!({"email": address()}).to_string()).way("to another address"));
        }
    }
    for (function, status) in [("charges-delete-customer", 204), ("intents-delete-customer", 200)] {
        if wanted(function, "with payments and a card") {
            let id = customer_with_everything(cloud).await;
            let erased = Ask::new(function, Method::DELETE, format!("/customers/{id}"));
            asks.push(erased.expecting(status).way("with payments and a card"));
        }
    }
    if wanted("charges-create-payment", "of a named customer") {
        let (id, _) = make(cloud, "charges", "customer").await;
        let mut body = crate::payment("tok_visa_4242", 1000);
        body["customer_id"] = json!(id);
        let paid = Ask::post("charges-create-payment", "/payments", &body).expecting(201);
        asks.push(paid.way("of a named customer"));
    }
    let payer = async |payer: Value, way: &'static str| {
        let body = json!({
            "amount": 1000, "currency": "USD", "payment_method": "card", "customer": payer,
            "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"},
        });
        Ask::post("direct-create-payment", "/payments", &body).way(way)
    };
    if wanted("direct-create-payment", "of a named customer") {
        let (id, _) = make(cloud, "charges", "customer").await;
        asks.push(payer(json!({"id": id}), "of a named customer").await);
    }
    if wanted("direct-create-payment", "of a known customer") {
        let known = json!({"email": address()});
        payer(known.clone(), "before").await.succeed(cloud, callers).await;
        asks.push(payer(known, "of a known customer").await);
    }
    if wanted("direct-create-payment", "of a new customer") {
        asks.push(payer(json!({"email": address()}), "of a new customer").await);
    }
    if wanted("checkout-initialize-payment", "of a new customer") {
        let body = with(&unique(), &json!({"customer_email": address()}));
        let initialize = Ask::post("checkout-initialize-payment", "/payments/initialize", &body);
        asks.push(initialize.way("of a new customer"));
    }
}

/// A customer with a payment, a payment method and the events of all three.
pub(super) async fn customer_with_everything(cloud: &Cloud) -> String {
    let (id, _) = make(cloud, "charges", "customer").await;
    let mut payment = crate::payment("tok_visa_4242", 1000);
    payment["customer_id"] = json!(id);
    cloud.charges().post("/payments", &payment).await.expect(201);
    let (method, _) = make(cloud, "intents", "method").await;
    let attach = format!("/payment_methods/{method}/attach");
    cloud.intents().post(&attach, &json!({"customer": id})).await.expect(200);
    id
}

/// Keys of which nothing is kept beside them, as earlier releases made them.
fn keys(wanted: Wanted<'_>, asks: &mut Vec<Ask>) {
    let nobody = tollgate_domain::KeyId::from_bytes([7; 16]).to_prefixed("key_");
    for (function, method, path, body) in [
        ("intents-revoke-api-key", Method::DELETE, format!("/api_keys/{nobody}"), ""),
        ("intents-roll-api-key", Method::POST, format!("/api_keys/{nobody}/roll"), "{}"),
    ] {
        if wanted(function, "without an id") {
            asks.push(Ask::new(function, method, path).body(body).expecting(404).way("without an id"));
        }
    }
    if wanted("intents-create-api-key", "without live keys") {
        let created = Ask::post("intents-create-api-key", "/api_keys", &json!({})).expecting(201);
        asks.push(created.without_live_keys().way("without live keys"));
    }
}

/// Endpoints that were paused, and deliveries to one.
async fn webhooks(cloud: &Cloud, callers: &Callers, wanted: Wanted<'_>, asks: &mut Vec<Ask>) {
    if wanted("intents-recover-webhook-endpoint", "of a paused endpoint") {
        let (id, _) = make(cloud, "intents", "endpoint").await;
        pause(cloud, &id).await;
        let path = format!("/webhook_endpoints/{id}/recover");
        let recover =
            Ask::post("intents-recover-webhook-endpoint", path, &json!({"since": SystemClock.now().s()}));
        asks.push(recover.way("of a paused endpoint"));
    }
    if wanted("intents-retry-event", "to one endpoint") {
        let (event, to) = (event(cloud).await, json!({"webhook_endpoint": callers.endpoint}));
        asks.push(
            Ask::post("intents-retry-event", format!("/events/{event}/retry"), &to).way("to one endpoint"),
        );
    }
    if wanted("intents-list-webhook-deliveries", "after a cursor") {
        let path = delivered(cloud, &callers.endpoint).await;
        asks.push(Ask::get("intents-list-webhook-deliveries", path).way("after a cursor"));
    }
}

/// Longer than any test takes.
const PAUSED_MS: i64 = 60 * 60 * 1000;

/// Pauses an endpoint, as attempts that time out for long enough do.
async fn pause(cloud: &Cloud, id: &str) {
    let (store, tenant) = (cloud.store(), cloud.demo_scope());
    let id = EndpointId::parse("we_", id).unwrap().to_string();
    let made: WebhookEndpoint = store.get(tenant, &id).await.unwrap().unwrap();
    let now = SystemClock.now();
    let failing = made.after_attempt(Attempted::TimedOut, false, now).unwrap();
    assert_eq!(store.replace(tenant, &failing).await.unwrap(), Replaced::Done);
    let later = now.plus_ms(PAUSED_MS.max(endpoint::PAUSE_AFTER_MS));
    let paused = failing.after_attempt(Attempted::TimedOut, false, later).unwrap();
    assert_eq!(store.replace(tenant, &paused).await.unwrap(), Replaced::Done);
}

/// The list of an endpoint's deliveries after one.
async fn delivered(cloud: &Cloud, endpoint: &str) -> String {
    let event = event(cloud).await;
    let (of_event, to) =
        (EventId::parse("evt_", &event).unwrap(), EndpointId::parse("we_", endpoint).unwrap());
    let ended = Delivery {
        status: DeliveryStatus::Succeeded,
        due: None,
        ..Delivery::new(of_event, to, SystemClock.now())
    };
    assert_eq!(cloud.store().create(cloud.demo_scope(), &ended).await.unwrap(), Put::Created);
    format!("/webhook_endpoints/{endpoint}/deliveries?limit=1&starting_after={event}")
}

/// The pages, each of a payment of its own.
async fn pages(cloud: &Cloud, wanted: Wanted<'_>, asks: &mut Vec<Ask>) {
    let path_of = |url: &str| format!("/pages{}", url.split_once("/pages").unwrap().1);
    let show = |function, way, url: &str| Ask::open(function, Method::GET, path_of(url)).way(way);
    let answer = |function, way, url: &str, button: &str| {
        let ask = Ask::open(function, Method::POST, path_of(url)).way(way).expecting(303);
        ask.body(format!("answer={button}"))
    };
    let checkout = async |provider: &str| {
        let body = with(&unique(), &json!({"payment_provider": provider}));
        initialized(cloud, &body).await.1
    };
    let challenge = async |provider: &str| press_at(&checkout(provider).await, "pay").await.1;
    for provider in ["mpgs", "cybersource"] {
        if wanted("pages-show-checkout", provider) {
            asks.push(show("pages-show-checkout", provider, &checkout(provider).await));
        }
        if wanted("pages-answer-checkout", provider) {
            asks.push(answer("pages-answer-checkout", provider, &checkout(provider).await, "pay"));
        }
        if wanted("pages-show-challenge", provider) {
            asks.push(show("pages-show-challenge", provider, &challenge(provider).await));
        }
        if wanted("pages-answer-challenge", provider) {
            let page = challenge(provider).await;
            asks.push(answer("pages-answer-challenge", provider, &page, "complete"));
        }
    }
    if wanted("pages-receive-notice", "chargeback") {
        let (reference, url) = initialized(cloud, &with(&unique(), &json!({}))).await;
        pay(&url).await;
        let path = format!("/pages/notices/mpgs/{}/test", cloud.demo_scope().merchant);
        let notice = json!({"order": {"id": reference, "chargeback": {"amount": "1.00", "currency": "USD"}},
            "transaction": {"type": "CHARGEBACK"}});
        let ask = Ask::open("pages-receive-notice", Method::POST, path).way("chargeback");
        asks.push(ask.body(notice.to_string()).proven(notices::SECRET.0, notices::SECRET.1));
    }
    if wanted("pages-show-result", "decided") {
        let (_, said) = make(cloud, "charges", "payment").await;
        asks.push(show("pages-show-result", "decided", &result_page(cloud, &said[0]).await));
    }
}

/// The page that waits for the decision of a payment.
async fn result_page(cloud: &Cloud, payment: &Value) -> String {
    use tollgate_gateway::{Links, Purpose};
    let secret = cloud.secrets().get("LinkSecret").await.unwrap();
    let links = Links::new(&cloud.local("/pages"), secret.as_bytes());
    let id = tollgate_domain::PaymentId::parse("pay_", payment["id"].as_str().unwrap()).unwrap();
    links.url(Purpose::Result, cloud.demo_scope(), id, 1)
}
