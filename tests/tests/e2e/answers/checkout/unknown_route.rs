//! Paths and methods that the text does not have.

use super::*;

#[tokio::test]
async fn what_is_no_route_is_not_found() {
    let cloud = Cloud::start().await;
    let mut checkout = Transcript::new(cloud.checkout());
    checkout.get("a path that is no route", "/nothing").await;
    checkout.delete("a method that a route does not have", "/payments").await;
    assert_snapshot!(checkout.text());
}
