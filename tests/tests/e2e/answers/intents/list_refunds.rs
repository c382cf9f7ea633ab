//! `GET /v2/refunds`.

use super::*;

#[tokio::test]
async fn pages_and_filters() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    intents.get("nothing yet", "/refunds").await;
    let (mut paid, mut refunds) = (Vec::new(), Vec::new());
    for amount in [10, 11, 12] {
        paid.push(made(&cloud, "/payment_intents", &confirmed("pm_card_visa")).await);
        refunds
            .push(made(&cloud, "/refunds", &json!({"payment_intent": paid.last(), "amount": amount})).await);
    }
    intents.get("the first page", "/refunds?limit=2").await;
    intents.get("the page after", &format!("/refunds?limit=2&starting_after={}", refunds[1])).await;
    intents.get("the page before", &format!("/refunds?ending_before={}", refunds[1])).await;
    intents.get("an intent's", &format!("/refunds?payment_intent={}", paid[0])).await;
    intents.get("a charge's", &format!("/refunds?charge={}", paid[2].replace("pi_", "ch_"))).await;
    for query in ["limit=0", "starting_after=nothing", "payment_intent=nothing", "color=red"] {
        intents.get(query, &format!("/refunds?{query}")).await;
    }
    assert_snapshot!(intents.text());
}
