//! The 3-D Secure challenge: confirm, the hosted page, and where it leads.

use reqwest::redirect::Policy;
use serde_json::{Value, json};
use tollgate_tests::{Answer, Client, Cloud};

use crate::payment;

pub(crate) fn browser() -> reqwest::Client {
    reqwest::Client::builder().redirect(Policy::none()).build().unwrap()
}

pub(crate) async fn press(url: &str, button: &str) -> Answer {
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let request = form.iter().fold(browser().post(url), |r, (k, v)| r.header(*k, *v));
    Client::send(request.body(format!("answer={button}"))).await
}

async fn challenged(cloud: &Cloud, token: &str) -> (String, String) {
    let made = cloud.charges().post("/payments", &payment(token, 2500)).await.expect(201);
    assert_eq!(made["status"], "requires_action");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&made["id"]), text(&made["next_action"]["redirect_url"]))
}

#[tokio::test]
async fn the_page_shows_the_payment_and_both_answers_work_without_scripts() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    let (id, url) = challenged(&cloud, "tok_visa_3220").await;
    let confirm = json!({"return_url": "https://yourapp.com/payment/success"});
    let confirmed = charges.post(&format!("/payments/{id}/confirm"), &confirm).await.expect(200);
    assert_eq!(confirmed["status"], "requires_action");
    assert_eq!(confirmed["next_action"]["redirect_url"], url);

    let page = Client::send(browser().get(&url)).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("25.00 GBP") && page.text.contains("3220"), "{}", page.text);
    assert!(page.text.contains("value=\"complete\"") && page.text.contains("value=\"fail\""));
    assert!(!page.text.contains("<script") && !page.text.contains("http"));
    assert!(page.header("content-security-policy").contains("default-src 'none'"));

    let answered = press(&url, "complete").await;
    assert_eq!(
        (answered.status.as_u16(), answered.header("location")),
        (303, "https://yourapp.com/payment/success")
    );
    assert_eq!(charges.get(&format!("/payments/{id}")).await.expect(200)["status"], "succeeded");
    // A second press leads to the same place and charges nobody; the page itself says that it was used.
    assert_eq!(press(&url, "fail").await.header("location"), "https://yourapp.com/payment/success");
    let used = Client::send(browser().get(&url)).await;
    assert_eq!(used.status, 410);
    assert!(used.text.contains("was used") && used.text.contains("https://yourapp.com/payment/success"));
    assert_eq!(charges.get(&format!("/payments/{id}")).await.expect(200)["status"], "succeeded");
    let late = charges.post(&format!("/payments/{id}/confirm"), &confirm).await;
    late.charges_error(400, "invalid_request_error", "payment_unexpected_status", None);
}

#[tokio::test]
async fn a_failed_challenge_and_a_declined_card_end_in_failure() {
    let cloud = Cloud::start().await;
    for (token, button, code) in
        [("tok_visa_3155", "fail", "authentication_failed"), ("tok_visa_1629", "complete", "card_declined")]
    {
        let (id, url) = challenged(&cloud, token).await;
        let page = press(&url, button).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("failed"));
        let payment = cloud.charges().get(&format!("/payments/{id}")).await.expect(200);
        assert_eq!((&payment["status"], &payment["failure_code"]), (&json!("failed"), &json!(code)));
    }
}

#[tokio::test]
async fn a_forged_link_shows_nothing_and_moves_nothing() {
    let cloud = Cloud::start().await;
    let (id, url) = challenged(&cloud, "tok_visa_3220").await;
    // The signature with another first character.
    let (claim, signature) = url.rsplit_once('.').expect("a signature");
    let other = if signature.starts_with('A') { 'B' } else { 'A' };
    let forged = format!("{claim}.{other}{}", &signature[1..]);
    for url in [forged, cloud.local("/pages/challenge/x"), cloud.local("/pages/nothing/here")] {
        assert_eq!(Client::send(browser().get(&url)).await.status, 404, "{url}");
        assert_eq!(press(&url, "complete").await.status, 404, "{url}");
    }
    assert_eq!(press(&url, "maybe").await.status, 400);
    assert_eq!(
        cloud.charges().get(&format!("/payments/{id}")).await.expect(200)["status"],
        "requires_action"
    );
}

