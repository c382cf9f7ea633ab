//! Lookup keys of prices: one price has a key at a time, and a repeated request takes nothing.

use futures_util::future::join_all;

use super::*;

async fn holder(intents: &Client, key: &str) -> Value {
    let list = intents.get(&format!("/prices?lookup_keys[]={key}")).await.expect(200);
    let found = list["data"].as_array().unwrap();
    assert!(found.len() <= 1, "{list}");
    found.first().map_or(Value::Null, |price| price["id"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lookup_key_stays_with_the_price_that_took_it_last() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let product = intents.post("/products", &json!({"name": "Font"})).await.expect(201);
    let new = |minor: i64| {
        json!({"currency": "eur", "product": product["id"], "unit_amount": minor, "lookup_key": "basic",
            "transfer_lookup_key": true})
    };
    let first = intents.post_once("/prices", "first", &new(1)).await.expect(201);
    let second = intents.post_once("/prices", "second", &new(2)).await.expect(201);
    assert_eq!(holder(&intents, "basic").await, second["id"]);
    // The first request again, as a client that lost its answer sends it, and another one with its key.
    assert_eq!(intents.post_once("/prices", "first", &new(1)).await.expect(201), first);
    intents.post_once("/prices", "first", &new(9)).await.expect(400);
    assert_eq!(holder(&intents, "basic").await, second["id"]);
    let path = format!("/prices/{}", first["id"].as_str().unwrap());
    let back = json!({"lookup_key": "basic", "transfer_lookup_key": true});
    let taken = intents.post_once(&path, "back", &back).await.expect(200);
    assert_eq!(
        (&taken["lookup_key"], holder(&intents, "basic").await),
        (&json!("basic"), first["id"].clone())
    );
    let third = intents.post("/prices", &new(3)).await.expect(201);
    assert_eq!(intents.post_once(&path, "back", &back).await.expect(200), taken);
    assert_eq!(holder(&intents, "basic").await, third["id"]);
    // Many at once: one of them has it in the end, and no other one says so.
    let made = join_all((10..18).map(|minor| {
        let (intents, body) = (&intents, new(minor));
        async move { intents.post("/prices", &body).await }
    }))
    .await;
    assert!(made.iter().any(|answer| answer.status == 201), "{made:?}");
    assert!(made.iter().all(|answer| [201, 400].contains(&answer.status.as_u16())), "{made:?}");
    let last = holder(&intents, "basic").await;
    let all = intents.get("/prices?limit=100").await.expect(200);
    let with_key = all["data"].as_array().unwrap().iter().filter(|price| price["lookup_key"] == "basic");
    assert_eq!(with_key.map(|price| price["id"].clone()).collect::<Vec<_>>(), vec![last]);
}
