//! `GET /challenge/{token}`.

use super::*;

#[tokio::test]
async fn the_page_of_a_challenge() {
    let cloud = Cloud::start().await;
    let mut payer = payer(&cloud);
    let url = challenged(&cloud, "tok_visa_3220").await;
    payer.send("the page", show(&url)).await;
    press_at(&url, "complete").await;
    payer.send("after it was passed", show(&url)).await;
    payer.send("no link", show(&cloud.local("/pages/challenge/nothing"))).await;
    assert_snapshot!(payer.text());
}
