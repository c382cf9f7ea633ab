//! `PATCH /v1/customers/{id}`.

use super::*;

#[tokio::test]
async fn fields_that_are_named_change() {
    let cloud = Cloud::start().await;
    let mut charges = Transcript::new(cloud.charges());
    let path = format!("/customers/{}", id(&cloud.charges().post("/customers", &ada()).await));
    charges.patch("a name", &path, &json!({"name": "Ada King"})).await;
    charges.patch("metadata", &path, &json!({"metadata": {"plan": "premium", "10": null}})).await;
    charges.patch("nulls", &path, &json!({"phone": null, "email": null})).await;
    charges.patch("nothing", &path, &json!({})).await;
    charges.patch("no address", &path, &json!({"email": "nobody"})).await;
    charges.patch("an unknown field", &path, &json!({"nmae": "Ada"})).await;
    let once = |charges: &Transcript, phone: &str| {
        charges
            .request(reqwest::Method::PATCH, &path)
            .header("idempotency-key", "u")
            .json(&json!({"phone": phone}))
    };
    charges.send("with a key", once(&charges, "+44 1")).await;
    charges.send("the same again", once(&charges, "+44 1")).await;
    charges.send("another with its key", once(&charges, "+44 2")).await;
    charges.patch("an unknown customer", "/customers/cus_1111111111111111111111", &json!({})).await;
    assert_snapshot!(charges.text());
}
