//! Paths and methods that the text does not have.

use super::*;

#[tokio::test]
async fn what_is_no_route_is_not_found() {
    let cloud = Cloud::start().await;
    let mut charges = Transcript::new(cloud.charges());
    charges.get("a path that is no route", "/nothing").await;
    charges.post("a route of another API", "/payment_intents", &json!({})).await;
    charges.delete("a method that a route does not have", "/payments").await;
    assert_snapshot!(charges.text());
}
