//! Refunds: full, partial, concurrent, slow.

use serde_json::{Value, json};
use tollgate_tests::{Cloud, eventually};

use crate::payment;

async fn paid(cloud: &Cloud, token: &str, amount: i64) -> String {
    let made = cloud.charges().post("/payments", &payment(token, amount)).await.expect(201);
    made["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_refund_has_the_documented_fields_and_defaults_to_what_is_left() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    let id = paid(&cloud, "tok_visa_4242", 1234).await;
    let body =
        json!({"payment_id": id, "amount": 234, "reason": "requested_by_customer", "metadata": {"n": 1}});
    let part = charges.post("/refunds", &body).await.expect(201);
    let fields: Vec<&str> = part.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, ["id", "payment_id", "amount", "reason", "status", "created", "metadata"]);
    assert!(part["id"].as_str().unwrap().starts_with("rfnd_"));
    assert_eq!(
        (&part["amount"], &part["status"], &part["reason"]),
        (&json!(234), &json!("succeeded"), &body["reason"])
    );
    assert_eq!(charges.get(&format!("/refunds/{}", part["id"].as_str().unwrap())).await.expect(200), part);
    let rest = charges.post("/refunds", &json!({"payment_id": id})).await.expect(201);
    assert_eq!((&rest["amount"], &rest["reason"]), (&json!(1000), &json!(null)));
    let none = charges.post("/refunds", &json!({"payment_id": id})).await;
    none.charges_error(400, "invalid_request_error", "payment_already_refunded", Some("payment_id"));
    // The payment itself stays a success.
    assert_eq!(charges.get(&format!("/payments/{id}")).await.expect(200)["status"], "succeeded");
}

#[tokio::test]
async fn a_refund_is_refused_with_the_reason() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    let id = paid(&cloud, "tok_visa_4242", 1000).await;
    let refused = |body: Value| {
        let charges = charges.clone();
        async move { charges.post("/refunds", &body).await }
    };
    let invalid = "invalid_request_error";
    refused(json!({"payment_id": id, "amount": 1001})).await.charges_error(
        400,
        invalid,
        "refund_amount_too_large",
        Some("amount"),
    );
    refused(json!({"payment_id": id, "amount": 0})).await.charges_error(
        400,
        invalid,
        "amount_too_small",
        Some("amount"),
    );
    refused(json!({"payment_id": id, "amount": -5})).await.charges_error(
        400,
        invalid,
        "amount_too_small",
        Some("amount"),
    );
    refused(json!({"payment_id": id, "reason": "because"})).await.charges_error(
        400,
        invalid,
        "invalid_param",
        Some("reason"),
    );
    refused(json!({})).await.charges_error(400, invalid, "missing_param", Some("payment_id"));
    for unknown in ["pay_123", "pay_0000000000000000000000"] {
        refused(json!({"payment_id": unknown})).await.charges_error(
            404,
            "resource_missing",
            "payment_not_found",
            Some("payment_id"),
        );
    }
    let waiting = charges.post("/payments", &payment("tok_visa_3220", 1000)).await.expect(201);
    refused(json!({"payment_id": waiting["id"]})).await.charges_error(
        400,
        invalid,
        "payment_unexpected_status",
        None,
    );
    assert_eq!(charges.get("/refunds").await.expect(200)["data"], json!([]));
}

#[tokio::test]
async fn fifty_concurrent_partial_refunds_never_pass_the_amount() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    let id = paid(&cloud, "tok_visa_4242", 1000).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (charges, body) = (charges.clone(), json!({"payment_id": id, "amount": 70}));
        tasks.spawn(async move { charges.post("/refunds", &body).await });
    }
    let answers = tasks.join_all().await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 14, "fourteen of 70 fit into 1000");
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.charges_error(400, "invalid_request_error", "refund_amount_too_large", Some("amount"));
    }
    let listed = charges.get(&format!("/refunds?payment_id={id}&limit=100")).await.expect(200);
    let sum: i64 = listed["data"].as_array().unwrap().iter().map(|r| r["amount"].as_i64().unwrap()).sum();
    assert_eq!(sum, 980);
    assert_eq!(charges.post("/refunds", &json!({"payment_id": id})).await.expect(201)["amount"], 20);
}

#[tokio::test]
async fn a_slow_refund_is_pending_first_and_a_failed_one_gives_the_money_back() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    for (token, ends) in [("tok_visa_7726", "succeeded"), ("tok_visa_5126", "failed")] {
        let id = paid(&cloud, token, 1000).await;
        let body = json!({"payment_id": id, "amount": 600});
        let made = charges.post_once("/refunds", token, &body).await.expect(201);
        assert_eq!(made["status"], "pending");
        let path = format!("/refunds/{}", made["id"].as_str().unwrap());
        let settled = eventually("the refund settles", || async {
            let now = charges.get(&path).await.expect(200);
            (now["status"] != "pending").then_some(now)
        })
        .await;
        assert_eq!(settled["status"], ends);
        assert_eq!(charges.post_once("/refunds", token, &body).await.expect(201), made);
        let again = charges.post("/refunds", &json!({"payment_id": id, "amount": 600})).await;
        if ends == "failed" {
            again.expect(201);
        } else {
            again.charges_error(400, "invalid_request_error", "refund_amount_too_large", Some("amount"));
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
