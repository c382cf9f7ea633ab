//! `GET /v2/transfers/{id}`.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn what_another_merchant_paid() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let path = format!("/transfers/{}", transferred(&cloud, 1000).await);
    intents.get("by its id", &path).await;
    intents
        .get("with its links", &format!("{path}?expand[]=destination&expand[]=balance_transaction.source"))
        .await;
    intents.get("an unknown link", &format!("{path}?expand[]=customer")).await;
    intents.get("an unknown one", "/transfers/tr_1111111111111111111111").await;
    let mut partners = Transcript::new(cloud.partner());
    partners.get("by the merchant that paid", &path).await;
    assert_snapshot!(format!("{}\n{}", intents.text(), partners.text()));
}
