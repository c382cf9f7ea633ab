//! `POST /v2/prices`.

use super::*;

#[tokio::test]
async fn prices_of_every_form() {
    let cloud = Cloud::start().await;
    let mut intents = Transcript::new(cloud.intents());
    let product = made(&cloud, "/products", &json!({"name": "Font"})).await;
    let with = |more: serde_json::Value| {
        let mut body = json!({"currency": "eur", "product": product});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    let monthly = with(json!({"unit_amount": 700, "recurring": {"interval": "month"}, "lookup_key": "basic",
        "nickname": "Monthly", "tax_behavior": "exclusive", "metadata": {"plan": "1"}}));
    intents.post_once("monthly", "/prices", "p", &monthly).await;
    intents.post_once("the same again", "/prices", "p", &monthly).await;
    intents
        .post("a key that is taken", "/prices", &with(json!({"unit_amount": 1, "lookup_key": "basic"})))
        .await;
    let transferred = with(json!({"unit_amount": 1, "lookup_key": "basic", "transfer_lookup_key": true}));
    intents.post("and taken over", "/prices", &transferred).await;
    let tiers = with(
        json!({"billing_scheme": "tiered", "tiers_mode": "graduated", "expand": ["tiers", "currency_options"],
        "tiers": [{"up_to": 5, "unit_amount": 700}, {"up_to": "inf", "unit_amount_decimal": "0.5", "flat_amount": 100}]}),
    );
    intents.post("tiers", "/prices", &tiers).await;
    let form = format!(
        "currency=usd&product={product}&unit_amount_decimal=0.05&transform_quantity[divide_by]=10&transform_quantity[round]=up"
    );
    intents.post_form("packages in a form", "/prices", &form).await;
    for body in [
        json!({"currency": "eur", "unit_amount": 1}),
        with(json!({})),
        with(json!({"unit_amount": -1})),
        with(json!({"unit_amount": 1, "recurring": {"interval": "month", "interval_count": 37}})),
        with(
            json!({"billing_scheme": "tiered", "tiers_mode": "volume", "tiers": [{"up_to": 5, "unit_amount": 1}]}),
        ),
        with(json!({"unit_amount": 1, "product_data": {"name": "Font"}})),
    ] {
        intents.post("refused", "/prices", &body).await;
    }
    assert_snapshot!(intents.text());
}
