//! `expand`: links in answers that are replaced by their objects.

use serde_json::{Value, json};
use tollgate_domain::Permission;
use tollgate_tests::{Client, Cloud, eventually};

use super::{
    super::callers::world::dispute_of,
    api_keys::restricted,
    balance::{REFUNDS_FAIL, booked, paid, unbook},
};

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// What a path leads to.
fn at<'a>(object: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(object, |object, name| &object[name])
}

/// The route that reads an object.
fn route(object: &Value) -> String {
    let folder = match text(&object["object"]) {
        "customer" => "customers",
        "payment_method" => "payment_methods",
        "payment_intent" => "payment_intents",
        "charge" => "charges",
        "refund" => "refunds",
        "dispute" => "disputes",
        "balance_transaction" => "balance_transactions",
        other => panic!("no route reads a {other}"),
    };
    format!("/{folder}/{}", text(&object["id"]))
}

/// A customer's payment whose refund failed: something with every link.
async fn made(intents: &Client) -> (Value, Value) {
    let customer = intents.post("/customers", &json!({"email": "a@example.com"})).await.expect(201);
    let card = json!({"type": "card", "card": {"number": REFUNDS_FAIL, "exp_month": 12, "exp_year": 2030}});
    let body = json!({"amount": 3000, "currency": "eur", "customer": customer["id"], "confirm": true,
        "payment_method_data": card, "setup_future_usage": "off_session"});
    let intent = intents.post("/payment_intents", &body).await.expect(201);
    let refund = json!({"payment_intent": intent["id"], "amount": 1000});
    let refund = intents.post("/refunds", &refund).await.expect(201);
    let path = format!("/refunds/{}", text(&refund["id"]));
    let failed = eventually("the refund has failed", || async {
        let refund = intents.get(&path).await.expect(200);
        (refund["status"] == "failed").then_some(refund)
    })
    .await;
    eventually("its money is back", || async {
        let back = format!("/balance_transactions/{}", text(&failed["failure_balance_transaction"]));
        (intents.get(&back).await.status == 200).then_some(())
    })
    .await;
    (intent, failed)
}

#[tokio::test]
async fn every_link_leads_to_what_its_own_route_answers() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let (intent, refund) = made(&intents).await;
    let charge = intents.get(&format!("/charges/{}", text(&intent["latest_charge"]))).await.expect(200);
    let of_charge = booked(&intents, &charge["id"]).await;
    let of_refund = format!("/balance_transactions/{}", text(&refund["balance_transaction"]));
    let of_refund = intents.get(&of_refund).await.expect(200);
    let disputed =
        json!({"amount": 500, "currency": "eur", "payment_method": "pm_card_createDispute", "confirm": true});
    let disputed = intents.post("/payment_intents", &disputed).await.expect(201);
    let dispute = dispute_of(&intents, &disputed).await;
    let of_dispute = booked(&intents, &dispute["id"]).await;
    let links: [(&Value, &[&str]); 7] = [
        (&dispute, &["charge", "payment_intent", "charge.balance_transaction"]),
        (&of_dispute, &["source", "source.charge"]),
        (
            &intent,
            &[
                "customer",
                "payment_method",
                "payment_method.customer",
                "latest_charge",
                "latest_charge.customer",
                "latest_charge.balance_transaction",
                "latest_charge.balance_transaction.source.payment_method",
            ],
        ),
        (
            &charge,
            &[
                "customer",
                "payment_method",
                "payment_intent",
                "payment_intent.customer",
                "balance_transaction",
            ],
        ),
        (
            &refund,
            &[
                "charge",
                "payment_intent",
                "balance_transaction",
                "failure_balance_transaction",
                "charge.balance_transaction",
                "charge.payment_intent.latest_charge",
            ],
        ),
        (&of_charge, &["source", "source.payment_intent"]),
        (&of_refund, &["source", "source.charge"]),
    ];
    for (object, paths) in links {
        for path in paths {
            let own = route(object);
            let whole = intents.get(&format!("{own}?expand[]={path}")).await.expect(200);
            let linked = at(&whole, path);
            assert!(linked.is_object(), "{path} of {own}: {whole}");
            assert_eq!(*linked, intents.get(&route(linked)).await.expect(200), "{path} of {own}");
            let (folder, id) = own.trim_start_matches('/').split_once('/').unwrap();
            let listed = intents.get(&format!("/{folder}?limit=100&expand[]=data.{path}")).await.expect(200);
            let listed = listed["data"].as_array().unwrap().iter().find(|one| one["id"] == id).unwrap();
            assert_eq!(at(listed, path), linked, "{path} in the list of {folder}");
        }
    }
    // Paths with a common beginning, in both orders.
    for (one, other) in
        [("latest_charge", "latest_charge.customer"), ("latest_charge.customer", "latest_charge")]
    {
        let both =
            intents.get(&format!("{}?expand[]={one}&expand[]={other}", route(&intent))).await.expect(200);
        assert_eq!(both["latest_charge"]["customer"]["id"], intent["customer"]);
    }
}

