//! `GET /v2/payment_methods`.

use super::*;

#[tokio::test]
async fn those_of_a_customer() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let (_, customer) = attached(&cloud, &card("4242424242424242")).await;
    let debit = made(&cloud, "/payment_methods", &sepa("DE89370400440532013000")).await;
    let attach = format!("/payment_methods/{debit}/attach");
    cloud.intents().post(&attach, &json!({"customer": customer})).await.expect(200);
    let of = format!("/payment_methods?customer={customer}");
    intents.get("all", &of).await;
    intents.get("of a type", &format!("{of}&type=card")).await;
    intents.get("the first page", &format!("{of}&limit=1")).await;
    intents.get("nobody's", "/payment_methods").await;
    intents.get("an unknown customer's", "/payment_methods?customer=cus_1111111111111111111111").await;
    for query in ["type=cash", "limit=0", "color=red"] {
        intents.get(query, &format!("{of}&{query}")).await;
    }
    assert_snapshot!(intents.text());
}
