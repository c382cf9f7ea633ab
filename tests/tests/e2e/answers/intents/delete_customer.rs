//! `DELETE /v2/customers/{id}`.

use super::*;

#[tokio::test]
async fn a_customer_is_deleted() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let path = format!("/customers/{}", made(&cloud, "/customers", &ada()).await);
    intents.delete("deleted", &path).await;
    intents.delete("once more", &path).await;
    intents.post("changed", &path, &json!({"name": "Ada"})).await;
    assert_snapshot!(intents.text());
}
