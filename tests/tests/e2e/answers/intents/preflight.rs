//! `OPTIONS` of the routes that payers' pages may call.

use reqwest::Method;

use super::*;

#[tokio::test]
async fn a_page_of_another_origin_may_ask() {
    let cloud = Cloud::start().await;
    let mut page = Transcript::new(cloud.intents());
    for path in ["/payment_methods", "/payment_intents/pi_1", "/payment_intents/pi_1/confirm", "/refunds"] {
        let asked = page.request(Method::OPTIONS, path).header("origin", "https://shop.example");
        let asked = asked.header("access-control-request-method", "POST");
        page.send(path, asked.header("access-control-request-headers", "authorization,content-type")).await;
    }
    assert_snapshot!(page.text());
}
