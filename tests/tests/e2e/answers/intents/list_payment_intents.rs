//! `GET /v2/payment_intents`.

use super::*;

#[tokio::test]
async fn pages_and_filters() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    intents.get("nothing yet", "/payment_intents").await;
    let customer = made(&cloud, "/customers", &ada()).await;
    let mut of_customer = intent();
    of_customer["customer"] = json!(customer);
    let mut ids = Vec::new();
    for body in [intent(), of_customer, confirmed("pm_card_visa")] {
        ids.push(made(&cloud, "/payment_intents", &body).await);
    }
    intents.get("the first page", "/payment_intents?limit=2").await;
    intents.get("the page after", &format!("/payment_intents?limit=2&starting_after={}", ids[1])).await;
    intents.get("the page before", &format!("/payment_intents?limit=2&ending_before={}", ids[1])).await;
    intents.get("a customer's", &format!("/payment_intents?customer={customer}")).await;
    intents.get("none of the future", "/payment_intents?created[gt]=4000000000").await;
    let expanded = "/payment_intents?limit=1&expand[]=data.payment_method";
    intents.get("with their payment methods", expanded).await;
    for query in [
        "limit=0",
        "limit=101",
        "starting_after=nothing",
        "customer=nothing",
        "created[gte]=soon",
        "created[near]=1",
        "offset=1",
        "color=red",
        "expand[]=data.color",
    ] {
        intents.get(query, &format!("/payment_intents?{query}")).await;
    }
    let both = format!("/payment_intents?starting_after={}&ending_before={}", ids[0], ids[1]);
    intents.get("both directions", &both).await;
    assert_snapshot!(intents.text());
}