#[tokio::test]
async fn a_confirm_needs_a_web_address_and_a_payment_that_waits() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    let (id, _) = challenged(&cloud, "tok_visa_3220").await;
    let path = format!("/payments/{id}/confirm");
    charges.post(&path, &json!({})).await.charges_error(
        400,
        "invalid_request_error",
        "missing_param",
        Some("return_url"),
    );
    for bad in ["javascript:alert(1)", "yourapp.com", ""] {
        let refused = charges.post(&path, &json!({"return_url": bad})).await;
        refused.charges_error(400, "invalid_request_error", "invalid_param", Some("return_url"));
    }
    let paid = charges.post("/payments", &payment("tok_visa_4242", 1000)).await.expect(201);
    let refused = charges
        .post(
            &format!("/payments/{}/confirm", paid["id"].as_str().unwrap()),
            &json!({"return_url": "https://x.example/"}),
        )
        .await;
    refused.charges_error(400, "invalid_request_error", "payment_unexpected_status", None);
}

#[tokio::test]
async fn a_retried_confirm_is_told_the_same_whatever_happened_since() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    let (id, url) = challenged(&cloud, "tok_visa_3220").await;
    let path = format!("/payments/{id}/confirm");
    let body = json!({"return_url": "https://x.example/back"});
    let first = charges.post_once(&path, "c1", &body).await;
    first.expect(200);
    press(&url, "complete").await;
    let again = charges.post_once(&path, "c1", &body).await;
    assert_eq!((again.status.as_u16(), again.header("idempotent-replayed")), (200, "true"));
    assert_eq!(again.text, first.text);
    let other = charges.post_once(&path, "c1", &json!({"return_url": "https://x.example/other"})).await;
    other.charges_error(409, "idempotency_error", "key_reused", Some("Idempotency-Key"));
}

/// An intent whose payer stands before the challenge: its id and the challenge's page.
async fn challenged_intent(cloud: &Cloud, amount: i64) -> (String, String) {
    let body = json!({"amount": amount, "currency": "eur", "confirm": true,
        "payment_method": "pm_card_threeDSecure2Required", "return_url": "https://shop.example/back"});
    let made = cloud.intents().post("/payment_intents", &body).await.expect(201);
    assert_eq!(made["status"], "requires_action");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&made["id"]), text(&made["next_action"]["redirect_to_url"]["url"]))
}

#[tokio::test]
async fn a_challenge_answers_for_the_charge_it_asked_about_and_for_no_other() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let changes = [
        json!({"amount": 99_000}),
        json!({"currency": "usd"}),
        json!({"payment_method": "pm_card_visa"}),
        json!({"capture_method": "manual"}),
    ];
    for change in changes {
        let (id, old) = challenged_intent(&cloud, 1000).await;
        let path = format!("/payment_intents/{id}");
        let changed = intents.post(&path, &change).await.expect(200);
        assert_eq!(changed["status"], "requires_confirmation", "{change}");
        assert_eq!(changed["next_action"], Value::Null, "{change}");
        for answer in [press(&old, "complete").await, Client::send(browser().get(&old)).await] {
            assert_eq!(answer.status, 410, "{change}: {}", answer.text);
            assert!(answer.text.contains("This payment was changed"), "{change}: {}", answer.text);
        }
        assert_eq!(intents.get(&path).await.expect(200)["status"], "requires_confirmation");
        // Confirmed anew, it asks anew; the first link stays what it is.
        let again = json!({"payment_method": "pm_card_threeDSecure2Required"});
        let again = intents.post(&format!("{path}/confirm"), &again).await.expect(200);
        let new = again["next_action"]["redirect_to_url"]["url"].as_str().unwrap();
        assert_ne!(new, old);
        assert_eq!(press(&old, "complete").await.status, 410);
        let shown = Client::send(browser().get(new)).await;
        let price = if change.get("amount").is_some() { "990.00" } else { "10.00" };
        assert!(shown.text.contains(price), "{}", shown.text);
        assert_eq!(press(new, "complete").await.status, 303);
        let end = intents.get(&path).await.expect(200)["status"].clone();
        assert!(end == "succeeded" || end == "requires_capture", "{end}");
    }
    // What changes nothing about the charge leaves the challenge as it is.
    let (id, url) = challenged_intent(&cloud, 1000).await;
    let path = format!("/payment_intents/{id}");
    let same = json!({"amount": 1000, "description": "x", "metadata": {"a": "b"}});
    assert_eq!(intents.post(&path, &same).await.expect(200)["status"], "requires_action");
    assert_eq!(press(&url, "complete").await.status, 303);
    assert_eq!(intents.get(&path).await.expect(200)["status"], "succeeded");
}
