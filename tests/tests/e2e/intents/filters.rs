//! Lists that are narrowed by what is no key of them.

use super::*;

fn amounts(list: &Value) -> Vec<i64> {
    list["data"].as_array().unwrap().iter().map(|item| item["amount"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn intents_are_listed_by_status_amount_and_metadata() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    for (amount, order, confirm) in
        [(1000, "a", true), (2000, "b", false), (3000, "a", true), (4000, "10", false)]
    {
        let mut body = json!({"amount": amount, "currency": "eur", "metadata": {"order_id": order}});
        if confirm {
            body["payment_method"] = json!("pm_card_visa");
            body["confirm"] = json!(true);
        }
        intents.post("/payment_intents", &body).await.expect(201);
    }
    let list =
        async |query: &str| amounts(&intents.get(&format!("/payment_intents?{query}")).await.expect(200));
    assert_eq!(list("status=succeeded").await, [3000, 1000]);
    assert_eq!(list("status=requires_payment_method").await, [4000, 2000]);
    assert_eq!(list("amount=2000").await, [2000]);
    assert_eq!(list("amount[gte]=2000&amount[lt]=4000").await, [3000, 2000]);
    assert_eq!(list("amount[gt]=2000&amount[lte]=4000").await, [4000, 3000]);
    // The index of order numbers trails its payments.
    eventually("the orders are indexed", || async {
        (list("metadata[order_id]=a").await.len() == 2 && list("metadata[order_id]=10").await.len() == 1)
            .then_some(())
    })
    .await;
    assert_eq!(list("metadata[order_id]=a").await, [3000, 1000]);
    assert_eq!(list("metadata[order_id]=10").await, [4000]);
    assert_eq!(list("metadata[order_id]=a&amount[gte]=2000&status=succeeded").await, [3000]);
    assert_eq!(list("metadata[order_id]=A").await, [0_i64; 0]);
    assert_eq!(list("metadata[nothing]=a").await, [0_i64; 0]);
    let first = intents.get("/payment_intents?metadata[order_id]=a&limit=1").await.expect(200);
    assert_eq!((amounts(&first), &first["has_more"]), (vec![3000], &json!(true)));
    let after = first["data"][0]["id"].as_str().unwrap();
    assert_eq!(list(&format!("metadata[order_id]=a&starting_after={after}")).await, [1000]);
    for wrong in ["status=paid", "amount=much", "amount[near]=1", "metadata=a"] {
        intents.get(&format!("/payment_intents?{wrong}")).await.expect(400);
    }
}

#[tokio::test]
async fn the_events_of_one_object_are_listed() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let customer = intents.post("/customers", &json!({"name": "A"})).await.expect(201);
    let paid = pay(&cloud, 1500).await;
    let other = pay(&cloud, 1600).await;
    let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
    let all = ["payment_intent.succeeded", "charge.succeeded", "payment_intent.created"];
    let of = async |id: &str, more: &str| {
        intents.get(&format!("/events?related_object={id}{more}")).await.expect(200)
    };
    for payment in [&paid, &other] {
        let list = eventually("its three events", || async {
            let list = of(&id(payment), "").await;
            (list["data"].as_array().unwrap().len() == 3).then_some(list)
        });
        let list = list.await;
        assert_eq!(types(&list), all);
        let about =
            list["data"].as_array().unwrap().iter().map(|event| event["data"]["object"]["amount"].clone());
        assert_eq!(about.collect::<Vec<_>>(), vec![payment["amount"].clone(); 3]);
    }
    let charge = paid["latest_charge"].as_str().unwrap();
    assert_eq!(types(&of(charge, "").await), all);
    assert_eq!(types(&of(&id(&paid), "&type=charge.*").await), ["charge.succeeded"]);
    let first = of(&id(&paid), "&limit=2").await;
    assert_eq!((types(&first), &first["has_more"]), (all[..2].to_vec(), &json!(true)));
    let last = id(&first["data"][1]);
    let rest = of(&id(&paid), &format!("&limit=2&starting_after={last}")).await;
    assert_eq!((types(&rest), &rest["has_more"]), (all[2..].to_vec(), &json!(false)));
    let newer = of(&id(&paid), &format!("&limit=1&ending_before={last}")).await;
    assert_eq!(types(&newer), all[..1]);
    assert_eq!(types(&of(&id(&customer), "").await), ["customer.created"]);
    let nobody = tollgate_domain::PaymentId::from_bytes([1; 16]).to_prefixed("pi_");
    assert_eq!(types(&of(&nobody, "").await), [""; 0]);
    intents.get("/events?related_object=nothing").await.expect(400);
}
