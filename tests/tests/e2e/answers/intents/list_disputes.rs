//! `GET /v2/disputes`.

use super::*;

#[tokio::test]
async fn pages_and_filters() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    intents.get("nothing yet", "/disputes").await;
    let mut disputes = Vec::new();
    for card in ["pm_card_createDispute", "pm_card_createDisputeInquiry", "pm_card_createDispute"] {
        disputes.push(disputed(&cloud, card).await);
    }
    intents.get("the first page", "/disputes?limit=2").await;
    intents.get("the page after", &format!("/disputes?limit=2&starting_after={}", disputes[1])).await;
    intents.get("the page before", &format!("/disputes?ending_before={}", disputes[1])).await;
    intents.get("inquiries", "/disputes?status=warning_needs_response").await;
    let twice = made(&cloud, "/payment_intents", &confirmed("pm_card_createMultipleDisputes")).await;
    intents.get("an intent's", &format!("/disputes?payment_intent={twice}")).await;
    intents.get("a charge's", &format!("/disputes?limit=1&charge={}", twice.replace("pi_", "ch_"))).await;
    let paid = made(&cloud, "/payment_intents", &confirmed("pm_card_visa")).await;
    intents.get("of what is not disputed", &format!("/disputes?payment_intent={paid}")).await;
    for query in ["limit=0", "starting_after=nothing", "payment_intent=nothing", "status=open", "color=red"] {
        intents.get(query, &format!("/disputes?{query}")).await;
    }
    assert_snapshot!(intents.text());
}
