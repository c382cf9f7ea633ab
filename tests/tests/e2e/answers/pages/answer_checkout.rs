//! `POST /checkout/{token}`.

use super::*;

#[tokio::test]
async fn the_buttons_of_an_order() {
    let cloud = Cloud::start().await;
    let mut payer = payer(&cloud);
    let (_, url) = initialized(&cloud, &order("order-1")).await;
    payer.send("no button", press(&url, "steal")).await;
    payer.send("pay", press(&url, "pay")).await;
    payer.send("pay again", press(&url, "pay")).await;
    let (_, url) = initialized(&cloud, &order("order-2")).await;
    payer.send("cancel", press(&url, "cancel")).await;
    payer.send("pay, too late", press(&url, "pay")).await;
    payer.send("no link", press(&cloud.local("/pages/checkout/nothing"), "pay")).await;
    assert_snapshot!(payer.text());
}