#[tokio::test]
async fn a_balance_transaction_is_shown_as_it_will_be_booked_before_it_is() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let intent = paid(&intents, 1000, "eur", "4242424242424242").await;
    let shown = booked(&intents, &intent["latest_charge"]).await;
    unbook(&cloud, &shown).await;
    intents.get(&route(&shown)).await.expect(404);
    let path = format!("/payment_intents/{}?expand[]=latest_charge.balance_transaction", text(&intent["id"]));
    let whole = intents.get(&path).await.expect(200);
    assert_eq!(whole["latest_charge"]["balance_transaction"], shown);

    // What took no money has none.
    let held = json!({"amount": 500, "currency": "eur", "payment_method": "pm_card_visa", "confirm": true,
        "capture_method": "manual", "expand": ["latest_charge.balance_transaction"]});
    let held = intents.post("/payment_intents", &held).await.expect(201);
    assert_eq!(held["latest_charge"]["balance_transaction"], Value::Null);
    let capture = format!("/payment_intents/{}/capture", text(&held["id"]));
    let taken = json!({"amount_to_capture": 400, "expand": ["latest_charge.balance_transaction"]});
    let taken = intents.post(&capture, &taken).await.expect(200);
    // 400 less 11.6 + 30.
    assert_eq!(taken["latest_charge"]["balance_transaction"]["net"], 358);
}

#[tokio::test]
async fn paths_that_lead_nowhere_or_where_the_caller_may_not_read_change_nothing() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let customer = intents.post("/customers", &json!({"email": "a@example.com"})).await.expect(201);
    let pays = async |client: &Client, path: &str| {
        let body = json!({"amount": 1000, "currency": "eur", "customer": customer["id"], "confirm": true,
            "payment_method": "pm_card_visa", "expand": [path]});
        client.post("/payment_intents", &body).await
    };
    for path in [
        "latest_charge.invoice",
        "latest_charge.",
        ".customer",
        "customer.customer",
        "data.customer",
        "latest_charge.payment_intent.latest_charge.payment_intent.customer",
    ] {
        let error = pays(&intents, path).await.expect(400)["error"].clone();
        assert_eq!(error["param"], "expand", "{path}: {error}");
    }
    let (_, payments) = restricted(&cloud, &[Permission::PaymentsRead, Permission::PaymentsWrite]).await;
    for path in ["customer", "latest_charge.customer", "payment_method.customer"] {
        assert_eq!(pays(&payments, path).await.status, 403, "{path}");
    }
    assert_eq!(intents.get("/payment_intents").await.expect(200)["data"], json!([]));
    assert_eq!(
        intents.get("/balance/history?format=csv&expand[]=data.source").await.expect(400)["error"]["param"],
        "expand"
    );
}
