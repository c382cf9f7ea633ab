//! `GET /v2/payment_methods/{id}`.

use super::*;

#[tokio::test]
async fn a_payment_method_whole_and_expanded() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let (method, _) = attached(&cloud, &card("4242424242424242")).await;
    intents.get("attached", &format!("/payment_methods/{method}")).await;
    intents.get("with its customer", &format!("/payment_methods/{method}?expand[]=customer")).await;
    let loose = made(&cloud, "/payment_methods", &sepa("DE89370400440532013000")).await;
    intents.get("of nobody", &format!("/payment_methods/{loose}")).await;
    intents.get("a test payment method", "/payment_methods/pm_card_visa").await;
    intents.get("no payment method's id", "/payment_methods/nothing").await;
    assert_snapshot!(intents.text());
}
