//! The `direct` API: raw cards, wallets, stored cards, access tokens, offset lists, its five events.

use reqwest::Method;
use serde_json::{Value, json};
use tollgate_domain::{KeyKind, Mode, Permission, Tier};
use tollgate_tests::{Answer, Client, Cloud, Receiver, run_sample};

use crate::challenge::press;

/// The request of the text.
fn sample() -> Value {
    json!({
        "amount": 5000,
        "currency": "USD",
        "payment_method": "card",
        "customer": {"email": "customer@example.com", "name": "John Doe"},
        "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2025, "cvc": "123"},
        "description": "Order #12345"
    })
}

fn with(path: &str, value: Value) -> Value {
    let mut body = sample();
    *body.pointer_mut(path).unwrap() = value;
    body
}

fn without(object: &str, key: &str) -> Value {
    let mut body = sample();
    body.pointer_mut(object).unwrap().as_object_mut().unwrap().remove(key);
    body
}

#[track_caller]
fn error(answer: &Answer, status: u16, error_type: &str, code: &str, param: Option<&str>) -> String {
    let body = answer.expect(status);
    let error = &body["error"];
    assert_eq!(
        (error["type"].as_str(), error["code"].as_str(), error["param"].as_str()),
        (Some(error_type), Some(code), param),
        "{body}"
    );
    assert_eq!((body.as_object().unwrap().len(), error.as_object().unwrap().len()), (1, 4), "{body}");
    error["message"].as_str().unwrap().to_owned()
}

/// The body of a request for an access token.
fn credentials(cloud: &Cloud, secret: &str) -> Value {
    json!({"client_id": cloud.ready["credentials"]["client_id"], "client_secret": secret})
}

fn number(card: &str) -> Value {
    with("/card/number", json!(card))
}

#[tokio::test]
async fn a_card_payment_has_the_documented_fields_and_makes_its_customer() {
    let cloud = Cloud::start().await;
    let direct = cloud.client("direct");
    let paid = direct.post("/payments", &sample()).await;
    let body = paid.expect(200);
    assert_eq!(
        (&body["status"], &body["amount"], &body["currency"], &body["customer"]["email"]),
        (&json!("succeeded"), &json!(5000), &json!("USD"), &json!("customer@example.com"))
    );
    assert!(body["id"].as_str().unwrap().starts_with("pay_") && body["created"].is_i64());
    let customer = body["customer"]["id"].as_str().unwrap();
    assert!(customer.starts_with("cus_"));
    assert!(!paid.text.contains("4242424242424242") && !paid.text.contains("123\""));
    let id = body["id"].as_str().unwrap();
    assert_eq!(direct.get(&format!("/payments/{id}")).await.expect(200), body);
    // The customer is one of the ledger's, found again by its address in whatever case, and told of a new name.
    let known = cloud.charges().get(&format!("/customers/{customer}")).await.expect(200);
    assert_eq!((&known["email"], &known["name"]), (&json!("customer@example.com"), &json!("John Doe")));
    let mut again = with("/customer/email", json!("Customer@Example.com"));
    again["customer"]["name"] = json!("John R. Doe");
    assert_eq!(direct.post("/payments", &again).await.expect(200)["customer"]["id"], customer);
    let known = cloud.charges().get(&format!("/customers/{customer}")).await.expect(200);
    assert_eq!((&known["email"], &known["name"]), (&json!("customer@example.com"), &json!("John R. Doe")));
    // Nobody needs to be named.
    let anonymous = direct.post("/payments", &without("", "customer")).await.expect(200);
    assert_eq!((&anonymous["status"], anonymous.get("customer")), (&json!("succeeded"), None));
    assert_eq!(paid.header("x-ratelimit-limit"), "500");
}

