//! The `checkout` API: hosted payments, their pages, decimal amounts, errors that list every wrong field.

use serde_json::{Value, json};
use tollgate_domain::{KeyKind, Mode, Permission, Tier};
use tollgate_tests::{Answer, Client, Cloud, run_sample};

use crate::challenge::{browser, press};

/// The request of the text, for an order of its own.
pub(crate) fn order(order_id: &str) -> Value {
    json!({
        "order_id": order_id,
        "amount": 100.50,
        "currency": "USD",
        "payment_provider": "mpgs",
        "card_number": "4111111111111111",
        "exp_month": "12",
        "exp_year": "25",
        "cvv": "123",
        "customer_email": "customer@example.com",
        "customer_name": "John Doe",
        "return_url": "https://your-website.com/payment/success",
        "cancel_url": "https://your-website.com/payment/cancel"
    })
}

pub(crate) fn with(order_id: &str, changes: &Value) -> Value {
    let mut body = order(order_id);
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// Initialises a payment; gives its reference and the page of its checkout.
pub(crate) async fn initialized(cloud: &Cloud, body: &Value) -> (String, String) {
    let answer = cloud.checkout().post("/payments/initialize", body).await.expect(200);
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    (text("transaction_reference"), text("redirect_url"))
}

pub(crate) async fn status(cloud: &Cloud, reference: &str) -> Value {
    let path = format!("/payments/{reference}/status");
    cloud.checkout().get(&path).await.expect(200)["data"].clone()
}

/// Presses a button of the checkout page; gives where it leads, made absolute.
pub(crate) async fn press_at(url: &str, button: &str) -> (Answer, String) {
    let answer = press(url, button).await;
    let base = reqwest::Url::parse(url).unwrap();
    let location = base.join(answer.header("location")).unwrap().to_string();
    (answer, location)
}

/// Pays and passes the challenge; gives where the payer ends up.
pub(crate) async fn pay(url: &str) -> String {
    let (answer, challenge) = press_at(url, "pay").await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert!(challenge.contains("/pages/challenge/"), "{challenge}");
    press_at(&challenge, "complete").await.1
}

#[track_caller]
fn failed(answer: &Answer, status: u16) -> String {
    let body = answer.expect(status);
    assert_eq!((body["success"].clone(), body.as_object().unwrap().len()), (json!(false), 2), "{body}");
    body["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_payment_goes_from_initialized_to_completed_to_refunded() {
    let cloud = Cloud::start().await;
    let checkout = cloud.checkout();
    let answer = checkout.post("/payments/initialize", &order("ORDER123456")).await;
    let body = answer.expect(200);
    let keys: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["success", "message", "redirect_url", "transaction_reference"]);
    assert_eq!(
        (&body["success"], &body["message"]),
        (&json!(true), &json!("Transaction initialized successfully"))
    );
    let reference = body["transaction_reference"].as_str().unwrap();
    assert!(reference.len() == 36 && reference.chars().filter(|c| *c == '-').count() == 4);
    let url = body["redirect_url"].as_str().unwrap();

    let path = format!("/payments/{reference}/status");
    let shown = checkout.get(&path).await;
    let all = shown.expect(200);
    assert_eq!((&all["success"], &all["message"]), (&json!(true), &json!("Transaction status retrieved")));
    assert!(shown.text.contains(r#""amount":100.50,"#), "{}", shown.text);
    let data = &all["data"];
    assert_eq!(
        [
            &data["status"],
            &data["currency"],
            &data["order_id"],
            &data["payment_method"],
            &data["card_type"],
            &data["card_last_four"],
            &data["completed_at"]
        ],
        [
            &json!("initialized"),
            &json!("USD"),
            &json!("ORDER123456"),
            &json!("card"),
            &json!("visa"),
            &json!("1111"),
            &Value::Null
        ]
    );
    assert!(data["created_at"].as_str().unwrap().ends_with('Z'));

    let page = Client::send(browser().get(url)).await;
    assert_eq!(page.status, 200);
    for shown in ["100.50 USD", "Demo merchant", "1111", "ORDER123456", "value=\"pay\"", "value=\"cancel\""] {
        assert!(page.text.contains(shown), "{shown}: {}", page.text);
    }
    assert!(!page.text.contains("<script") && !page.text.contains("http") && !page.text.contains("411111"));
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");

    let (answer, challenge) = press_at(url, "pay").await;
    assert_eq!(answer.status, 303);
    assert_eq!(status(&cloud, reference).await["status"], "pending");
    let (_, back) = press_at(&challenge, "complete").await;
    assert_eq!(
        back,
        format!(
            "https://your-website.com/payment/success?transaction_reference={reference}&order_id=ORDER123456"
        )
    );
    let data = status(&cloud, reference).await;
    assert_eq!(data["status"], "completed");
    assert!(data["completed_at"].as_str().unwrap().ends_with('Z'));

    let path = format!("/payments/{reference}/refund");
    let refunded = checkout.post(&path, &json!({"amount": 50.25})).await.expect(200);
    assert_eq!(
        refunded,
        json!({"success": true, "message": "Transaction refunded successfully", "transaction_reference": reference})
    );
    assert_eq!(status(&cloud, reference).await["status"], "refunded");
    let more = checkout.post(&path, &json!({"amount": 50.26})).await.expect(422);
    assert!(more["errors"]["amount"][0].as_str().unwrap().starts_with("The amount field"), "{more}");
    let rest = checkout.request(reqwest::Method::POST, &path);
    Client::send(rest).await.expect(200);
    assert_eq!(
        failed(&checkout.post(&path, &json!({})).await, 400),
        "Cannot refund transaction: Transaction is not in a completed state"
    );
}

#[tokio::test]
async fn american_express_is_given_html_that_leads_to_the_challenge() {
    let cloud = Cloud::start().await;
    for (n, (processor, card)) in
        [("cybersource", "378282246310005"), ("mpgs", "340000000000009")].iter().enumerate()
    {
        let body = with(
            &format!("amex-{n}"),
            &json!({"payment_provider": processor, "card_number": card, "cvv": "1234"}),
        );
        let answer = cloud.checkout().post("/payments/initialize", &body).await.expect(200);
        assert_eq!(
            (&answer["message"], &answer["action"], answer.get("redirect_url")),
            (&json!("3DS authentication required"), &json!("render_html"), None)
        );
        let reference = answer["transaction_reference"].as_str().unwrap();
        assert_eq!(status(&cloud, reference).await["status"], "pending");
        let html = answer["html_content"].as_str().unwrap();
        let (_, rest) = html.split_once("action=\"").unwrap();
        let (url, _) = rest.split_once('"').unwrap();
        assert!(html.contains("<button") && Client::send(browser().get(url)).await.status == 200);
        let (_, back) = press_at(url, "complete").await;
        assert!(back.starts_with("https://your-website.com/payment/success?"), "{back}");
        let data = status(&cloud, reference).await;
        assert_eq!((&data["status"], &data["card_type"]), (&json!("completed"), &json!("amex")));
    }
}

#[tokio::test]
async fn the_cards_of_both_tables_do_what_the_text_says() {
    let cloud = Cloud::start().await;
    for (n, (processor, card, end)) in [
        ("cybersource", "4111 1111 1111 1111", "completed"),
        ("cybersource", "5555555555554444", "completed"),
        ("cybersource", "4111111111111112", "failed"),
        ("cybersource", "4000000000000002", "failed"),
        ("mpgs", "4242424242424242", "completed"),
        ("mpgs", "5123450000000008", "completed"),
        ("mpgs", "4000000000000002", "failed"),
        ("mpgs", "4000000000009995", "failed"),
    ]
    .iter()
    .enumerate()
    {
        let body = with(&format!("card-{n}"), &json!({"payment_provider": processor, "card_number": card}));
        let (reference, url) = initialized(&cloud, &body).await;
        let back = pay(&url).await;
        let expected = if *end == "completed" { "success" } else { "cancel" };
        assert!(back.starts_with(&format!("https://your-website.com/payment/{expected}?")), "{card}: {back}");
        assert_eq!(status(&cloud, &reference).await["status"], *end, "{processor} {card}");
    }
}

#[tokio::test]
async fn a_payer_cancels_or_fails_the_challenge() {
    let cloud = Cloud::start().await;
    let (reference, url) = initialized(&cloud, &order("cancelled")).await;
    let (answer, back) = press_at(&url, "cancel").await;
    assert_eq!(answer.status, 303);
    assert_eq!(
        back,
        format!(
            "https://your-website.com/payment/cancel?transaction_reference={reference}&order_id=cancelled"
        )
    );
    assert_eq!(status(&cloud, &reference).await["status"], "cancelled");
    assert_eq!(press_at(&url, "pay").await.1, back, "too late to pay");
    let path = format!("/payments/{reference}/refund");
    assert_eq!(
        failed(&cloud.checkout().post(&path, &json!({})).await, 400),
        "Cannot refund transaction: Transaction is not in a completed state"
    );
    let (reference, url) = initialized(&cloud, &order("failed")).await;
    let (_, challenge) = press_at(&url, "pay").await;
    let (_, back) = press_at(&challenge, "fail").await;
    assert!(back.starts_with("https://your-website.com/payment/cancel?"), "{back}");
    assert_eq!(status(&cloud, &reference).await["status"], "failed");
    // Without addresses the pages say what came of it.
    let mut body = order("nowhere");
    body.as_object_mut().unwrap().retain(|name, _| !name.ends_with("_url"));
    let (_, url) = initialized(&cloud, &body).await;
    let (_, challenge) = press_at(&url, "pay").await;
    let said = press(&challenge, "complete").await;
    assert_eq!(said.status, 200);
    assert!(said.text.contains("The payment is complete"), "{}", said.text);
}

#[tokio::test]
async fn pressing_twice_charges_once_and_links_are_good_for_one_thing() {
    let cloud = Cloud::start().await;
    let (reference, url) = initialized(&cloud, &order("twice")).await;
    let (_, challenge) = press_at(&url, "pay").await;
    assert_eq!(press_at(&url, "pay").await.1, challenge);
    let mut presses = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let challenge = challenge.clone();
        presses.spawn(async move { press_at(&challenge, "complete").await.1 });
    }
    for back in presses.join_all().await {
        assert!(back.contains("/payment/success?") || back.contains("/pages/result/"), "{back}");
    }
    assert_eq!(status(&cloud, &reference).await["status"], "completed");
    let orders: Value = reqwest::get(cloud.local(&format!("/_networks/orders?reference={reference}")))
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(orders["data"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&orders["data"][0]["authorizations"], &orders["data"][0]["captures"]),
        (&json!(1), &json!(1))
    );
    for used in [&url, &challenge] {
        let page = Client::send(browser().get(used)).await;
        assert_eq!(page.status, 410);
        assert!(page.text.contains("This link was used"), "{}", page.text);
    }
    // A link for one page opens no other, and a changed one none.
    let (_, url) = initialized(&cloud, &order("forged")).await;
    let (claim, signature) = url.rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { 'B' } else { 'A' };
    for forged in [
        url.replace("/checkout/", "/challenge/"),
        url.replace("/checkout/", "/result/"),
        format!("{claim}.{other}{}", &signature[1..]),
    ] {
        let page = Client::send(browser().get(&forged)).await;
        assert_eq!(page.status, 404, "{forged}");
        assert!(page.text.contains("This link is not valid"));
    }
    assert_eq!(press(&url, "steal").await.status, 400);
}

#[tokio::test]
async fn a_link_expires_and_the_payment_with_it() {
    let cloud = Cloud::start_with(&[("CheckoutSeconds", "1")]).await;
    let (reference, url) = initialized(&cloud, &order("late")).await;
    let page = tollgate_tests::eventually("the link expires", || async {
        let page = Client::send(browser().get(&url)).await;
        (page.status == 410).then_some(page)
    })
    .await;
    assert!(page.text.contains("has expired") || page.text.contains("was used"), "{}", page.text);
    tollgate_tests::eventually("the payment is cancelled", || async {
        (status(&cloud, &reference).await["status"] == "cancelled").then_some(())
    })
    .await;
    let (_, back) = press_at(&url, "pay").await;
    assert!(back.starts_with("https://your-website.com/payment/cancel?"), "{back}");
}

#[tokio::test]
async fn every_wrong_field_is_listed_at_once() {
    let cloud = Cloud::start().await;
    let checkout = cloud.checkout();
    let nothing = checkout.post("/payments/initialize", &json!({})).await.expect(422);
    let required = |label: &str| json!([format!("The {label} field is required.")]);
    assert_eq!(
        nothing,
        json!({"success": false, "message": "Validation failed", "errors": {
            "order_id": required("order id"),
            "currency": required("currency"),
            "amount": required("amount"),
            "payment_provider": required("payment provider"),
            "card_number": required("card number"),
            "exp_month": required("exp month"),
            "exp_year": required("exp year"),
            "cvv": required("cvv"),
        }})
    );
    let wrong = with(
        "",
        &json!({
            "amount": "a lot", "currency": "ZZZ", "payment_provider": "cash", "card_number": 4, "exp_month": "1",
            "exp_year": "025", "cvv": [], "customer_email": "nobody", "customer_name": "a\u{0}b",
            "customer_phone": "1".repeat(40), "return_url": "javascript:alert(1)", "cancel_url": "x", "metadata": "x"
        }),
    );
    let body = checkout.post("/payments/initialize", &wrong).await.expect(422);
    let errors = body["errors"].as_object().unwrap();
    assert_eq!(errors.len(), 14, "{body}");
    assert_eq!(errors["payment_provider"][0], "The selected payment provider is invalid.");
    assert_eq!(errors["amount"][0], "The amount field must be a number.");
    assert_eq!(errors["exp_month"][0], "The exp month field must be 2 digits.");
    for (changes, field, message) in [
        (json!({"amount": 0}), "amount", "The amount field must be at least 0.01."),
        (json!({"amount": -5}), "amount", "The amount field must be at least 0.01."),
        (
            json!({"amount": 1.001}),
            "amount",
            "The amount field must be a number with at most 2 decimal places.",
        ),
        (
            json!({"amount": 10.5, "currency": "JPY"}),
            "amount",
            "The amount field must be a number with at most 0 decimal places.",
        ),
        (json!({"amount": 1_000_000}), "amount", "The amount field must not be greater than 999999.99."),
        // A hundredth is the least in currencies of three decimal places, too.
        (json!({"amount": 0.009, "currency": "KWD"}), "amount", "The amount field must be at least 0.010."),
        (json!({"amount": 0.001, "currency": "TND"}), "amount", "The amount field must be at least 0.010."),
        (json!({"amount": 0.0099, "currency": "CLF"}), "amount", "The amount field must be at least 0.0100."),
        (json!({"amount": 0, "currency": "JPY"}), "amount", "The amount field must be at least 1."),
        (json!({"metadata": ["a"]}), "metadata", "The metadata field must be an object."),
        (
            json!({"metadata": {"x": "y".repeat(8 * 1024)}}),
            "metadata",
            "The metadata field must have at most 8192 bytes.",
        ),
        (
            json!({"card_number": "4111111111111113"}),
            "card_number",
            "The card number field must be a valid card number.",
        ),
        (json!({"exp_month": "13"}), "exp_month", "The exp month field must be between 01 and 12."),
        (json!({"cvv": "1234"}), "cvv", "The cvv field must be 3 digits, or 4 on American Express."),
        (json!({"order_id": ""}), "order_id", "The order id field is required."),
    ] {
        let body = checkout.post("/payments/initialize", &with("wrong", &changes)).await.expect(422);
        assert_eq!(body["errors"], json!({field: [message]}));
    }
    let malformed = checkout.request(reqwest::Method::POST, "/payments/initialize").body("{\"order_id\":");
    assert_eq!(
        failed(&Client::send(malformed).await, 400),
        "The request body is not valid JSON: EOF while parsing a value at line 1 column 12."
    );
    let large = with("large", &json!({"metadata": {"x": "y".repeat(300 * 1024)}}));
    failed(&checkout.post("/payments/initialize", &large).await, 413);
    failed(&checkout.get("/nothing").await, 404);
    for reference in ["550e8400-e29b-41d4-a716-446655440000", "x", "pay_1"] {
        let gone = checkout.get(&format!("/payments/{reference}/status")).await;
        assert_eq!(failed(&gone, 404), "Transaction not found");
        let gone = checkout.post(&format!("/payments/{reference}/refund"), &json!({})).await;
        assert_eq!(failed(&gone, 404), "Transaction not found");
    }
    let all = cloud.charges().get("/payments").await.expect(200);
    assert_eq!(all["data"], json!([]), "nothing was written");
    let all = cloud.charges().get("/customers").await.expect(200);
    assert_eq!(all["data"], json!([]), "nothing was written");
    // What nobody knows is ignored; what may be a text is read as one.
    let odd = with("odd", &json!({"amount": "100.50", "colour": "blue", "metadata": {"a": 1}}));
    checkout.post("/payments/initialize", &odd).await.expect(200);
}

#[tokio::test]
async fn a_hundredth_is_the_smallest_amount() {
    let cloud = Cloud::start().await;
    for (amount, currency, shown) in [("0.01", "USD", "0.01"), ("0.01", "KWD", "0.010"), ("1", "JPY", "1")] {
        let changes = json!({"amount": amount, "currency": currency});
        let (reference, _) = initialized(&cloud, &with(currency, &changes)).await;
        let path = format!("/payments/{reference}/status");
        let text = cloud.checkout().get(&path).await.text;
        assert!(text.contains(&format!("\"amount\":{shown},")), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_is_any_object_and_comes_back_as_it_came() {
    let cloud = Cloud::start().await;
    let checkout = cloud.checkout();
    let receiver = tollgate_tests::Receiver::start(&[]).await;
    let endpoint = json!({"url": receiver.url, "api": "charges", "enabled_events": ["payment.succeeded"]});
    cloud.intents().post("/webhook_endpoints", &endpoint).await.expect(201);
    let many: serde_json::Map<String, Value> = (0..60).map(|n| (format!("k{n}"), json!(n))).collect();
    for (n, sent) in [
        json!({"plan": "gold", "seats": 3, "trial": false}),
        json!({"cart": [{"sku": "a-1", "qty": 2}, {"sku": "b-2", "qty": 1, "note": null}], "depth": {"of": {"objects": []}}}),
        json!({"10": "ten", "2": "two", "": "no name", "a\u{0}b": "line\none", "é": "№"}),
        json!({"big": 9_007_199_254_740_991_u64, "float": 0.1, "minus": -1.5e-7, "null": null}),
        json!({"long": "x".repeat(8 * 1024 - 11)}),
        Value::Object(many),
    ]
    .iter()
    .enumerate()
    {
        let (reference, url) = initialized(&cloud, &with(&format!("meta-{n}"), &json!({"metadata": sent}))).await;
        let path = format!("/payments/{reference}/status");
        let text = format!("\"metadata\":{sent}}}");
        let shown = checkout.get(&path).await.text;
        assert!(shown.contains(&text), "{shown}");
        pay(&url).await;
        let shown = checkout.get(&path).await;
        assert_eq!(shown.json()["data"]["status"], "completed");
        assert!(shown.text.contains(&text), "{}", shown.text);
        // The other front doors show it, too.
        let listed = cloud.charges().get("/payments?limit=1").await.expect(200);
        assert_eq!(listed["data"][0]["metadata"], *sent);
    }
    // Every digit is the merchant's.
    let sent = r#"{ "price": 100.00,  "id": 123456789012345678901234567890 }"#;
    let body = order("verbatim").to_string().replacen('{', &format!("{{\"metadata\":{sent},"), 1);
    let request = checkout.request(reqwest::Method::POST, "/payments/initialize");
    let made = Client::send(request.header("content-type", "application/json").body(body)).await;
    let path = format!("/payments/{}/status", made.expect(200)["transaction_reference"].as_str().unwrap());
    let shown = checkout.get(&path).await.text;
    let kept = r#""metadata":{"price":100.00,"id":123456789012345678901234567890}}"#;
    assert!(shown.contains(kept), "{shown}");
    // Without any the answer has the fields of the text and no others.
    for (n, none) in [json!({}), json!({"metadata": null}), json!({"metadata": {}})].iter().enumerate() {
        let (reference, _) = initialized(&cloud, &with(&format!("none-{n}"), none)).await;
        assert_eq!(status(&cloud, &reference).await.as_object().unwrap().len(), 9);
    }
    let told = receiver.wait_for(6).await;
    let nested = told
        .iter()
        .map(tollgate_tests::Webhook::json)
        .find(|event| event["data"]["object"]["metadata"]["cart"].is_array());
    assert_eq!(nested.unwrap()["data"]["object"]["metadata"]["depth"], json!({"of": {"objects": []}}));
}

#[tokio::test]
async fn an_idempotency_key_is_for_one_initialization() {
    let cloud = Cloud::start().await;
    let checkout = cloud.checkout();
    let post = async |key: &str, body: &Value| checkout.post_once("/payments/initialize", key, body).await;
    let used = json!({"order_id": ["The order id field has already been used for another payment."]});
    let other_order = json!({"order_id": ["The order id field came with an Idempotency-Key that was used for another request."]});
    let first = post("key-1", &order("k-1")).await;
    first.expect(200);
    let again = post("key-1", &order("k-1")).await;
    assert_eq!((again.text.as_str(), again.header("idempotent-replayed")), (first.text.as_str(), "true"));
    // One key for two orders.
    let refused = post("key-1", &order("k-2")).await.expect(422);
    assert_eq!(refused["errors"], other_order);
    // Nothing was written of it: the order is free.
    post("key-2", &order("k-2")).await.expect(200);
    // The same order in another way, with the same key and with a new one.
    let changed = with("k-1", &json!({"amount": 7}));
    assert_eq!(post("key-1", &changed).await.expect(422)["errors"], other_order);
    assert_eq!(post("key-3", &changed).await.expect(422)["errors"], used);
    // A key of a refused request is free.
    post("key-3", &order("k-3")).await.expect(200);
    // A key that came with a retry is the order's from then on, whatever the first request came with.
    let keyless = checkout.post("/payments/initialize", &order("k-4")).await;
    assert_eq!(post("key-4", &order("k-4")).await.text, keyless.text);
    assert_eq!(post("key-4", &order("k-5")).await.expect(422)["errors"], other_order);
    // Many at once: one transaction for a key, whichever order comes first.
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..12 {
        let checkout = checkout.clone();
        tasks.spawn(async move {
            let body = order(&format!("race-{}", n % 3));
            checkout.post_once("/payments/initialize", "key-race", &body).await
        });
    }
    let answers = tasks.join_all().await;
    let made: std::collections::HashSet<_> =
        answers.iter().filter(|answer| answer.status == 200).map(|answer| answer.text.clone()).collect();
    assert_eq!(made.len(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!(answer.expect(422)["errors"], other_order);
    }
    // An attempt that ended makes way for another request, but a retry with its key is told of it.
    let url = first.json()["redirect_url"].as_str().unwrap().to_owned();
    press_at(&url, "cancel").await;
    assert_eq!(post("key-1", &order("k-1")).await.text, first.text);
    let second = post("key-5", &order("k-1")).await;
    assert_ne!(second.expect(200)["transaction_reference"], first.json()["transaction_reference"]);
    assert_eq!(post("key-5", &order("k-1")).await.text, second.text);
    assert_eq!(post("key-1", &order("k-1")).await.text, first.text);
    // Another merchant's key, or one that is none.
    let long = post(&"x".repeat(256), &order("k-6")).await;
    assert_eq!(
        failed(&long, 400),
        "The Idempotency-Key header must have 1 to 255 printable ASCII characters."
    );
}

#[tokio::test]
async fn refunds_of_wrong_amounts_are_told_why() {
    let cloud = Cloud::start().await;
    let checkout = cloud.checkout();
    let (reference, url) = initialized(&cloud, &order("refunds")).await;
    pay(&url).await;
    let path = format!("/payments/{reference}/refund");
    let number = "The amount field must be a number with no more decimal places than the currency has.";
    let positive = "The amount field must be above zero.";
    let left = "The amount field must not be greater than what is left to refund.";
    for (amount, message) in [
        (json!(0), positive),
        (json!(0.0), positive),
        (json!(-1), positive),
        (json!("-1"), positive),
        (json!("0"), positive),
        (json!(100.51), left),
        (json!("100.51"), left),
        (json!(50.001), number),
        (json!(1e30), number),
        (json!("all"), number),
        (json!(""), number),
        (json!(true), number),
        (json!([1]), number),
        (json!({}), number),
    ] {
        let refused = checkout.post(&path, &json!({"amount": amount})).await;
        assert_eq!(
            refused.expect(422),
            json!({"success": false, "message": "Validation failed", "errors": {"amount": [message]}}),
            "{amount}"
        );
    }
    let array = checkout.request(reqwest::Method::POST, &path).body("[]");
    assert_eq!(failed(&Client::send(array).await, 400), "The request body must be a JSON object.");
    assert_eq!(status(&cloud, &reference).await["status"], "completed");
    checkout.post(&path, &json!({"amount": 0.01})).await.expect(200);
    assert_eq!(status(&cloud, &reference).await["status"], "refunded");
    // A payment that was not made has nothing to refund, whatever the amount.
    let (reference, _) = initialized(&cloud, &order("not-paid")).await;
    let path = format!("/payments/{reference}/refund");
    for amount in [json!(1), json!(1000), Value::Null] {
        let refused = checkout.post(&path, &json!({"amount": amount})).await;
        assert_eq!(
            failed(&refused, 400),
            "Cannot refund transaction: Transaction is not in a completed state"
        );
    }
}

#[tokio::test]
async fn a_key_without_the_right_is_forbidden_in_the_documented_shape() {
    let cloud = Cloud::start().await;
    let reader = cloud.demo_key(Mode::Test, KeyKind::Secret, &[Permission::PaymentsRead]).await;
    let reader = cloud.client_of("checkout", &reader);
    assert_eq!(
        failed(&reader.post("/payments/initialize", &order("forbidden")).await, 403),
        "The API key lacks the scope payments:write. Use a key that has it."
    );
    let publishable = cloud.ready["credentials"]["publishable_key"].as_str().unwrap();
    let page = cloud.client_of("checkout", publishable);
    assert_eq!(
        failed(&page.get("/payments/x/status").await, 403),
        "A publishable key may not do this. Use a secret key (sk_…) from your server."
    );
}

#[tokio::test]
async fn every_answer_tells_where_the_merchant_stands_in_its_minute() {
    let cloud = Cloud::start().await;
    let checkout = cloud.checkout();
    let first = checkout.post("/payments/initialize", &order("stands")).await;
    let reference = first.json()["transaction_reference"].as_str().unwrap().to_owned();
    let answers = [
        first,
        checkout.get(&format!("/payments/{reference}/status")).await,
        checkout.get("/payments/x/status").await,
        checkout.post("/payments/initialize", &json!({})).await,
        checkout.post(&format!("/payments/{reference}/refund"), &json!({})).await,
    ];
    tollgate_tests::stands(&answers, 100, 99);
}

#[tokio::test]
async fn an_order_is_initialized_once() {
    let cloud = Cloud::start().await;
    let checkout = cloud.checkout();
    let first = checkout.post("/payments/initialize", &order("o-1")).await;
    let again = checkout.post("/payments/initialize", &order("o-1")).await;
    assert_eq!((first.status.as_u16(), &first.text), (200, &again.text));
    assert_eq!(again.header("idempotent-replayed"), "true");
    pay(first.json()["redirect_url"].as_str().unwrap()).await;
    let later = checkout.post("/payments/initialize", &order("o-1")).await;
    assert_eq!(later.text, first.text);
    let other = checkout.post("/payments/initialize", &with("o-1", &json!({"amount": 1}))).await.expect(422);
    assert_eq!(
        other["errors"],
        json!({"order_id": ["The order id field has already been used for another payment."]})
    );
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let checkout = checkout.clone();
        tasks.spawn(async move { checkout.post("/payments/initialize", &order("o-2")).await.expect(200) });
    }
    let references: std::collections::HashSet<_> =
        tasks.join_all().await.iter().map(|b| b["transaction_reference"].to_string()).collect();
    assert_eq!(references.len(), 1);
    // Unicode is an order's number as good as any.
    checkout.post("/payments/initialize", &order("Bestellung № 7 – ü")).await.expect(200);
}

#[tokio::test]
async fn both_credentials_are_needed_and_a_merchant_has_a_hundred_requests() {
    let cloud = Cloud::start().await;
    let checkout = cloud.checkout();
    let account = cloud.ready["credentials"]["api_key"].as_str().unwrap();
    let url = format!("{}/payments/550e8400-e29b-41d4-a716-446655440000/status", cloud.api("checkout"));
    let http = browser();
    for request in [
        http.get(&url),
        http.get(&url).header("X-Api-Key", account),
        http.get(&url).header("X-Api-Secret", cloud.key()),
        http.get(&url).header("X-Api-Key", account).header("X-Api-Secret", "sk_test_wrong"),
        http.get(&url).header("X-Api-Key", "someone").header("X-Api-Secret", cloud.key()),
        http.get(&url).bearer_auth(cloud.key()),
    ] {
        assert_eq!(failed(&Client::send(request).await, 401), "Invalid API credentials");
    }
    let admin = cloud.admin();
    let merchant = admin.create_merchant("Other", Tier::Growth).await.unwrap();
    let mut clients = Vec::new();
    for _ in 0..2 {
        let new = tollgate_gateway::NewKey {
            merchant: merchant.id,
            mode: Mode::Test,
            kind: KeyKind::Secret,
            scopes: Permission::ALL.to_vec(),
        };
        let key = admin.create_key(new).await.unwrap();
        clients.push((checkout.with_key(&key.secret).with_account(&merchant.id.to_string()), key.key.id));
    }
    // A merchant without an account with the processor, and nothing of another merchant's.
    let refused = clients[0].0.post("/payments/initialize", &order("x")).await.expect(422);
    assert_eq!(
        refused["errors"],
        json!({"payment_provider": ["The payment provider field must be one that the merchant account is configured for."]})
    );
    let (reference, _) = initialized(&cloud, &order("mine")).await;
    let theirs = clients[0].0.get(&format!("/payments/{reference}/status")).await;
    assert_eq!(failed(&theirs, 404), "Transaction not found");
    for n in 0..98 {
        let answer = clients[n % 2].0.get("/payments/x/status").await;
        assert_eq!(answer.status.as_u16(), 404, "{n}");
    }
    let answer = clients[1].0.get("/payments/x/status").await;
    let message = failed(&answer, 429);
    let wait: i64 = answer.header("retry-after").parse().unwrap();
    assert_eq!(message, format!("More than 100 requests in a minute. Retry in {wait} seconds."));
    assert!((wait - tollgate_tests::reset_in(&answer)).abs() <= 2, "{wait}");
    admin.revoke_key(merchant.id, clients[0].1).await.unwrap();
    assert_eq!(failed(&clients[0].0.get("/payments/x/status").await, 401), "Invalid API credentials");
}

#[tokio::test]
async fn one_merchant_takes_a_payment_through_each_front_door_and_sees_all_of_them() {
    let cloud = Cloud::start().await;
    let (charges, direct, simple) = (cloud.charges(), cloud.client("direct"), cloud.client("simple"));
    let by_charges =
        charges.post("/payments", &crate::payment("tok_visa_4242", 1000)).await.expect(201)["id"].clone();
    let by_direct = direct
        .post("/payments", &json!({"amount": 2000, "currency": "JPY", "payment_method": "apple_pay", "apple_pay": {"token": "tok_apple_x"}}))
        .await
        .expect(200)["id"]
        .clone();
    let by_simple = simple
        .post("/payments", &json!({"amount": 30.5, "currency": "USD", "source": "tok_visa"}))
        .await
        .expect(201)["id"]
        .clone();
    let (reference, url) = initialized(&cloud, &order("one-of-each")).await;
    pay(&url).await;
    let all = direct.get("/transactions").await.expect(200);
    let seen: Vec<_> = all["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| {
            (p["amount"].as_i64().unwrap(), p["currency"].as_str().unwrap(), p["status"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        seen,
        [
            (10050, "USD", "succeeded"),
            (3050, "USD", "succeeded"),
            (2000, "JPY", "succeeded"),
            (1000, "GBP", "succeeded")
        ]
    );
    let hosted = all["data"][0]["id"].as_str().unwrap();
    for (id, minor) in [(&by_charges, 1000), (&by_direct, 2000), (&by_simple, 3050)] {
        let shown = direct.get(&format!("/payments/{}", id.as_str().unwrap())).await.expect(200);
        assert_eq!(shown["amount"], minor);
    }
    // Refunds through three front doors add up, over the wire where the payment was made over it.
    direct.post(&format!("/payments/{hosted}/refund"), &json!({"amount": 50})).await.expect(200);
    simple.post("/refunds", &json!({"payment_id": hosted, "amount": 0.5})).await.expect(201);
    charges.post("/refunds", &json!({"payment_id": hosted, "amount": 450})).await.expect(201);
    let path = format!("/payments/{reference}/refund");
    cloud.checkout().post(&path, &json!({"amount": 95.01})).await.expect(422);
    cloud.checkout().post(&path, &json!({"amount": 95})).await.expect(200);
    let refunds = charges.get(&format!("/refunds?payment_id={hosted}")).await.expect(200);
    let sum: i64 = refunds["data"].as_array().unwrap().iter().map(|r| r["amount"].as_i64().unwrap()).sum();
    assert_eq!(sum, 10050);
    assert!(refunds["data"].as_array().unwrap().iter().all(|r| r["status"] == "succeeded"));
    let orders: Value = reqwest::get(cloud.local(&format!("/_networks/orders?reference={reference}")))
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!((&orders["data"][0]["refunds"], &orders["data"][0]["refunded"]), (&json!(4), &json!(10050)));
}

#[tokio::test]
async fn no_file_and_no_log_holds_a_card_number_or_a_security_code() {
    let cloud = Cloud::start_with(&[("LogLevel", "trace")]).await;
    let (pan, cvc) = ("4012888888881881", "8675309");
    let card = json!({"card_number": pan, "cvv": "867"});
    let (_, url) = initialized(&cloud, &with("kept", &card)).await;
    let (_, challenge) = press_at(&url, "pay").await;
    let direct = json!({"amount": 5000, "currency": "USD", "payment_method": "card", "customer": {"email": "a@example.com"},
        "card": {"number": pan, "exp_month": 12, "exp_year": 2030, "cvc": "867"}});
    cloud.client("direct").post_once("/payments", "k", &direct).await.expect(200);
    let mut refused = direct.clone();
    refused["card"]["cvc"] = json!(cvc);
    cloud.client("direct").post("/payments", &refused).await.expect(400);
    let look = |cloud: &Cloud, when: &str| {
        let log = cloud.log.lock().unwrap().join("\n");
        assert!(log.contains("\"message\":\"request\""));
        assert!(!log.contains(pan) && !log.contains(cvc), "the log, {when}");
        for entry in std::fs::read_dir(cloud.data.path()).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            let holds = |needle: &str| bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
            assert!(!holds(pan) && !holds(cvc) && !holds("\"867\""), "{} {when}", path.display());
        }
    };
    look(&cloud, "while the payment waits");
    press_at(&challenge, "complete").await;
    look(&cloud, "when it is made");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_php_samples_of_the_text_run_unchanged() {
    let cloud = Cloud::start().await;
    let needs = ["php", "-r", "exit(function_exists('curl_init') ? 0 : 1);"];
    let credentials = &cloud.ready["credentials"];
    let fill = |program: &str, reference: &str| {
        let program = program
            .replace("https://gateway.pesogate.com/api/v1", &cloud.api("checkout"))
            .replace("'your_api_key'", &format!("'{}'", credentials["api_key"].as_str().unwrap()))
            .replace("'your_api_secret'", &format!("'{}'", credentials["api_secret"].as_str().unwrap()))
            .replace("550e8400-e29b-41d4-a716-446655440000", reference);
        program.replace("?>", "echo json_encode($result);\n?>")
    };
    let initialize = r"<?php
$apiKey = 'your_api_key';
$apiSecret = 'your_api_secret';
$url = 'https://gateway.pesogate.com/api/v1/payments/initialize';
$data = [
'order_id' => 'ORDER123456',
'amount' => 100.50,
'currency' => 'USD',
'payment_provider' => 'mpgs',
'card_number' => '4111111111111111',
'exp_month' => '12',
'exp_year' => '25',
'cvv' => '123',
'customer_email' => 'customer@example.com',
'customer_name' => 'John Doe',
'return_url' => 'https://your-website.com/payment/success',
'cancel_url' => 'https://your-website.com/payment/cancel'
];
$ch = curl_init($url);
curl_setopt($ch, CURLOPT_RETURNTRANSFER, true);
curl_setopt($ch, CURLOPT_POST, true);
curl_setopt($ch, CURLOPT_POSTFIELDS, json_encode($data));
curl_setopt($ch, CURLOPT_HTTPHEADER, [
'Content-Type: application/json',
'X-Api-Key: ' . $apiKey,
'X-Api-Secret: ' . $apiSecret
]);
$response = curl_exec($ch);
curl_close($ch);
$result = json_decode($response, true);
?>";
    let Some(printed) = run_sample(&["php"], &needs, &fill(initialize, "")).await else {
        return;
    };
    let body: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(body["success"], true, "{printed}");
    let reference = body["transaction_reference"].as_str().unwrap();
    pay(body["redirect_url"].as_str().unwrap()).await;
    let check = r#"<?php
$apiKey = 'your_api_key';
$apiSecret = 'your_api_secret';
$referenceId = '550e8400-e29b-41d4-a716-446655440000';
$url = "https://gateway.pesogate.com/api/v1/payments/{$referenceId}/status";
$ch = curl_init($url);
curl_setopt($ch, CURLOPT_RETURNTRANSFER, true);
curl_setopt($ch, CURLOPT_HTTPHEADER, [
'X-Api-Key: ' . $apiKey,
'X-Api-Secret: ' . $apiSecret
]);
$response = curl_exec($ch);
curl_close($ch);
$result = json_decode($response, true);
?>"#;
    let printed = run_sample(&["php"], &needs, &fill(check, reference)).await.unwrap();
    let body: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(
        (&body["data"]["status"], &body["data"]["amount"]),
        (&json!("completed"), &json!(100.5)),
        "{printed}"
    );
    let refund = r#"<?php
$apiKey = 'your_api_key';
$apiSecret = 'your_api_secret';
$referenceId = '550e8400-e29b-41d4-a716-446655440000';
$url = "https://gateway.pesogate.com/api/v1/payments/{$referenceId}/refund";
$data = [
'amount' => 50.25 // For partial refund
];
$ch = curl_init($url);
curl_setopt($ch, CURLOPT_RETURNTRANSFER, true);
curl_setopt($ch, CURLOPT_POST, true);
curl_setopt($ch, CURLOPT_POSTFIELDS, json_encode($data));
curl_setopt($ch, CURLOPT_HTTPHEADER, [
'Content-Type: application/json',
'X-Api-Key: ' . $apiKey,
'X-Api-Secret: ' . $apiSecret
]);
$response = curl_exec($ch);
curl_close($ch);
$result = json_decode($response, true);
?>"#;
    let printed = run_sample(&["php"], &needs, &fill(refund, reference)).await.unwrap();
    let body: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(body["message"], "Transaction refunded successfully", "{printed}");
}

#[tokio::test]
async fn an_order_whose_attempt_ended_without_money_can_be_paid_under_its_number_again() {
    let cloud = Cloud::start().await;
    let other = json!({"amount": 7.25, "card_number": "5123450000000008"});
    // Cancelled by the payer, failed at the challenge, declined by the issuer.
    for end in ["cancel", "fail", "declined"] {
        let number = format!("again-{end}");
        let card = if end == "declined" { json!({"card_number": "4000000000009995"}) } else { json!({}) };
        let (first, url) = initialized(&cloud, &with(&number, &card)).await;
        // While it is alive, another request with its number is refused, and the same one is the same payment.
        let taken = cloud.checkout().post("/payments/initialize", &with(&number, &other)).await.expect(422);
        assert!(taken["errors"]["order_id"].is_array(), "{taken}");
        assert_eq!(initialized(&cloud, &with(&number, &card)).await.0, first);
        match end {
            "cancel" => {
                press_at(&url, "cancel").await;
            }
            button => {
                let (_, challenge) = press_at(&url, "pay").await;
                let button = if button == "fail" { "fail" } else { "complete" };
                press_at(&challenge, button).await;
            }
        }
        let ended = status(&cloud, &first).await["status"].clone();
        assert!(ended == "cancelled" || ended == "failed", "{ended}");
        // Another request, and the very same one: each begins a new attempt only once.
        let (second, url) = initialized(&cloud, &with(&number, &other)).await;
        assert_ne!(second, first);
        assert_eq!(initialized(&cloud, &with(&number, &other)).await.0, second);
        let back = pay(&url).await;
        assert!(back.contains("/payment/success?"), "{back}");
        assert_eq!(status(&cloud, &second).await["status"], "completed");
        assert_eq!(status(&cloud, &first).await["status"], ended, "it stays readable");
        // A paid order is paid: its number stays taken, whatever the request.
        let taken = cloud.checkout().post("/payments/initialize", &with(&number, &card)).await;
        assert_eq!(taken.status, 422, "{}", taken.text);
    }
}

#[tokio::test]
async fn an_attempt_that_has_expired_makes_way_though_due_work_has_not_come_by() {
    let cloud = Cloud::start_with(&[("CheckoutSeconds", "1")]).await;
    let (first, url) = initialized(&cloud, &order("expired")).await;
    let second = tollgate_tests::eventually("a new attempt", || async {
        let answer =
            cloud.checkout().post("/payments/initialize", &with("expired", &json!({"amount": 9}))).await;
        (answer.status == 200).then(|| answer.json()["transaction_reference"].clone())
    })
    .await;
    assert_ne!(second, json!(first));
    let (_, next) = press_at(&url, "pay").await;
    assert!(next.contains("/payment/cancel?"), "the old page is over: {next}");
    assert_eq!(status(&cloud, &first).await["status"], "cancelled");
}
