//! Events: listed, sent again, recovered.

use super::*;

#[tokio::test]
async fn events_are_listed_by_type_and_time_and_sent_again() {
    let cloud = Cloud::start().await;
    let (intents, receiver) = (cloud.intents(), Receiver::start(&[]));
    let (path, _) = listen(&cloud, &receiver).await;
    let paid = pay(&cloud, 1500).await;
    receiver.wait_for(1).await;
    let all = intents.get("/events").await.expect(200);
    // Before them the endpoints themselves were made.
    assert_eq!(
        types(&all)[..4],
        [
            "payment_intent.succeeded",
            "charge.succeeded",
            "payment_intent.created",
            "webhook_endpoint.created"
        ]
    );
    let event = &all["data"][0];
    assert_eq!(
        (&event["object"], &event["livemode"], &event["data"]["object"]["id"], &event["api_version"]),
        (&json!("event"), &json!(false), &paid["id"], &json!("2.4"))
    );
    assert!(event["request"]["id"].as_str().unwrap().starts_with("req_"));
    let id = event["id"].as_str().unwrap();
    assert_eq!(&intents.get(&format!("/events/{id}")).await.expect(200), event);
    let some = intents.get("/events?type=charge.*").await.expect(200);
    assert_eq!(types(&some), ["charge.succeeded"]);
    let some =
        intents.get("/events?types[]=payment_intent.created&types[]=charge.failed&limit=5").await.expect(200);
    assert_eq!(types(&some), ["payment_intent.created"]);
    let some = intents.get("/events?created[gte]=4000000000").await.expect(200);
    assert_eq!(some["data"], json!([]));
    let older = intents.get(&format!("/events?limit=1&starting_after={id}")).await.expect(200);
    assert_eq!((types(&older), &older["has_more"]), (vec!["charge.succeeded"], &json!(true)));

    // To this endpoint alone; without naming one, the demo merchant's inbox would get it again, too.
    let only = json!({"webhook_endpoint": path.trim_start_matches("/webhook_endpoints/")});
    let again = intents.post(&format!("/events/{id}/retry"), &only).await.expect(200);
    assert_eq!(again["pending_webhooks"], 1);
    let received = receiver.wait_for(2).await;
    assert_eq!(received[0].body, received[1].body);
    eventually("both attempts are listed", || async {
        let list = intents.get(&format!("{path}/deliveries")).await.expect(200);
        let delivery = &list["data"][0];
        (delivery["attempts"].as_array().unwrap().len() == 2 && delivery["status"] == "succeeded").then(
            || {
                assert_eq!(
                    (&delivery["event"], &delivery["attempts"][1]["http_status"]),
                    (&json!(id), &json!(204))
                );
            },
        )
    })
    .await;
    assert_eq!(intents.get("/events/evt_x").await.expect(404)["error"]["code"], "resource_missing");
    let stranger = intents.with_key(&cloud.other_merchants_key().await);
    stranger.get(&format!("/events/{id}")).await.expect(404);
}

#[tokio::test]
async fn what_an_endpoint_missed_arrives_by_recover() {
    let cloud = Cloud::start_with(&[("WebhookRetrySeconds", "1")]).await;
    let (intents, receiver) = (cloud.intents(), Receiver::start(&[500, 500]));
    let (path, _) = listen(&cloud, &receiver).await;
    pay(&cloud, 1000).await;
    eventually("the delivery is given up", || async {
        let list = intents.get(&format!("{path}/deliveries")).await.expect(200);
        (list["data"][0]["status"] == "failed").then_some(())
    })
    .await;
    // What happens while the endpoint is off is not even tried.
    intents.post(&path, &json!({"disabled": true})).await.expect(200);
    pay(&cloud, 2000).await;
    eventually("the event is stored", || async {
        let all = intents.get("/events?type=payment_intent.succeeded").await.expect(200);
        (all["data"].as_array().unwrap().len() == 2).then_some(())
    })
    .await;
    let on = intents.post(&path, &json!({"disabled": false})).await.expect(200);
    assert_eq!((&on["status"], &on["disabled_reason"]), (&json!("enabled"), &Value::Null));
    pay(&cloud, 3000).await;
    receiver.wait_for(3).await;
    let recovered = intents.post(&format!("{path}/recover"), &json!({"since": 0})).await.expect(200);
    assert_eq!((&recovered["recovered"], &recovered["has_more"]), (&json!(2), &json!(false)));
    let received = receiver.wait_for(5).await;
    let mut amounts: Vec<_> =
        received[2..].iter().map(|w| w.json()["data"]["object"]["amount"].as_i64().unwrap()).collect();
    amounts.sort_unstable();
    assert_eq!(amounts, [1000, 2000, 3000]);
    eventually("there is nothing more to recover", || async {
        let again = intents.post(&format!("{path}/recover"), &json!({"since": 0})).await.expect(200);
        (again["recovered"] == 0).then_some(())
    })
    .await;
    intents.post(&format!("{path}/recover"), &json!({})).await.expect(400);
}