#[tokio::test]
async fn the_test_cards_do_what_the_text_says() {
    let cloud = Cloud::start().await;
    let direct = cloud.client("direct");
    for (card, status, code) in [
        ("4242 4242 4242 4242", "succeeded", None),
        ("5555555555554444", "succeeded", None),
        ("4012888888881881", "succeeded", None),
        ("4000000000000002", "failed", Some("card_declined")),
        ("4000000000009995", "failed", Some("insufficient_funds")),
        ("4000000000000069", "failed", Some("expired_card")),
        ("4000000000000127", "failed", Some("incorrect_cvc")),
        ("4000000000000119", "failed", Some("processing_error")),
        ("4111111111111112", "failed", Some("card_declined")),
        ("4000002500003155", "pending", None),
        // Published for tests elsewhere: lost, stolen, used too often, declined once it is charged, blocked; challenged; disputed.
        ("4000000000009987", "failed", Some("card_declined")),
        ("4000000000009979", "failed", Some("card_declined")),
        ("4000000000006975", "failed", Some("card_declined")),
        ("4000000000000341", "failed", Some("card_declined")),
        ("4100000000000019", "failed", Some("card_declined")),
        ("4000002760003184", "pending", None),
        ("4000000000003063", "pending", None),
        ("4000000000002685", "succeeded", None),
        ("5200828282828210", "succeeded", None),
    ] {
        let body = direct.post("/payments", &number(card)).await.expect(200);
        assert_eq!(
            (body["status"].as_str(), body["failure_code"].as_str()),
            (Some(status), code),
            "{card}: {body}"
        );
        assert_eq!(body["failure_message"].is_string(), code.is_some(), "{body}");
    }
    let mut amex = number("378282246310005");
    amex["card"]["cvc"] = json!("1234");
    assert_eq!(direct.post("/payments", &amex).await.expect(200)["status"], "succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenged_card_is_finished_on_the_page_that_the_answer_names() {
    let cloud = Cloud::start().await;
    let direct = cloud.client("direct");
    let receiver = Receiver::start(&[]).await;
    let endpoint = json!({"url": receiver.url, "api": "direct"});
    cloud.intents().post("/webhook_endpoints", &endpoint).await.expect(201);
    for (card, button, end, code) in [
        ("4000002500003155", "complete", "succeeded", None),
        ("4000000000003220", "fail", "failed", Some("authentication_failed")),
        ("4000008400001629", "complete", "failed", Some("card_declined")),
    ] {
        let made = direct.post_once("/payments", card, &number(card)).await;
        let body = made.expect(200);
        assert_eq!(body["status"], "pending", "{body}");
        let url = body["next_action"]["redirect_url"].as_str().unwrap();
        assert_eq!(body["next_action"], json!({"type": "redirect", "redirect_url": url}));
        let path = format!("/payments/{}", body["id"].as_str().unwrap());
        assert_eq!(direct.get(&path).await.expect(200), body);
        let listed = direct.get("/transactions?status=pending").await.expect(200);
        assert_eq!(listed["data"], json!([body]));

        let page = press(url, button).await;
        assert_eq!(page.status, 200, "{}", page.text);
        let ended = direct.get(&path).await.expect(200);
        assert_eq!((ended["status"].as_str(), ended["failure_code"].as_str()), (Some(end), code), "{ended}");
        assert_eq!(ended.get("next_action"), None, "{ended}");
        // A retry is told what the first request was told.
        let again = direct.post_once("/payments", card, &number(card)).await;
        assert_eq!(again.text, made.text);
    }
    // An event of this API is about a payment that has ended: it names no page.
    for webhook in receiver.wait_for(4).await {
        let event = webhook.json();
        assert_eq!(event["data"]["object"].get("next_action"), None, "{event}");
    }
}

#[tokio::test]
async fn no_payment_has_a_next_action_without_an_address() {
    let cloud = Cloud::start().await;
    let direct = cloud.client("direct");
    // A hosted payment waits on its page; an intent waits for its merchant, and no page of ours can help.
    let (_, page) = crate::checkout::initialized(&cloud, &crate::checkout::order("waiting")).await;
    let mut intents = Vec::new();
    for body in [
        json!({"amount": 500, "currency": "usd"}),
        json!({"amount": 600, "currency": "usd", "payment_method": "pm_card_visa"}),
    ] {
        let intent = cloud.intents().post("/payment_intents", &body).await.expect(201);
        assert_eq!(intent["next_action"], Value::Null);
        intents.push(intent);
    }
    for (api, client) in [("direct", direct.clone()), ("charges", cloud.charges())] {
        let path = if api == "direct" { "/transactions" } else { "/payments" };
        let list = client.get(path).await.expect(200);
        let list = list["data"].as_array().unwrap();
        // An intent that was never charged is in no list of theirs.
        assert_eq!(list.len(), 1, "{api}");
        let mut ids = vec![list[0]["id"].as_str().unwrap().to_owned()];
        ids.extend(intents.iter().map(|intent| intent["id"].as_str().unwrap().replace("pi_", "pay_")));
        let mut shown = list.clone();
        for id in ids {
            shown.push(client.get(&format!("/payments/{id}")).await.expect(200));
        }
        for payment in shown {
            let url = payment.get("next_action").map(|action| &action["redirect_url"]);
            let is_hosted = payment["amount"] == 10050;
            let expected = is_hosted.then(|| json!(page));
            assert_eq!(url, expected.as_ref(), "{api} {payment}");
        }
    }
}

#[tokio::test]
async fn every_answer_tells_where_the_caller_stands_in_its_minute() {
    let cloud = Cloud::start().await;
    let direct = cloud.client("direct");
    let id = direct.post("/payments", &sample()).await.expect(200)["id"].clone();
    let id = id.as_str().unwrap();
    let refund = format!("/payments/{id}/refund");
    let reader = cloud.demo_key(Mode::Test, KeyKind::Secret, &[Permission::PaymentsRead]).await;
    let answers = [
        direct.get(&format!("/payments/{id}")).await,
        direct.get("/transactions").await,
        direct.get("/payments/pay_1").await,
        direct.post("/payments", &json!({})).await,
        direct.post(&refund, &json!({"amount": 1})).await,
        direct.post(&refund, &json!({"amount": 0})).await,
        direct.with_key(&reader).post("/payments", &sample()).await,
        direct.get("/nothing").await,
        direct.delete("/payments").await,
        direct.with_key(&reader).get("/nothing").await,
        direct.post("/auth/token", &credentials(&cloud, &cloud.key())).await,
    ];
    tollgate_tests::stands(&answers, 500, 498);
    // A caller that is known may be refused: an access token gets no other one.
    let token = answers.last().unwrap().json()["access_token"].clone();
    let refused = direct.post("/auth/token", &credentials(&cloud, token.as_str().unwrap())).await;
    assert_eq!(refused.status, 401, "{}", refused.text);
    tollgate_tests::stands(&[refused], 500, 487);
    // Who is not known stands nowhere.
    for path in ["/transactions", "/nothing"] {
        for key in ["sk_test_wrong", ""] {
            let nobody = direct.with_key(key).get(path).await;
            let status = if path == "/nothing" { 404 } else { 401 };
            assert_eq!((nobody.status.as_u16(), nobody.header("x-ratelimit-limit")), (status, ""));
        }
    }
    // One too many, of a path that there is not either.
    cloud.use_up_tenant(cloud.demo_scope()).await;
    for path in ["/transactions", "/nothing"] {
        let limited = direct.get(path).await;
        error(&limited, 429, "rate_limit_error", "too_many_requests", None);
        tollgate_tests::stands(std::slice::from_ref(&limited), 500, 0);
        assert!(limited.header("retry-after").parse::<u32>().unwrap() > 0);
    }
}

#[tokio::test]
async fn wallets_and_stored_cards_pay_too() {
    let cloud = Cloud::start().await;
    let direct = cloud.client("direct");
    for (method, token) in [("apple_pay", "tok_apple_abc"), ("google_pay", "tok_google_abc")] {
        let mut body = json!({"amount": 700, "currency": "eur", "payment_method": method});
        error(
            &direct.post("/payments", &body).await,
            400,
            "invalid_request_error",
            "missing_param",
            Some(method),
        );
        body[method] = json!({"token": token});
        let paid = direct.post("/payments", &body).await.expect(200);
        assert_eq!((&paid["status"], &paid["currency"]), (&json!("succeeded"), &json!("EUR")));
        body[method] = json!({"token": format!("{token}_declined")});
        assert_eq!(direct.post("/payments", &body).await.expect(200)["failure_code"], "card_declined");
        body[method] = json!({"token": "tok_visa_4242"});
        error(
            &direct.post("/payments", &body).await,
            400,
            "invalid_request_error",
            "invalid_token",
            Some(&format!("{method}.token")),
        );
        body.as_object_mut().unwrap().remove(method);
        body["token"] = json!("tok_visa_4242");
        error(
            &direct.post("/payments", &body).await,
            400,
            "invalid_request_error",
            "invalid_token",
            Some("token"),
        );
    }
    // The request of the text's client library has no card: the customer's stored one, if there is one.
    let stored = json!({"amount": 5000, "currency": "USD", "payment_method": "card", "customer": {"email": "customer@example.com"}});
    error(
        &direct.post("/payments", &stored).await,
        400,
        "invalid_request_error",
        "missing_param",
        Some("card"),
    );
    let all = cloud.charges().get("/customers").await.expect(200);
    assert_eq!(all["data"], json!([]), "nothing was written");
    direct.post("/payments", &number("4000000000000002")).await.expect(200);
    error(
        &direct.post("/payments", &stored).await,
        400,
        "invalid_request_error",
        "missing_param",
        Some("card"),
    );
    let first = direct.post("/payments", &sample()).await.expect(200);
    let paid = direct.post("/payments", &stored).await.expect(200);
    assert_eq!((&paid["status"], &paid["customer"]), (&json!("succeeded"), &first["customer"]));
    let mut by_id = stored.clone();
    by_id["customer"] = json!({"id": first["customer"]["id"]});
    assert_eq!(direct.post("/payments", &by_id).await.expect(200)["customer"], first["customer"]);
    by_id["customer"] = json!({"id": "cus_0000000000000000000000"});
    error(
        &direct.post("/payments", &by_id).await,
        404,
        "not_found_error",
        "customer_not_found",
        Some("customer.id"),
    );
}

/// Bodies that are wrong, each with the code and the parameter of its error.
fn wrong_bodies() -> Vec<(Value, &'static str, &'static str)> {
    vec![
        (without("", "amount"), "missing_param", "amount"),
        (with("/amount", json!("5000")), "invalid_param", "amount"),
        (with("/amount", json!(50.5)), "invalid_param", "amount"),
        (with("/amount", json!(-1)), "amount_too_small", "amount"),
        (with("/amount", json!(49)), "amount_too_small", "amount"),
        (with("/amount", json!(100_000_000)), "amount_too_large", "amount"),
        (without("", "currency"), "missing_param", "currency"),
        (with("/currency", json!("ZZZ")), "invalid_currency", "currency"),
        (without("", "payment_method"), "missing_param", "payment_method"),
        (with("/payment_method", json!("cash")), "invalid_param", "payment_method"),
        (with("/customer", json!("x")), "invalid_param", "customer"),
        (without("/customer", "email"), "missing_param", "customer.email"),
        (with("/customer/email", json!("nobody")), "invalid_param", "customer.email"),
        (with("/customer/name", json!("a\u{0}b")), "invalid_param", "customer.name"),
        (with("/card", json!("4242424242424242")), "invalid_param", "card"),
        (without("/card", "number"), "missing_param", "card.number"),
        (number("4242424242424241"), "invalid_number", "card.number"),
        (number("not a number"), "invalid_number", "card.number"),
        (with("/card/number", json!(4_242_424_242_424_242_i64)), "invalid_param", "card.number"),
        (number("9999999999999995"), "unsupported_card", "card.number"),
        (without("/card", "exp_month"), "missing_param", "card.exp_month"),
        (with("/card/exp_month", json!(13)), "invalid_expiry_month", "card.exp_month"),
        (with("/card/exp_year", json!(9999)), "invalid_expiry_year", "card.exp_year"),
        (without("/card", "cvc"), "missing_param", "card.cvc"),
        (with("/card/cvc", json!("12")), "invalid_cvc", "card.cvc"),
        (with("/card/cvc", json!("12a")), "invalid_cvc", "card.cvc"),
        (with("/description", json!("x".repeat(2000))), "invalid_param", "description"),
    ]
}

#[tokio::test]
async fn every_wrong_parameter_is_named_and_nothing_is_written() {
    let cloud = Cloud::start().await;
    let direct = cloud.client("direct");
    let bad = "invalid_request_error";
    for (body, code, param) in &wrong_bodies() {
        error(&direct.post("/payments", body).await, 400, bad, code, Some(param));
    }
    let small = error(
        &direct.post("/payments", &with("/amount", json!(49))).await,
        400,
        bad,
        "amount_too_small",
        Some("amount"),
    );
    assert_eq!(small, "Amount must be at least $0.50 USD");
    let text = direct.request(Method::POST, "/payments").body("{\"amount\":");
    error(&Client::send(text).await, 400, bad, "invalid_json", None);
    let large = with("/description", json!("x".repeat(300 * 1024)));
    error(&direct.post("/payments", &large).await, 413, bad, "request_too_large", None);
    error(&direct.get("/nothing").await, 404, "not_found_error", "route_not_found", None);
    error(&direct.get("/payments/pay_1").await, 404, "not_found_error", "payment_not_found", Some("id"));
    error(
        &direct.with_key("sk_test_x").post("/payments", &sample()).await,
        401,
        "authentication_error",
        "invalid_api_key",
        None,
    );
    let reader = cloud.demo_key(Mode::Test, KeyKind::Secret, &[Permission::PaymentsRead]).await;
    error(
        &direct.with_key(&reader).post("/payments", &sample()).await,
        403,
        "permission_error",
        "scope_missing",
        None,
    );
    let live = direct.with_key(&cloud.demo_key(Mode::Live, KeyKind::Secret, Permission::ALL).await);
    error(&live.post("/payments", &sample()).await, 400, bad, "expired_card", Some("card.exp_year"));
    // No network takes live payments yet: the parameter is the one that was sent.
    let wallet = json!({"amount": 700, "currency": "EUR", "payment_method": "apple_pay", "apple_pay": {"token": "tok_apple_x"}});
    for (body, param) in [(with("/card/exp_year", json!(2035)), "card"), (wallet, "apple_pay")] {
        error(&live.post("/payments", &body).await, 400, bad, "live_payments_not_enabled", Some(param));
    }
    for list in ["payments", "customers"] {
        let all = cloud.charges().get(&format!("/{list}")).await.expect(200);
        assert_eq!(all["data"], json!([]));
    }
}

#[tokio::test]
async fn refunds_are_full_or_partial() {
    let cloud = Cloud::start().await;
    let direct = cloud.client("direct");
    let id = direct.post("/payments", &sample()).await.expect(200)["id"].as_str().unwrap().to_owned();
    let path = format!("/payments/{id}/refund");
    let refund = direct.post(&path, &json!({"amount": 2500, "reason": "customer_request"})).await.expect(200);
    assert_eq!(
        (&refund["payment_id"], &refund["amount"], &refund["currency"], &refund["reason"], &refund["status"]),
        (&json!(id), &json!(2500), &json!("USD"), &json!("customer_request"), &json!("succeeded"))
    );
    let bad = "invalid_request_error";
    error(
        &direct.post(&path, &json!({"amount": 2501})).await,
        400,
        bad,
        "refund_amount_too_large",
        Some("amount"),
    );
    error(&direct.post(&path, &json!({"amount": 0})).await, 400, bad, "amount_too_small", Some("amount"));
    error(&direct.post(&path, &json!({"amount": "all"})).await, 400, bad, "invalid_param", Some("amount"));
    let rest = direct.post_once(&path, "rest", &json!({})).await;
    assert_eq!(rest.expect(200)["amount"], 2500);
    let again = direct.post_once(&path, "rest", &json!({})).await;
    assert_eq!((&again.text, again.header("idempotent-replayed")), (&rest.text, "true"));
    error(&direct.post(&path, &json!({})).await, 400, bad, "payment_already_refunded", Some("payment_id"));
    let unknown = direct.post("/payments/pay_0000000000000000000000/refund", &json!({})).await;
    error(&unknown, 404, "not_found_error", "payment_not_found", Some("payment_id"));
    let failed = direct.post("/payments", &number("4000000000000002")).await.expect(200);
    let path = format!("/payments/{}/refund", failed["id"].as_str().unwrap());
    error(&direct.post(&path, &json!({})).await, 400, bad, "payment_unexpected_status", None);
}

#[tokio::test]
async fn an_access_token_is_good_wherever_its_key_is_and_ends_with_it() {
    let cloud = Cloud::start().await;
    let direct = cloud.client("direct");
    let credentials = &cloud.ready["credentials"];
    let body = json!({"client_id": credentials["client_id"], "client_secret": credentials["client_secret"]});
    let nobody = direct.with_key("");
    let answer = nobody.post("/auth/token", &body).await.expect(200);
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("Bearer"), &json!(3600)));
    let token = answer["access_token"].as_str().unwrap();
    let by_token = direct.with_key(token);
    assert_eq!(by_token.post("/payments", &sample()).await.expect(200)["status"], "succeeded");
    cloud.charges().with_key(token).get("/payments").await.expect(200);
    cloud.client("simple").with_key(token).get("/payments/pay_1").await.expect(404);
    cloud.intents().with_key(token).get("/webhook_endpoints").await.expect(200);
    // Wrong ones.
    for (id, secret) in [
        (credentials["client_id"].clone(), json!("sk_test_wrong")),
        (json!("someone"), credentials["client_secret"].clone()),
        (credentials["client_id"].clone(), json!(token)),
        (credentials["client_id"].clone(), credentials["publishable_key"].clone()),
    ] {
        let answer = nobody.post("/auth/token", &json!({"client_id": id, "client_secret": secret})).await;
        assert!(matches!(answer.status.as_u16(), 401 | 403), "{}", answer.text);
    }
    let missing = nobody.post("/auth/token", &json!({"client_id": "x"})).await;
    error(&missing, 400, "invalid_request_error", "missing_param", Some("client_secret"));
    let forged = direct.with_key(&format!("{}x", &token[..token.len() - 1]));
    error(&forged.get("/transactions").await, 401, "authentication_error", "invalid_api_key", None);
    // Revoking the key revokes its tokens.
    let admin = cloud.admin();
    let merchant = credentials["client_id"].as_str().unwrap().parse().unwrap();
    let keys = admin.list_keys(merchant).await.unwrap();
    let secret = keys.iter().find(|key| key.kind == KeyKind::Secret).unwrap();
    admin.revoke_key(merchant, secret.id).await.unwrap();
    error(&by_token.get("/transactions").await, 401, "authentication_error", "invalid_api_key", None);
}

