//! `DELETE /v1/customers/{id}`.

use super::*;

#[tokio::test]
async fn a_customer_is_deleted_once() {
    let cloud = Cloud::start().await;
    let mut charges = Transcript::new(cloud.charges());
    let path = format!("/customers/{}", id(&cloud.charges().post("/customers", &ada()).await));
    charges.delete("deleted", &path).await;
    charges.delete("deleted again", &path).await;
    charges.delete("an unknown customer", "/customers/cus_1111111111111111111111").await;
    assert_snapshot!(charges.text());
}
