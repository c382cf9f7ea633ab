//! `POST /notices/{processor}/{merchant}/{mode}`.

use super::*;
use crate::notices::SECRET;

#[tokio::test]
async fn notices_of_a_processor() {
    let cloud = Cloud::start().await;
    let mut sender = payer(&cloud);
    let (reference, url) = initialized(&cloud, &order("order-1")).await;
    pay(&url).await;
    let path = format!("/pages/notices/mpgs/{}/test", cloud.demo_scope().merchant);
    let send = |proof: &str, body: &Value| {
        let request = browser().request(Method::POST, cloud.local(&path)).header(SECRET.0, proof);
        request.header("content-type", "application/json").body(body.to_string())
    };
    let chargeback = |order: &str| {
        json!({"order": {"id": order, "chargeback": {"amount": "5.00", "currency": "USD"}},
            "transaction": {"type": "CHARGEBACK"}})
    };
    sender.send("opens a dispute", send(SECRET.1, &chargeback(&reference))).await;
    sender.send("of no consequence", send(SECRET.1, &json!({"order": {"id": reference}}))).await;
    let unknown = "6f9619ff-8b86-4011-b42d-00cf4fc964ff";
    sender.send("too early", send(SECRET.1, &chargeback(unknown))).await;
    sender.send("cannot be read", send(SECRET.1, &json!({"order": {}}))).await;
    sender.send("no proof", send("guessed", &chargeback(&reference))).await;
    assert_snapshot!(sender.text());
}
