//! `POST /challenge/{token}`.

use super::*;

#[tokio::test]
async fn the_buttons_of_a_challenge() {
    let cloud = Cloud::start().await;
    let mut payer = payer(&cloud);
    let url = challenged(&cloud, "tok_visa_3220").await;
    payer.send("no button", press(&url, "steal")).await;
    payer.send("complete", press(&url, "complete")).await;
    payer.send("fail, too late", press(&url, "fail")).await;
    let url = challenged(&cloud, "tok_visa_3155").await;
    payer.send("fail", press(&url, "fail")).await;
    let url = challenged(&cloud, "tok_visa_1629").await;
    payer.send("complete, and the card is declined", press(&url, "complete")).await;
    let (_, url) = initialized(&cloud, &order("order-1")).await;
    let (_, challenge) = press_at(&url, "pay").await;
    payer.send("complete an order's", press(&challenge, "complete")).await;
    let (_, url) = initialized(&cloud, &order("order-2")).await;
    let (_, challenge) = press_at(&url, "pay").await;
    payer.send("fail an order's", press(&challenge, "fail")).await;
    payer.send("no link", press(&cloud.local("/pages/challenge/nothing"), "complete")).await;
    assert_snapshot!(payer.text());
}
