//! `GET /v2/customers/{id}`.

use super::*;

#[tokio::test]
async fn a_customer_is_shown_until_it_is_deleted() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let path = format!("/customers/{}", made(&cloud, "/customers", &ada()).await);
    intents.get("as it is", &path).await;
    intents.get("an unknown parameter", &format!("{path}?color=red")).await;
    cloud.intents().delete(&path).await.expect(200);
    intents.get("deleted", &path).await;
    intents.get("no customer's id", "/customers/nothing").await;
    assert_snapshot!(intents.text());
}
