//! Payment methods that are used again, and payers who are not there.

use futures_util::future::join_all;

use super::*;

async fn customer(intents: &Client) -> String {
    let made = intents.post("/customers", &json!({"email": "later@example.com"})).await.expect(201);
    made["id"].as_str().unwrap().to_owned()
}

/// An intent that is confirmed with a method, for later use by a customer.
fn kept(customer: &str, method: &str) -> Value {
    json!({
        "amount": 2000, "currency": "eur", "customer": customer, "payment_method": method, "confirm": true,
        "setup_future_usage": "off_session",
    })
}

/// How many payment methods a customer has.
async fn methods(intents: &Client, customer: &str) -> usize {
    let list = intents.get(&format!("/customers/{customer}/payment_methods")).await.expect(200);
    list["data"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_method_for_later_use_is_attached_once_it_was_charged() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let customer = customer(&intents).await;
    let paid = intents.post("/payment_intents", &kept(&customer, "pm_card_visa")).await.expect(201);
    let method = paid["payment_method"].as_str().unwrap();
    assert_eq!(methods(&intents, &customer).await, 1);
    // It pays again, and is attached already.
    let again = intents.post("/payment_intents", &kept(&customer, method)).await.expect(201);
    assert_eq!((&again["status"], &again["payment_method"]), (&json!("succeeded"), &json!(method)));
    assert_eq!(methods(&intents, &customer).await, 1);
    // One that was stored before, charged by a later confirmation.
    let card = json!({"number": "5555555555554444", "exp_month": 12, "exp_year": 2030});
    let stored = intents.post("/payment_methods", &json!({"type": "card", "card": card})).await.expect(201);
    let mut waiting = kept(&customer, stored["id"].as_str().unwrap());
    waiting["confirm"] = json!(false);
    let waiting = intents.post("/payment_intents", &waiting).await.expect(201);
    assert_eq!(methods(&intents, &customer).await, 1, "nothing was charged yet");
    let confirm = format!("/payment_intents/{}/confirm", waiting["id"].as_str().unwrap());
    intents.post(&confirm, &json!({})).await.expect(200);
    assert_eq!(methods(&intents, &customer).await, 2);
    // A declined one stays as it is, and so does one that nobody wants to use again.
    intents.post("/payment_intents", &kept(&customer, "pm_card_chargeDeclined")).await.expect(402);
    let mut once = kept(&customer, "pm_card_amex");
    once.as_object_mut().unwrap().remove("setup_future_usage");
    intents.post("/payment_intents", &once).await.expect(201);
    assert_eq!(methods(&intents, &customer).await, 2);
}

#[tokio::test]
async fn a_method_is_attached_whoever_changes_it_meanwhile() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let customer = customer(&intents).await;
    for round in 1..=8 {
        let card = json!({"type": "card", "card": {"number": "5555555555554444", "exp_month": 12, "exp_year": 2030}});
        let method = intents.post("/payment_methods", &card).await.expect(201)["id"].clone();
        let method = method.as_str().unwrap();
        let path = format!("/payment_methods/{method}");
        let changes =
            (0..8).map(async |n| intents.post(&path, &json!({"metadata": {"n": n.to_string()}})).await);
        let body = kept(&customer, method);
        let (paid, changed) = tokio::join!(intents.post("/payment_intents", &body), join_all(changes));
        paid.expect(201);
        for change in changed {
            change.expect(200);
        }
        assert_eq!(methods(&intents, &customer).await, round);
    }
}

#[tokio::test]
async fn a_challenged_method_is_attached_after_the_challenge() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let customer = customer(&intents).await;
    for (button, expected) in [("fail", 0), ("complete", 1)] {
        let body = kept(&customer, "pm_card_threeDSecure2Required");
        let asked = intents.post("/payment_intents", &body).await.expect(201);
        assert_eq!(methods(&intents, &customer).await, 0, "it was not charged yet");
        let page = asked["next_action"]["redirect_to_url"]["url"].as_str().unwrap();
        let form = browser().post(page).header("content-type", "application/x-www-form-urlencoded");
        let answered = form.body(format!("answer={button}")).send().await.unwrap();
        assert!(answered.status().as_u16() < 400, "{}", answered.status());
        assert_eq!(methods(&intents, &customer).await, expected, "{button}");
    }
}

#[tokio::test]
async fn a_payer_who_is_not_there_is_not_challenged() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let charge = async |method: &str, how: &str| {
        let mut body = json!({"amount": 2000, "currency": "eur", "payment_method": method, "confirm": true});
        body[how] = json!(true);
        intents.post("/payment_intents", &body).await
    };
    for how in ["off_session", "error_on_requires_action"] {
        let error = charge("pm_card_authenticationRequired", how).await.expect(402)["error"].clone();
        assert_eq!(
            (&error["code"], &error["decline_code"], &error["payment_intent"]["status"]),
            (
                &json!("authentication_required"),
                &json!("authentication_required"),
                &json!("requires_payment_method")
            ),
            "{how}"
        );
    }
    let set_up = "pm_card_authenticationRequiredSetupForOffSession";
    assert_eq!(charge(set_up, "off_session").await.expect(201)["status"], "succeeded");
    assert_eq!(charge(set_up, "error_on_requires_action").await.expect(402)["error"]["type"], "card_error");
    // A later charge forgets why the one before was declined.
    let declined = charge("pm_card_authenticationRequired", "off_session").await.expect(402);
    let id = declined["error"]["payment_intent"]["id"].as_str().unwrap().to_owned();
    let confirm = format!("/payment_intents/{id}/confirm");
    let declined =
        intents.post(&confirm, &json!({"payment_method": "pm_card_chargeDeclined"})).await.expect(402);
    assert_eq!(declined["error"]["decline_code"], "generic_decline");
}

#[tokio::test]
async fn declines_have_their_issuers_codes() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    for (method, code, decline_code) in [
        ("pm_card_visa_chargeDeclined", "card_declined", json!("generic_decline")),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", json!("insufficient_funds")),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined", json!("lost_card")),
        ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", json!("stolen_card")),
        ("pm_card_chargeDeclinedVelocityLimitExceeded", "card_declined", json!("card_velocity_exceeded")),
        ("pm_card_radarBlock", "card_declined", json!("fraudulent")),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", Value::Null),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", Value::Null),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", Value::Null),
    ] {
        let body = json!({"amount": 2000, "currency": "eur", "payment_method": method, "confirm": true});
        let error = intents.post("/payment_intents", &body).await.expect(402)["error"].clone();
        assert_eq!((&error["code"], &error["decline_code"]), (&json!(code), &decline_code), "{method}");
        let charge =
            intents.get(&format!("/charges/{}", error["charge"].as_str().unwrap())).await.expect(200);
        assert_eq!(
            (&charge["status"], &charge["failure_code"]),
            (&json!("failed"), &json!(code)),
            "{method}"
        );
        let reason = if decline_code.is_null() { json!(code) } else { decline_code };
        assert_eq!(charge["outcome"]["reason"], reason, "{method}");
    }
}
