//! Paths that lead to no page.

use super::*;

#[tokio::test]
async fn what_is_no_page_is_not_found() {
    let cloud = Cloud::start().await;
    let mut payer = payer(&cloud);
    payer.send("no page", show(&cloud.local("/pages/nothing/here"))).await;
    payer.send("no form", press(&cloud.local("/pages/nothing"), "pay")).await;
    assert_snapshot!(payer.text());
}
