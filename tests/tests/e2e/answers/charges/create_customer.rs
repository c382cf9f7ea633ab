//! `POST /v1/customers`.

use super::*;

#[tokio::test]
async fn customers_that_are_made() {
    let cloud = Cloud::start().await;
    let mut charges = Transcript::new(cloud.charges());
    charges.post("nothing is required", "/customers", &json!({})).await;
    charges.post_once("every field", "/customers", "ada", &ada()).await;
    charges.post_once("the same again", "/customers", "ada", &ada()).await;
    charges.post_once("another with its key", "/customers", "ada", &json!({"name": "Grace"})).await;
    charges.post("a second one with the address", "/customers", &ada()).await;
    charges.post("nulls", "/customers", &json!({"email": null, "name": null, "metadata": null})).await;
    assert_snapshot!(charges.text());
}

#[tokio::test]
async fn wrong_fields() {
    let cloud = Cloud::start().await;
    let mut charges = Transcript::new(cloud.charges());
    for (title, body) in [
        ("no address", json!({"email": "nobody"})),
        ("an address that is a number", json!({"email": 1})),
        ("an empty name", json!({"name": ""})),
        ("a long name", json!({"name": "x".repeat(600)})),
        ("a phone that is a list", json!({"phone": []})),
        ("metadata with a list", json!({"metadata": {"a": []}})),
        ("a long key of metadata", json!({"metadata": {("k".repeat(200)): 1}})),
        ("an unknown field", json!({"nmae": "Ada"})),
    ] {
        charges.post(title, "/customers", &body).await;
    }
    assert_snapshot!(charges.text());
}
