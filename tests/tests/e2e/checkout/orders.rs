//! One payment for an order, and for an idempotency key.

use super::*;

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
    // A key that comes with a retry belongs to the order from then on, even if the first request had none.
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
        // A paid order is paid: its number stays taken for every request.
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
