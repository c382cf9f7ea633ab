//! `GET /v2/charges/{id}`.

use super::*;

#[tokio::test]
async fn a_charge_whole_and_expanded() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let charge = charged(&cloud, &confirmed("pm_card_visa")).await;
    intents.get("as it is", &format!("/charges/{charge}")).await;
    let links = "expand[]=payment_intent&expand[]=payment_method";
    intents.get("with its links", &format!("/charges/{charge}?{links}")).await;
    intents.get("a link that it has not", &format!("/charges/{charge}?expand[]=invoice")).await;
    let waiting = made(&cloud, "/payment_intents", &intent()).await;
    let uncharged = waiting.replace("pi_", "ch_");
    intents.get("of an intent that was not charged", &format!("/charges/{uncharged}")).await;
    intents.get("no charge's id", "/charges/nothing").await;
    assert_snapshot!(intents.text());
}
