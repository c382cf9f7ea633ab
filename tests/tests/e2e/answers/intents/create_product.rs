//! `POST /v2/products`.

use super::*;

#[tokio::test]
async fn a_product_and_what_is_wrong_with_others() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let whole = json!({"name": "Font", "description": "A serif", "images": ["https://fonts.example/1.png"],
        "marketing_features": [{"name": "Ligatures"}], "metadata": {"shelf": "7"}, "shippable": false,
        "statement_descriptor": "FONT", "tax_code": "txcd_10103001", "unit_label": "seat",
        "url": "https://fonts.example"});
    intents.post_once("with everything", "/products", "p", &whole).await;
    intents.post_once("the same again", "/products", "p", &whole).await;
    intents
        .post_form("a form", "/products", "name=Book&active=false&marketing_features[0][name]=Pages")
        .await;
    for body in [
        json!({}),
        json!({"name": "Font", "id": "font"}),
        json!({"name": "Font", "statement_descriptor": "<1>"}),
        json!({"name": "Font", "default_price_data": {"currency": "eur", "unit_amount": 1}}),
        json!({"name": "Font", "url": "fonts"}),
        json!({"name": "Font", "colour": "red"}),
    ] {
        intents.post("refused", "/products", &body).await;
    }
    assert_snapshot!(intents.text());
}
