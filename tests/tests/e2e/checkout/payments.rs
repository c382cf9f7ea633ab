//! A payment from its order to its end.

use super::*;

// `answers::checkout` has the whole answers of each of these steps.
#[tokio::test]
async fn a_payment_goes_from_initialized_to_completed_to_refunded() {
    let cloud = Cloud::start().await;
    let checkout = cloud.checkout();
    let (reference, url) = initialized(&cloud, &order("ORDER123456")).await;
    assert_eq!(status(&cloud, &reference).await["status"], "initialized");
    let (answer, challenge) = press_at(&url, "pay").await;
    assert_eq!(answer.status, 303);
    assert_eq!(status(&cloud, &reference).await["status"], "pending");
    let (_, back) = press_at(&challenge, "complete").await;
    let success = "https://your-website.com/payment/success";
    assert_eq!(back, format!("{success}?transaction_reference={reference}&order_id=ORDER123456"));
    let data = status(&cloud, &reference).await;
    assert_eq!(data["status"], "completed");
    assert!(data["completed_at"].as_str().unwrap().ends_with('Z'));

    let path = format!("/payments/{reference}/refund");
    checkout.post(&path, &json!({"amount": 50.25})).await.expect(200);
    assert_eq!(status(&cloud, &reference).await["status"], "refunded");
    let more = checkout.post(&path, &json!({"amount": 50.26})).await.expect(422);
    assert!(more["errors"]["amount"][0].as_str().unwrap().starts_with("The amount field"), "{more}");
    // A request without a body refunds the rest.
    Client::send(checkout.request(reqwest::Method::POST, &path)).await.expect(200);
    assert_eq!(
        failed(&checkout.post(&path, &json!({})).await, 400),
        "Cannot refund transaction: Transaction is not in a completed state"
    );
}

#[tokio::test]
async fn the_page_of_an_order_shows_it_and_loads_nothing() {
    let cloud = Cloud::start().await;
    let (reference, url) = initialized(&cloud, &order("ORDER123456")).await;
    assert!(reference.len() == 36 && reference.chars().filter(|c| *c == '-').count() == 4);
    let page = Client::send(browser().get(url)).await;
    assert_eq!(page.status, 200);
    for shown in ["100.50 USD", "Demo merchant", "1111", "ORDER123456", "value=\"pay\"", "value=\"cancel\""] {
        assert!(page.text.contains(shown), "{shown}: {}", page.text);
    }
    assert!(!page.text.contains("<script") && !page.text.contains("http") && !page.text.contains("411111"));
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
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
