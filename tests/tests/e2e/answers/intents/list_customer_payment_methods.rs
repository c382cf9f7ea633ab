//! `GET /v2/customers/{id}/payment_methods`.

use super::*;

#[tokio::test]
async fn those_of_the_customer_in_the_path() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let (_, customer) = attached(&cloud, &card("5555555555554444")).await;
    let of = format!("/customers/{customer}/payment_methods");
    intents.get("all", &of).await;
    intents.get("of another type", &format!("{of}?type=sepa_debit")).await;
    for query in ["type=cash", "limit=0", "customer=cus_1111111111111111111111"] {
        intents.get(query, &format!("{of}?{query}")).await;
    }
    assert_snapshot!(intents.text());
}
