//! `GET /v1/customers/{id}`.

use super::*;

#[tokio::test]
async fn a_customer_is_shown_until_it_is_deleted() {
    let cloud = Cloud::start().await;
    let mut charges = Transcript::new(cloud.charges());
    let made = charges.post("made", "/customers", &ada()).await;
    let path = format!("/customers/{}", id(&made));
    charges.get("shown", &path).await;
    cloud.charges().delete(&path).await.expect(204);
    charges.get("deleted", &path).await;
    charges.get("no customer's id", "/customers/nothing").await;
    charges.get("an unknown customer", "/customers/cus_1111111111111111111111").await;
    assert_snapshot!(charges.text());
}
