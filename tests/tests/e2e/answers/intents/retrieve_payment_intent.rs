//! `GET /v2/payment_intents/{id}`.

use super::*;

#[tokio::test]
async fn an_intent_whole_and_expanded() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let customer = made(&cloud, "/customers", &ada()).await;
    let mut body = confirmed("pm_card_visa");
    body["customer"] = json!(customer);
    let path = format!("/payment_intents/{}", made(&cloud, "/payment_intents", &body).await);
    intents.get("as it is", &path).await;
    let all = "expand[]=customer&expand[]=payment_method&expand[]=latest_charge";
    intents.get("with what it names", &format!("{path}?{all}")).await;
    intents.get("with something that it does not name", &format!("{path}?expand[]=color")).await;
    let charged = id(&cloud.charges().post("/payments", &crate::payment("tok_visa_4242", 1000)).await);
    intents.get("made by charges", &format!("/payment_intents/{}", charged.replace("pay_", "pi_"))).await;
    intents.get("no intent's id", "/payment_intents/nothing").await;
    intents.get("an unknown parameter", &format!("{path}?color=red")).await;
    assert_snapshot!(intents.text());
}

#[tokio::test]
async fn a_payers_page_sees_it_with_its_secret() {
    let cloud = Cloud::start().await;
    let made = cloud.intents().post("/payment_intents", &intent()).await;
    let (path, secret) = (format!("/payment_intents/{}", id(&made)), text(&made, "/client_secret"));
    let publishable = cloud.ready["credentials"]["publishable_key"].as_str().unwrap();
    let mut payer = Transcript::new(cloud.intents().with_key(publishable));
    payer.get("with the secret", &format!("{path}?client_secret={secret}")).await;
    payer.get("without it", &path).await;
    payer.get("with a wrong one", &format!("{path}?client_secret=wrong")).await;
    assert_snapshot!(payer.text());
}