#[tokio::test]
async fn transactions_are_listed_by_offset_status_and_day() {
    let cloud = Cloud::start().await;
    let direct = cloud.client("direct");
    let mut ids = Vec::new();
    for n in 0..13 {
        let card = if n % 4 == 3 { "4000000000000002" } else { "4242424242424242" };
        let paid = direct.post("/payments", &number(card)).await.expect(200);
        ids.push(paid["id"].as_str().unwrap().to_owned());
    }
    ids.reverse();
    let list = async |query: &str| {
        let body = direct.get(&format!("/transactions{query}")).await.expect(200);
        let data = body["data"].as_array().unwrap().clone();
        let found: Vec<String> = data.iter().map(|p| p["id"].as_str().unwrap().to_owned()).collect();
        (found, body)
    };
    let (found, body) = list("").await;
    assert_eq!(
        (&found[..], &body["limit"], &body["offset"], &body["has_more"]),
        (&ids[..10], &json!(10), &json!(0), &json!(true))
    );
    assert_eq!(body["data"][0]["customer"]["email"], "customer@example.com");
    let (found, body) = list("?limit=5&offset=10").await;
    assert_eq!((&found[..], &body["has_more"]), (&ids[10..], &json!(false)));
    let (found, body) = list("?limit=3&offset=4").await;
    assert_eq!((&found[..], &body["has_more"]), (&ids[4..7], &json!(true)));
    assert_eq!(list("?offset=10000").await.0, Vec::<String>::new());
    let (failed, _) = list("?status=failed").await;
    assert_eq!(failed.len(), 3);
    assert_eq!(list("?status=failed&offset=1&limit=1").await.0, failed[1..2]);
    assert_eq!(list("?status=succeeded&limit=100").await.0.len(), 10);
    assert_eq!(list("?status=pending").await.0.len(), 0);
    let waiting = direct.post("/payments", &number("4000002500003155")).await.expect(200);
    assert_eq!(list("?status=pending").await.0, [waiting["id"].as_str().unwrap()]);
    assert_eq!(list("?status=succeeded&limit=100").await.0.len(), 10);
    let today = tollgate_domain::Timestamp::from_s(body["data"][0]["created"].as_i64().unwrap()).rfc3339();
    let today = &today[..10];
    // Whole days, both ends included.
    for query in [
        format!("?from_date={today}&limit=20"),
        format!("?to_date={today}&limit=20"),
        format!("?from_date={today}&to_date={today}&limit=20"),
    ] {
        assert_eq!(list(&query).await.0.len(), 14, "{query}");
    }
    assert_eq!(list("?to_date=2024-01-01").await.0.len(), 0);
    assert_eq!(list("?from_date=2999-01-01").await.0.len(), 0);
    for (query, code, param) in [
        ("limit=0", "out_of_range", "limit"),
        ("limit=101", "out_of_range", "limit"),
        ("limit=x", "invalid_param", "limit"),
        ("offset=-1", "out_of_range", "offset"),
        ("offset=10001", "out_of_range", "offset"),
        ("status=done", "invalid_param", "status"),
        ("from_date=yesterday", "invalid_param", "from_date"),
        ("to_date=2024-02-30", "invalid_param", "to_date"),
    ] {
        let answer = direct.get(&format!("/transactions?{query}")).await;
        error(&answer, 400, "invalid_request_error", code, Some(param));
    }
}

