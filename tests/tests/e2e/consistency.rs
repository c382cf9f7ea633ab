//! Decisions are made on consistent reads: what was answered a moment ago counts, whatever an index or another replica of the
//! table still shows. Here every eventually consistent read finds nothing at all.

use futures_util::future::join_all;
use serde_json::{Value, json};
use tollgate_tests::Cloud;

use crate::payment;

fn by_email(email: &str) -> Value {
    json!({"amount": 5000, "currency": "USD", "payment_method": "card", "customer": {"email": email},
        "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"}})
}

async fn customer_of(cloud: &Cloud, email: &str) -> String {
    let paid = cloud.client("direct").post("/payments", &by_email(email)).await.expect(200);
    paid["customer"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_customer_that_was_just_made_is_found_by_whatever_names_it() {
    let cloud = Cloud::start_stale().await;
    let (charges, intents, direct) = (cloud.charges(), cloud.intents(), cloud.client("direct"));
    let made = charges.post("/customers", &json!({"email": "New@example.com"})).await.expect(201);
    let id = made["id"].as_str().unwrap();
    // By its id, through every front door that takes one.
    let mut body = payment("tok_visa_4242", 1000);
    body["customer_id"] = json!(id);
    charges.post("/payments", &body).await.expect(201);
    let mut named = by_email("x@example.com");
    named["customer"] = json!({"id": id});
    let paid = direct.post("/payments", &named).await.expect(200);
    assert_eq!(paid["customer"], json!({"id": id, "email": "New@example.com"}));
    let intent = json!({"amount": 1000, "currency": "eur", "customer": id});
    intents.post("/payment_intents", &intent).await.expect(201);
    intents.post("/payment_methods/pm_card_visa/attach", &json!({"customer": id})).await.expect(200);
    // By its address, in another case.
    assert_eq!(customer_of(&cloud, "new@EXAMPLE.com").await, id);
    // With its card, its address and in its own list's place.
    let mut stored = by_email("new@example.com");
    stored.as_object_mut().unwrap().shift_remove("card");
    let paid = direct.post("/payments", &stored).await.expect(200);
    let shown = direct.get(&format!("/payments/{}", paid["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(shown["customer"], json!({"id": id, "email": "New@example.com"}));
    charges.get(&format!("/customers?starting_after={id}")).await.expect(200);
}

#[tokio::test]
async fn one_address_through_two_front_doors_at_once_is_one_customer() {
    let cloud = Cloud::start_stale().await;
    let (direct, checkout) = (cloud.client("direct"), cloud.checkout());
    let body = by_email("both@example.com");
    let orders: Vec<Value> = (0..4)
        .map(|n| {
            let mut order = crate::checkout::order(&format!("both-{n}"));
            order["customer_email"] = json!("both@example.com");
            order
        })
        .collect();
    let (paid, begun) = tokio::join!(
        join_all((0..4).map(|_| direct.post("/payments", &body))),
        join_all(orders.iter().map(|order| checkout.post("/payments/initialize", order)))
    );
    for answer in paid.iter().chain(&begun) {
        answer.expect(200);
    }
    let tenant = cloud.demo_scope();
    let mut customers: Vec<String> = cloud
        .store()
        .list::<tollgate_domain::Payment>(tenant, &tollgate_store::ListQuery::new(20), None)
        .await
        .unwrap()
        .items
        .into_iter()
        .map(|payment| payment.customer.unwrap().to_string())
        .collect();
    assert_eq!(customers.len(), 8);
    customers.dedup();
    assert_eq!(customers.len(), 1, "{customers:?}");
    let all = cloud.store();
    let all = all
        .list::<tollgate_domain::Customer>(tenant, &tollgate_store::ListQuery::new(20), None)
        .await
        .unwrap();
    assert_eq!(all.items.len(), 1);
}

#[tokio::test]
async fn an_address_leads_to_whoever_has_it_now() {
    let cloud = Cloud::start_stale().await;
    let charges = cloud.charges();
    let make = async |email: &str| {
        let made = charges.post("/customers", &json!({"email": email})).await.expect(201);
        made["id"].as_str().unwrap().to_owned()
    };
    let first = make("a@example.com").await;
    let second = make("a@example.com").await;
    assert_ne!(first, second);
    assert_eq!(customer_of(&cloud, "a@example.com").await, first);
    // The first one moves away: its new address is its own, and the next customer with the old one owns that.
    charges.patch(&format!("/customers/{first}"), &json!({"email": "b@example.com"})).await.expect(200);
    assert_eq!(customer_of(&cloud, "b@example.com").await, first);
    let third = make("a@example.com").await;
    assert_eq!(customer_of(&cloud, "a@example.com").await, third);
    // One that is erased is nobody's payer.
    charges.delete(&format!("/customers/{third}")).await.expect(204);
    let fourth = customer_of(&cloud, "a@example.com").await;
    assert!(![&first, &third].contains(&&fourth), "{fourth}");
    assert_eq!(customer_of(&cloud, "A@example.com").await, fourth);
    charges.delete(&format!("/customers/{fourth}")).await.expect(204);
    let fifth = customer_of(&cloud, "a@example.com").await;
    assert_ne!(fifth, fourth);
    assert_eq!(customer_of(&cloud, "a@example.com").await, fifth);
}
