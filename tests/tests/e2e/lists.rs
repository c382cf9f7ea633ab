//! Lists: cursors, limits and filters.

use serde_json::{Value, json};
use tollgate_tests::{Client, Cloud};

use crate::payment;

fn ids(page: &Value) -> Vec<String> {
    page["data"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repetition() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    let mut made = Vec::new();
    for n in 0..25 {
        let customer = charges.post("/customers", &json!({"name": format!("c{n}")})).await.expect(201);
        made.push(customer["id"].as_str().unwrap().to_owned());
    }
    let first = charges.get("/customers").await.expect(200);
    assert_eq!((ids(&first).len(), &first["has_more"]), (20, &json!(true)), "20 by default");
    let mut seen = Vec::new();
    let mut path = "/customers?limit=7".to_owned();
    loop {
        let page = charges.get(&path).await.expect(200);
        seen.extend(ids(&page));
        assert_eq!(page["has_more"].as_bool().unwrap(), page["next_cursor"].is_string());
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/customers?limit=7&starting_after={cursor}");
    }
    made.reverse();
    // Those made in one millisecond have no order of their own.
    assert_eq!(seen.len(), 25);
    let sorted = |mut list: Vec<String>| {
        list.sort();
        list
    };
    assert_eq!(sorted(seen), sorted(made));
}

#[tokio::test]
async fn filters_narrow_and_wrong_ones_are_named() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    let ann = charges.post("/customers", &json!({"email": "ann@example.com"})).await.expect(201);
    charges.post("/customers", &json!({"email": "bob@example.com"})).await.expect(201);
    let found = charges.get("/customers?email=Ann@Example.com").await.expect(200);
    assert_eq!(ids(&found), [ann["id"].as_str().unwrap()]);
    let created = ann["created"].as_i64().unwrap();
    assert_eq!(ids(&charges.get(&format!("/customers?created[gte]={created}")).await.expect(200)).len(), 2);
    assert_eq!(
        ids(&charges.get(&format!("/customers?created%5Bgte%5D={}", created + 100)).await.expect(200)).len(),
        0
    );

    let mut mine = payment("tok_visa_4242", 1000);
    mine["customer_id"] = ann["id"].clone();
    let mine = charges.post("/payments", &mine).await.expect(201);
    charges.post("/payments", &payment("tok_visa_0002", 1000)).await.expect(402);
    charges.post("/payments", &payment("tok_visa_3220", 1000)).await.expect(201);
    let list = async |query: String| ids(&charges.get(&format!("/payments?{query}")).await.expect(200));
    assert_eq!(
        list(format!("customer_id={}", ann["id"].as_str().unwrap())).await,
        [mine["id"].as_str().unwrap()]
    );
    assert_eq!(list("status=succeeded".into()).await, [mine["id"].as_str().unwrap()]);
    for (status, count) in [("failed", 1), ("requires_action", 1), ("pending", 0)] {
        assert_eq!(list(format!("status={status}")).await.len(), count, "{status}");
    }
    let created = mine["created"].as_i64().unwrap();
    assert_eq!(list(format!("created[gte]={created}&created[lte]={}", created + 60)).await.len(), 3);
    assert_eq!(list(format!("created[lte]={}", created - 60)).await.len(), 0);

    for (path, param) in [
        ("/payments?limit=0", "limit"),
        ("/payments?limit=101", "limit"),
        ("/payments?limit=ten", "limit"),
        ("/payments?status=paid", "status"),
        ("/payments?created[gte]=yesterday", "created[gte]"),
        ("/payments?created[lte]=-1", "created[lte]"),
        ("/payments?customer_id=cus_123", "customer_id"),
        ("/payments?starting_after=cus_123", "starting_after"),
        ("/refunds?payment_id=x", "payment_id"),
        ("/refunds?status=requires_action", "status"),
        ("/customers?starting_after=pay_1", "starting_after"),
    ] {
        charges.get(path).await.charges_error(400, "invalid_request_error", "invalid_param", Some(param));
    }
    charges.get("/payments?colour=red").await.charges_error(
        400,
        "invalid_request_error",
        "unknown_param",
        Some("colour"),
    );
    let nowhere = charges.get("/customers?starting_after=cus_0000000000000000000000").await;
    assert_eq!(nowhere.status, 400, "{}", nowhere.text);
}

#[tokio::test]
async fn refunds_are_listed_by_payment_and_status() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    let id = charges.post("/payments", &payment("tok_visa_4242", 1000)).await.expect(201)["id"].clone();
    let other = charges.post("/payments", &payment("tok_visa_4242", 1000)).await.expect(201)["id"].clone();
    for payment in [&id, &id, &other] {
        charges.post("/refunds", &json!({"payment_id": payment, "amount": 100})).await.expect(201);
    }
    let count = async |query: String| ids(&charges.get(&format!("/refunds?{query}")).await.expect(200)).len();
    assert_eq!(count(String::new()).await, 3);
    assert_eq!(count(format!("payment_id={}", id.as_str().unwrap())).await, 2);
    assert_eq!(count(format!("payment_id={}&limit=1", id.as_str().unwrap())).await, 1);
    assert_eq!(count("status=succeeded".into()).await, 3);
    assert_eq!(count("status=failed".into()).await, 0);
}

/// Every item of a list that pages by `starting_after`, and how many pages that took.
async fn followed(client: &Client, path: &str) -> (Vec<Value>, usize) {
    let (mut items, mut pages) = (Vec::<Value>::new(), 0);
    loop {
        let mut page = format!("{path}{}limit=2", if path.contains('?') { '&' } else { '?' });
        if let Some(last) = items.last() {
            page = format!("{page}&starting_after={}", last["id"].as_str().unwrap());
        }
        let page = client.get(&page).await.expect(200);
        items.extend(page["data"].as_array().unwrap().iter().cloned());
        pages += 1;
        assert!(pages < 20, "{path} never ends");
        if page["has_more"] == false {
            return (items, pages);
        }
    }
}

#[tokio::test]
async fn payments_refunds_and_customers_page_by_their_ids() {
    let cloud = Cloud::start().await;
    let (charges, intents) = (cloud.charges(), cloud.intents());
    for n in 0..5 {
        let paid = charges.post("/payments", &payment("tok_visa_4242", 1000 + n)).await;
        let refund = json!({"payment_id": paid.expect(201)["id"], "amount": 10 + n});
        charges.post("/refunds", &refund).await.expect(201);
        let customer = json!({"name": n.to_string()});
        intents.post("/customers", &customer).await.expect(201);
    }
    for (client, path, name, newest) in [
        (&charges, "/payments", "amount", json!(1004)),
        (&charges, "/refunds", "amount", json!(14)),
        (&intents, "/refunds", "amount", json!(14)),
        (&intents, "/customers", "name", json!("4")),
        (&intents, "/payment_intents", "amount", json!(1004)),
    ] {
        let (items, pages) = followed(client, path).await;
        assert_eq!((items.len(), pages), (5, 3), "{path}");
        assert_eq!(items[0][name], newest, "{path}");
        let all = client.get(&format!("{path}?limit=100")).await.expect(200);
        assert_eq!(&json!(items), &all["data"], "{path}");
        let middle = items[2]["id"].as_str().unwrap();
        if path.starts_with('/') && client.get("/account").await.status == 200 {
            let before = client.get(&format!("{path}?ending_before={middle}")).await.expect(200);
            assert_eq!(before["data"], json!(items[..2]), "{path}");
        }
    }
}
