//! `GET /result/{token}`.

use tollgate_domain::PaymentId;
use tollgate_gateway::{Links, Purpose};

use super::*;

/// The page that waits for a payment's decision.
async fn result(cloud: &Cloud, payment: &str) -> String {
    let secret = cloud.secrets().get("LinkSecret").await.unwrap();
    let links = Links::new(&cloud.local("/pages"), secret.as_bytes());
    let payment = PaymentId::parse("pay_", payment).unwrap();
    links.url(Purpose::Result, cloud.demo_scope(), payment, 1)
}

#[tokio::test]
async fn the_page_of_a_result() {
    let cloud = Cloud::start().await;
    let mut payer = payer(&cloud);
    for (title, token) in [("succeeded", "tok_visa_4242"), ("waiting", "tok_visa_3220")] {
        let paid = id(&cloud.charges().post("/payments", &crate::payment(token, 1000)).await);
        payer.send(title, show(&result(&cloud, &paid).await)).await;
    }
    let declined = cloud.charges().post("/payments", &crate::payment("tok_visa_0002", 1000)).await;
    let declined = text(&declined, "/error/payment_id");
    payer.send("declined", show(&result(&cloud, &declined).await)).await;
    payer.send("no link", show(&cloud.local("/pages/result/nothing"))).await;
    assert_snapshot!(payer.text());
}
