//! `POST /v1/payments/{id}/confirm`.

use super::*;

#[tokio::test]
async fn a_payment_that_waits_is_told_where_to_return() {
    let cloud = Cloud::start().await;
    let mut charges = Transcript::new(cloud.charges());
    let made = id(&cloud.charges().post("/payments", &payment("tok_visa_3220", 2500)).await);
    let path = format!("/payments/{made}/confirm");
    let to = |url: &str| json!({"return_url": url});
    charges.post_once("confirmed", &path, "confirm-1", &to("https://yourapp.com/payment/success")).await;
    charges.post_once("the same again", &path, "confirm-1", &to("https://yourapp.com/payment/success")).await;
    charges.post_once("another with its key", &path, "confirm-1", &to("https://yourapp.com/other")).await;
    charges.post("nothing", &path, &json!({})).await;
    charges.post("no address", &path, &to("yourapp.com")).await;
    charges.post("an address that is a number", &path, &json!({"return_url": 1})).await;
    charges
        .post("an unknown field", &path, &json!({"return_url": "https://yourapp.com/", "color": "red"}))
        .await;
    let paid = id(&cloud.charges().post("/payments", &payment("tok_visa_4242", 2500)).await);
    charges
        .post("a payment that is done", &format!("/payments/{paid}/confirm"), &to("https://yourapp.com/"))
        .await;
    assert_snapshot!(charges.text());
}
