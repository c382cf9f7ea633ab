//! The share of the published fields that objects carry.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    super::{balance::booked, payouts::external_accounts},
    names, published, unlimited,
};
use crate::callers::world::{dispute_of, fund, make};

/// Fields of Connect, where one account acts for another. There is no such thing here.
const CONNECT_ONLY: &[&str] = &[
    "application",
    "application_fee",
    "application_fee_amount",
    "connect_reserved",
    "on_behalf_of",
    "source_transfer",
    "source_transfer_reversal",
    "transfer_data",
    "transfer_group",
    "transfer_reversal",
];

#[tokio::test]
async fn objects_carry_at_least_nineteen_in_twenty_of_the_published_fields() {
    let cloud = unlimited().await;
    let intents = cloud.intents();
    let shown = async |path: String| intents.get(&path).await.expect(200);
    let customer = intents.post("/customers", &json!({"email": "a@example.com"})).await.expect(201);
    let body = json!({"amount": 2000, "currency": "eur", "payment_method": "pm_card_visa", "confirm": true});
    let intent = intents.post("/payment_intents", &body).await.expect(201);
    let refund = json!({"payment_intent": intent["id"], "amount": 100});
    let refund = intents.post("/refunds", &refund).await.expect(201);
    let id = |value: &Value| value.as_str().unwrap().to_owned();
    let charge = shown(format!("/charges/{}", id(&intent["latest_charge"]))).await;
    let booked = booked(&intents, &charge["id"]).await;
    assert_eq!(booked["id"], charge["balance_transaction"]);
    let body = json!({"amount": 2000, "currency": "eur", "payment_method": "pm_card_createDispute", "confirm": true});
    let disputed = intents.post("/payment_intents", &body).await.expect(201);
    let dispute = dispute_of(&intents, &disputed).await;
    fund(&cloud).await;
    let payout = intents.post("/payouts", &json!({"amount": 100, "currency": "eur"})).await.expect(201);
    let (bank_account, _) = make(&cloud, "intents", "bank_account").await;
    let bank_account = format!("{}/{bank_account}", external_accounts(&cloud).await);
    let objects = [
        ("payment_intent", shown(format!("/payment_intents/{}", id(&intent["id"]))).await),
        ("charge", charge),
        ("balance", shown("/balance".to_owned()).await),
        ("balance_transaction", booked),
        ("payout", shown(format!("/payouts/{}", id(&payout["id"]))).await),
        ("bank_account", shown(bank_account).await),
        ("transfer", shown(format!("/transfers/{}", make(&cloud, "intents", "transfer").await.0)).await),
        ("balance_settings", shown("/balance_settings".to_owned()).await),
        ("refund", shown(format!("/refunds/{}", id(&refund["id"]))).await),
        ("dispute", dispute),
        ("product", shown(format!("/products/{}", make(&cloud, "intents", "product").await.0)).await),
        ("price", shown(format!("/prices/{}", make(&cloud, "intents", "price").await.0)).await),
        ("customer", shown(format!("/customers/{}", id(&customer["id"]))).await),
        ("payment_method", shown(format!("/payment_methods/{}", id(&intent["payment_method"]))).await),
    ];
    let published = published();
    let mut known: BTreeSet<&str> = BTreeSet::new();
    for (name, object) in &objects {
        let all = names(&published["fields"][name]);
        known.extend(&all);
        let expected: Vec<&str> = all.into_iter().filter(|field| !CONNECT_ONLY.contains(field)).collect();
        let lacking: Vec<&&str> = expected.iter().filter(|field| object.get(**field).is_none()).collect();
        let carried = expected.len() - lacking.len();
        println!("{name}: {carried} of {}, without {lacking:?}", expected.len());
        assert!(carried * 20 >= expected.len() * 19, "{name} lacks {lacking:?}");
    }
    assert!(CONNECT_ONLY.iter().all(|field| known.contains(field)), "no object has such a field");
}
