//! Payments with a card: the test cards, the challenge, and what waits.

use super::*;

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
    // The customer is also in `charges`. Its address is matched in any case, and a new name replaces the old one.
    let known = cloud.charges().get(&format!("/customers/{customer}")).await.expect(200);
    assert_eq!((&known["email"], &known["name"]), (&json!("customer@example.com"), &json!("John Doe")));
    let mut again = with("/customer/email", json!("Customer@Example.com"));
    again["customer"]["name"] = json!("John R. Doe");
    assert_eq!(direct.post("/payments", &again).await.expect(200)["customer"]["id"], customer);
    let known = cloud.charges().get(&format!("/customers/{customer}")).await.expect(200);
    assert_eq!((&known["email"], &known["name"]), (&json!("customer@example.com"), &json!("John R. Doe")));
    // A payment without a customer.
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
    let receiver = Receiver::start(&[]);
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
