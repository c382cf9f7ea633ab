//! The index of order numbers: payments whose metadata has `order_id`.

use tollgate_tests::{dynamodb, release::scan};

use super::*;

#[tokio::test]
async fn an_order_is_found_among_many_payments_and_those_of_before_once_they_are_indexed() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let make = async |order: &str| {
        let body = json!({"amount": 700, "currency": "eur", "metadata": {"order_id": order}});
        intents.post("/payment_intents", &body).await.expect(201)["id"].clone()
    };
    let ids = async |query: &str| -> Vec<Value> {
        let list = intents.get(&format!("/payment_intents?{query}")).await.expect(200);
        list["data"].as_array().unwrap().iter().map(|payment| payment["id"].clone()).collect()
    };
    let sought = make("needle").await;
    let other = make("hay").await;
    eventually("the order is found", || async {
        (ids("metadata[order_id]=needle").await == [sought.clone()]).then_some(())
    })
    .await;
    // A changed order number is found by the new one only, and twice set is listed once.
    let path = format!("/payment_intents/{}", other.as_str().unwrap());
    for order in ["needle", "hay", "needle"] {
        intents.post(&path, &json!({"metadata": {"order_id": order}})).await.expect(200);
    }
    eventually("both are found, the newest first", || async {
        (ids("metadata[order_id]=needle").await == [other.clone(), sought.clone()]).then_some(())
    })
    .await;
    assert_eq!(ids("metadata[order_id]=hay").await, [Value::Null; 0]);
    assert_eq!(ids("metadata[order_id]=needle&limit=1").await, vec![other.clone()]);
    let after = format!("metadata[order_id]=needle&starting_after={}", other.as_str().unwrap());
    assert_eq!(ids(&after).await, vec![sought.clone()]);
    let before = format!("metadata[order_id]=needle&ending_before={}", sought.as_str().unwrap());
    assert_eq!(ids(&before).await, vec![other.clone()]);
    // Another merchant's order of the same number is another one.
    let partner = cloud.partner().get("/payment_intents?metadata[order_id]=needle").await.expect(200);
    assert_eq!(partner["data"], json!([]));

    // Payments from before the index have no entry; the operator's tool writes them.
    forget_orders(&cloud).await;
    assert_eq!(ids("metadata[order_id]=needle").await, [other.clone(), sought.clone()]);
    let done = cloud.run_admin(&["index-orders"]).unwrap();
    assert_eq!((&done["indexed"], &done["next"]), (&json!(2), &Value::Null));
    assert_eq!(ids("metadata[order_id]=needle").await, [other.clone(), sought.clone()]);
}

/// Deletes every entry and the record that all are there, as in data of a release before the index. Lists find payments
/// by reading them, then.
async fn forget_orders(cloud: &Cloud) {
    let url = cloud.ready["dynamodb"].as_str().unwrap();
    let tables = scan(cloud).await;
    let entries = tables["tollgate"].as_array().unwrap().iter().filter(|item| item["t"]["S"] == "ORD");
    for item in entries {
        let key = json!({"TableName": "tollgate", "Key": {"pk": item["pk"], "sk": item["sk"]}});
        dynamodb::ask(url, "DeleteItem", &key).await;
    }
}
