//! `GET /v2/charges`.

use super::*;

#[tokio::test]
async fn pages_and_filters() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    intents.get("nothing yet", "/charges").await;
    let customer = made(&cloud, "/customers", &ada()).await;
    let mut of_customer = confirmed("pm_card_mastercard");
    of_customer["customer"] = json!(customer);
    of_customer["metadata"] = json!({"order_id": "7"});
    let first = charged(&cloud, &of_customer).await;
    let mut larger = capturable();
    larger["amount"] = json!(9900);
    let second = charged(&cloud, &larger).await;
    // Not a charge.
    let waiting = made(&cloud, "/payment_intents", &intent()).await;
    intents.get("all that was charged", "/charges").await;
    intents.get("the first page", "/charges?limit=1").await;
    intents.get("the page after", &format!("/charges?limit=1&starting_after={second}")).await;
    intents.get("a customer's", &format!("/charges?customer={customer}")).await;
    intents.get("an intent's", &format!("/charges?payment_intent={}", first.replace("ch_", "pi_"))).await;
    intents.get("none of an intent that waits", &format!("/charges?payment_intent={waiting}")).await;
    intents.get("of an amount or more", "/charges?amount[gte]=5000").await;
    intents.get("of an order", "/charges?metadata[order_id]=7").await;
    intents.get("with their intents", "/charges?limit=1&expand[]=data.payment_intent").await;
    for query in [
        "status=failed",
        "created[gt]=4000000000",
        "status=lost",
        "amount[near]=1",
        "transfer_group=g",
        "color=red",
    ] {
        intents.get(query, &format!("/charges?{query}")).await;
    }
    assert_snapshot!(intents.text());
}
