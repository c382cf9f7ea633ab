//! Paths and methods that there are not.

use super::*;

#[tokio::test]
async fn what_is_no_route_is_not_found() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    intents.get("a path that is no route", "/nothing").await;
    intents.post("a route of another API", "/payments", &json!({})).await;
    intents.delete("a method that a route does not have", "/payment_intents").await;
    assert_snapshot!(intents.text());
}
