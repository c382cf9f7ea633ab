//! `POST /v2/refunds`.

use super::*;

#[tokio::test]
async fn whole_and_in_parts() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let paid = made(&cloud, "/payment_intents", &confirmed("pm_card_visa")).await;
    let part = json!({
        "payment_intent": paid, "amount": 900, "reason": "requested_by_customer", "metadata": {"why": "broken"},
    });
    intents.post_once("a part, with every field", "/refunds", "refund-1", &part).await;
    intents.post_once("the same again", "/refunds", "refund-1", &part).await;
    intents.post_once("another with its key", "/refunds", "refund-1", &json!({"payment_intent": paid})).await;
    intents.post("the rest, of its charge", "/refunds", &json!({"charge": paid.replace("pi_", "ch_")})).await;
    intents.post("nothing is left", "/refunds", &json!({"payment_intent": paid})).await;
    let mut fails = confirmed("pm_card_refundFail");
    fails["amount"] = json!(1000);
    let fails = made(&cloud, "/payment_intents", &fails).await;
    let refund = intents.post("one that will fail", "/refunds", &json!({"payment_intent": fails})).await;
    let path = format!("/refunds/{}", id(&refund));
    has_status(&cloud.intents(), &path, "failed").await;
    intents.get("after it failed", &path).await;
    assert_snapshot!(intents.text());
}

#[tokio::test]
async fn wrong_fields() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let paid = made(&cloud, "/payment_intents", &confirmed("pm_card_visa")).await;
    let waiting = made(&cloud, "/payment_intents", &intent()).await;
    for (title, body) in [
        ("nothing", json!({})),
        ("no intent's id", json!({"payment_intent": "nothing"})),
        ("an unknown intent", json!({"payment_intent": "pi_1111111111111111111111"})),
        ("an unknown charge", json!({"charge": "ch_1111111111111111111111"})),
        ("too much", json!({"payment_intent": paid, "amount": 4901})),
        ("nothing of it", json!({"payment_intent": paid, "amount": 0})),
        ("an amount that is a word", json!({"payment_intent": paid, "amount": "all"})),
        ("an unknown reason", json!({"payment_intent": paid, "reason": "bored"})),
        ("an unknown field", json!({"payment_intent": paid, "color": "red"})),
        ("one that is not paid", json!({"payment_intent": waiting})),
    ] {
        intents.post(title, "/refunds", &body).await;
    }
    assert_snapshot!(intents.text());
}
