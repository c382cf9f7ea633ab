//! `GET /checkout/{token}`.

use super::*;

#[tokio::test]
async fn the_page_of_an_order() {
    let cloud = Cloud::start().await;
    let mut payer = payer(&cloud);
    let (_, url) = initialized(&cloud, &order("ORDER123456")).await;
    payer.send("the page", show(&url)).await;
    pay(&url).await;
    payer.send("after it was paid", show(&url)).await;
    let marked =
        with("<b>&\"'", &json!({"currency": "JPY", "amount": 1000, "card_number": "5123450000000008"}));
    let (_, url) = initialized(&cloud, &marked).await;
    payer.send("an order's number that looks like HTML", show(&url)).await;
    payer.send("no link", show(&cloud.local("/pages/checkout/nothing"))).await;
    assert_snapshot!(payer.text());
}