#[tokio::test]
async fn a_standard_merchant_has_a_hundred_requests_for_all_its_keys_together() {
    let cloud = Cloud::start().await;
    let admin = cloud.admin();
    let merchant = admin.create_merchant("Standard", Tier::Sandbox).await.unwrap();
    let mut clients = Vec::new();
    for _ in 0..2 {
        let new = tollgate_gateway::NewKey {
            merchant: merchant.id,
            mode: Mode::Test,
            kind: KeyKind::Secret,
            scopes: Permission::ALL.to_vec(),
        };
        clients.push(cloud.client("direct").with_key(&admin.create_key(new).await.unwrap().secret));
    }
    for n in 0..100 {
        let answer = clients[n % 2].get("/payments/pay_1").await;
        assert_eq!(answer.status.as_u16(), 404, "{n}");
        assert_eq!(answer.header("x-ratelimit-remaining"), (99 - n).to_string());
    }
    let answer = clients[0].get("/payments/pay_1").await;
    error(&answer, 429, "rate_limit_error", "too_many_requests", None);
    assert_eq!((answer.header("x-ratelimit-limit"), answer.header("x-ratelimit-remaining")), ("100", "0"));
    let wait: i64 = answer.header("retry-after").parse().unwrap();
    assert!((wait - tollgate_tests::reset_in(&answer)).abs() <= 2, "{wait}");
    // Another front door has a window of its own.
    clients[0].get("/payments/pay_1").await.expect(429);
    Client::new(cloud.api("charges"), &cloud.key()).get("/health").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn its_five_events_arrive_signed_as_the_documented_verifier_wants() {
    let cloud = Cloud::start().await;
    let receiver = Receiver::start(&[]).await;
    let endpoint = json!({"url": receiver.url, "api": "direct"});
    let secret = cloud.intents().post("/webhook_endpoints", &endpoint).await.expect(201)["secret"]
        .as_str()
        .unwrap()
        .to_owned();
    let direct = cloud.client("direct");
    let paid = direct.post("/payments", &sample()).await.expect(200);
    direct.post("/payments", &number("4000000000009995")).await.expect(200);
    let path = format!("/payments/{}/refund", paid["id"].as_str().unwrap());
    direct.post(&path, &json!({"amount": 100, "reason": "customer_request"})).await.expect(200);
    direct.post("/payments", &with("/customer/name", json!("Jane Doe"))).await.expect(200);
    let received = receiver.wait_for(6).await;
    let mut types: Vec<String> =
        received.iter().map(|w| w.json()["type"].as_str().unwrap().to_owned()).collect();
    types.sort();
    assert_eq!(
        types,
        [
            "customer.created",
            "customer.updated",
            "payment.failed",
            "payment.succeeded",
            "payment.succeeded",
            "refund.created"
        ]
    );
    let find = |kind: &str| received.iter().find(|w| w.json()["type"] == kind).unwrap();
    let succeeded = find("payment.succeeded");
    let body = succeeded.json();
    assert!(body["id"].as_str().unwrap().starts_with("evt_") && body["created"].is_i64());
    let object = &body["data"]["object"];
    assert_eq!(
        (&object["amount"], &object["currency"], &object["status"]),
        (&json!(5000), &json!("USD"), &json!("succeeded"))
    );
    assert_eq!(find("payment.failed").json()["data"]["object"]["failure_code"], "insufficient_funds");
    assert_eq!(find("customer.updated").json()["data"]["object"]["name"], "Jane Doe");
    let verifier = r"
const crypto = require('crypto');
function verifyWebhookSignature(payload, signature, secret) {
  const expectedSignature = crypto
    .createHmac('sha256', secret)
    .update(payload)
    .digest('hex');
  return crypto.timingSafeEqual(
    Buffer.from(signature),
    Buffer.from(expectedSignature)
  );
}
";
    for webhook in &received {
        let signature = webhook.headers["x-webhook-signature"].to_str().unwrap();
        assert_eq!(signature.len(), 64);
        let program = format!(
            "{verifier}\nconsole.log(verifyWebhookSignature({}, '{signature}', '{secret}'))",
            serde_json::to_string(&webhook.body).unwrap()
        );
        if let Some(printed) = run_sample(&["node", "-"], &["node", "--version"], &program).await {
            assert_eq!(printed.trim(), "true");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_samples_of_the_text_run_unchanged() {
    let cloud = Cloud::start().await;
    let (url, key) = (cloud.api("direct"), cloud.key());
    cloud.client("direct").post("/payments", &sample()).await.expect(200);
    let python = r#"
import requests
url = "https://api.paymentgateway.com/v1/transactions"
headers = {
    "Authorization": "Bearer YOUR_API_KEY",
    "Content-Type": "application/json"
}
params = {
    "limit": 20,
    "status": "succeeded"
}
response = requests.get(url, headers=headers, params=params)
print(response.json())
"#;
    let python = python.replace("https://api.paymentgateway.com/v1", &url).replace("YOUR_API_KEY", &key);
    if let Some(printed) = run_sample(&["python3", "-"], &["python3", "-c", "import requests"], &python).await
    {
        assert!(printed.contains("'status': 'succeeded'") && printed.contains("'limit': 20"), "{printed}");
    }
    let credentials = &cloud.ready["credentials"];
    let javascript = r"
(async () => {
const response = await fetch('https://api.paymentgateway.com/v1/auth/token', {
  method: 'POST',
  headers: {
    'Content-Type': 'application/json'
  },
  body: JSON.stringify({
    client_id: 'your_client_id',
    client_secret: 'your_client_secret'
  })
});
const data = await response.json();
console.log(data.access_token);
})();
";
    let javascript = javascript
        .replace("https://api.paymentgateway.com/v1", &url)
        .replace("your_client_id", credentials["client_id"].as_str().unwrap())
        .replace("your_client_secret", credentials["client_secret"].as_str().unwrap());
    if let Some(token) = run_sample(&["node", "-"], &["node", "--version"], &javascript).await {
        cloud.client("direct").with_key(token.trim()).get("/transactions").await.expect(200);
    }
}
