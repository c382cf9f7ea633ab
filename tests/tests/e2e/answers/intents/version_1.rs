//! Version 1: the same answers with the headers that announce its end.

use tollgate_tests::Client;

use super::*;

#[tokio::test]
async fn the_same_with_the_headers_of_its_end() {
    let cloud = Cloud::start().await;
    let version_1 = Client::new(cloud.api("intents").replace("/v2", "/v1"), &cloud.key());
    let mut intents = Transcript::new(version_1);
    let made = intents.post("made", "/payment_intents", &intent()).await;
    intents.get("shown", &format!("/payment_intents/{}", id(&made))).await;
    intents.get("listed with an offset", "/payment_intents?limit=1&offset=1").await;
    intents.get("refused", "/payment_intents?limit=0").await;
    intents.get("no route", "/nothing").await;
    assert_snapshot!(intents.text());
}
