//! Disputes: what they take, what merchants do about them, and how they end.

use serde_json::{Value, json};
use tollgate_domain::{Dispute, DisputeId};
use tollgate_tests::{
    Client, Cloud, Receiver,
    dynamodb::{ask, n, s},
    eventually, settled,
};

use crate::callers::world::dispute_of;

fn id(value: &Value) -> &str {
    value["id"].as_str().unwrap_or_else(|| panic!("no id: {value}"))
}

/// A confirmed intent and its newest dispute.
async fn disputed(intents: &Client, minor: i64, method: &str) -> (Value, Value) {
    let body = json!({"amount": minor, "currency": "eur", "payment_method": method, "confirm": true});
    let intent = intents.post("/payment_intents", &body).await.expect(201);
    let dispute = dispute_of(intents, &intent).await;
    (intent, dispute)
}

async fn answer(intents: &Client, dispute: &Value, text: &str) -> Value {
    let body = json!({"evidence": {"uncategorized_text": text}});
    intents.post(&format!("/disputes/{}", id(dispute)), &body).await.expect(200)
}

async fn becomes(intents: &Client, dispute: &Value, status: &str) -> Value {
    eventually(&format!("the dispute is {status}"), || async {
        let dispute = intents.get(&format!("/disputes/{}", id(dispute))).await.expect(200);
        (dispute["status"] == status).then_some(dispute)
    })
    .await
}

/// Waits until this much can be paid out.
async fn has_available(intents: &Client, minor: i64) {
    let outcome = settled(async || {
        let shown = intents.get("/balance").await.expect(200);
        if shown["available"][0]["amount"] == minor { Ok(()) } else { Err(shown) }
    });
    assert_eq!(outcome.await.err(), None, "expected {minor}");
}

/// What the operator's tool says of the books, once they agree.
async fn books_agree(cloud: &Cloud) {
    eventually("the books agree", || async {
        let verified = cloud.run_admin(&["verify-ledger"]).unwrap();
        (verified["differences"] == json!([])).then_some(())
    })
    .await;
}

/// A cloud whose merchant gets its money at once.
async fn without_delay() -> Cloud {
    let cloud = Cloud::start().await;
    let merchant = cloud.ready["credentials"]["client_id"].as_str().unwrap();
    let terms = cloud.run_admin(&["set-fees", merchant, "--delay-days", "0"]).unwrap();
    assert_eq!(terms["dispute_fee"], 1500);
    cloud
}

/// The types of the events about a dispute, oldest first.
async fn told(intents: &Client, dispute: &Value) -> Vec<String> {
    let path = format!("/events?limit=100&related_object={}", id(dispute));
    let page = intents.get(&path).await.expect(200);
    let events = page["data"].as_array().unwrap().iter().rev();
    events.map(|event| event["type"].as_str().unwrap().replace("charge.dispute.", "")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn money_and_a_fee_are_withheld_and_a_won_dispute_gives_the_money_back() {
    let cloud = without_delay().await;
    let intents = cloud.intents();
    let receiver = Receiver::start(&[]);
    let hooks = json!({"url": receiver.url, "enabled_events": ["charge.dispute.*"]});
    intents.post("/webhook_endpoints", &hooks).await.expect(201);
    // 1000 less 29 + 30 is 941; the dispute takes 1000 and 1500.
    let (intent, dispute) = disputed(&intents, 1000, "pm_card_createDispute").await;
    assert_eq!((&dispute["status"], &dispute["reason"]), (&json!("needs_response"), &json!("fraudulent")));
    has_available(&intents, 941 - 2500).await;
    let charge = intents.get(&format!("/charges/{}", intent["latest_charge"].as_str().unwrap())).await;
    let charge = charge.expect(200);
    assert_eq!((&charge["disputed"], &charge["refunded"]), (&json!(true), &json!(false)));
    let [taken] = dispute["balance_transactions"].as_array().unwrap().as_slice() else {
        panic!("not one: {dispute}");
    };
    let row = intents.get(&format!("/balance_transactions/{}", id(taken))).await.expect(200);
    assert_eq!(row, *taken);
    let figures = ["type", "reporting_category", "amount", "fee", "net", "source", "status"];
    let of = |row: &Value| figures.map(|name| row[name].clone());
    let expected = json!(["adjustment", "dispute", -1000, 1500, -2500, dispute["id"], "available"]);
    assert_eq!(json!(of(&row)), expected);
    let answered = answer(&intents, &dispute, "winning_evidence").await;
    assert_eq!(answered["status"], "under_review");
    let won = becomes(&intents, &dispute, "won").await;
    has_available(&intents, 941 - 1500).await;
    let back = &won["balance_transactions"][1];
    let expected = json!(["adjustment", "dispute_reversal", 1000, 0, 1000, dispute["id"], "available"]);
    assert_eq!(json!(of(back)), expected);
    assert_eq!(intents.get(&format!("/balance_transactions/{}", id(back))).await.expect(200), *back);
    assert_eq!(won["balance_transactions"][0], row, "what it took stays as it was");
    let list = format!("/balance_transactions?source={}&type=adjustment", id(&dispute));
    assert_eq!(intents.get(&list).await.expect(200)["data"].as_array().unwrap().len(), 2);
    books_agree(&cloud).await;
    let expected = ["created", "funds_withdrawn", "updated", "closed", "funds_reinstated"];
    assert_eq!(told(&intents, &dispute).await, expected);
    let bodies: Vec<Value> = receiver.wait_for(5).await.iter().map(tollgate_tests::Webhook::json).collect();
    let closed = bodies.iter().find(|body| body["type"] == "charge.dispute.closed").unwrap();
    assert_eq!(closed["data"]["object"], won);
    let updated = bodies.iter().find(|body| body["type"] == "charge.dispute.updated").unwrap();
    assert_eq!(updated["data"]["previous_attributes"]["status"], "needs_response");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_an_accepted_and_a_late_dispute_keep_the_money() {
    let cloud = without_delay().await;
    let intents = cloud.intents();
    let merchant = cloud.ready["credentials"]["client_id"].as_str().unwrap();
    let fee = ["set-fees", merchant, "--dispute-fee", "700", "--currency", "EUR"];
    assert_eq!(cloud.run_admin(&fee).unwrap()["dispute_fee_by_currency"], json!({"EUR": 700}));
    let (_, lost) = disputed(&intents, 1000, "pm_card_createDisputeProductNotReceived").await;
    assert_eq!(lost["reason"], "product_not_received");
    answer(&intents, &lost, "losing_evidence").await;
    let (_, accepted) = disputed(&intents, 2000, "pm_card_createDispute").await;
    let close = format!("/disputes/{}/close", id(&accepted));
    assert_eq!(intents.post(&close, &json!({})).await.expect(200)["status"], "lost");
    let (_, late) = disputed(&intents, 3000, "pm_card_createDispute").await;
    make_late(&cloud, &late).await;
    for dispute in [&lost, &accepted, &late] {
        let lost = becomes(&intents, dispute, "lost").await;
        assert_eq!(lost["balance_transactions"], dispute["balance_transactions"]);
        let ended = if id(dispute) == id(&accepted) || id(dispute) == id(&late) { 3 } else { 4 };
        eventually("its end is told", || async {
            (told(&intents, dispute).await.len() == ended).then_some(())
        })
        .await;
        assert_eq!(told(&intents, dispute).await.last().unwrap(), "closed");
    }
    // 941 + 1912 + 2883 came in; three times 700 and all amounts went.
    has_available(&intents, 941 + 1912 + 2883 - 6000 - 2100).await;
    books_agree(&cloud).await;
    // Nothing is withheld any more.
    let balances = cloud.store().balances(cloud.demo_scope()).await.unwrap();
    assert_eq!((balances[0].accounts.disputed, balances[0].accounts.processor), (0, 0));
}

/// Moves the end of the time for evidence into the past.
async fn make_late(cloud: &Cloud, dispute: &Value) {
    let id: DisputeId = id(dispute).strip_prefix("dp_").unwrap().parse().unwrap();
    let key = json!({"pk": s(&format!("{}DSP#{id}", cloud.demo_scope())), "sk": s("#")});
    let dynamodb = cloud.ready["dynamodb"].as_str().unwrap();
    let item = ask(dynamodb, "GetItem", &json!({"TableName": "tollgate", "Key": key})).await["Item"].clone();
    let (due, at) = (item["gsi3sk"]["S"].as_str().unwrap(), item["due"]["N"].as_str().unwrap());
    let past = (dispute["created"].as_i64().unwrap() * 1000).to_string();
    let update = json!({"TableName": "tollgate", "Key": key,
        "UpdateExpression": "SET evidence_due_by = :at, due = :at, gsi3sk = :due",
        "ExpressionAttributeValues":
            {":at": n(past.parse().unwrap()), ":due": s(&due.replace(at, &past))}});
    ask(dynamodb, "UpdateItem", &update).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disputed_payment_is_not_refunded_beyond_what_is_left() {
    let cloud = without_delay().await;
    let intents = cloud.intents();
    let (intent, dispute) = disputed(&intents, 1000, "pm_card_createDispute").await;
    let refund = json!({"payment_intent": intent["id"], "amount": 1});
    let refused = intents.post("/refunds", &refund).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["error"]["code"]), (400, &json!("charge_disputed")));
    let whole = intents.post("/refunds", &json!({"payment_intent": intent["id"]})).await;
    assert_eq!(whole.json()["error"]["code"], "charge_disputed");
    answer(&intents, &dispute, "winning_evidence").await;
    becomes(&intents, &dispute, "won").await;
    let refund = intents.post("/refunds", &json!({"payment_intent": intent["id"]})).await.expect(201);
    assert_eq!(refund["amount"], 1000);
    // Half of it is disputed, and then the rest: the second dispute takes no more than is left.
    let (intent, _) = disputed(&intents, 999, "pm_card_createMultipleDisputes").await;
    let path = format!("/disputes?payment_intent={}", id(&intent));
    let both = intents.get(&path).await.expect(200)["data"].clone();
    let mut amounts: Vec<_> = both.as_array().unwrap().iter().map(|one| one["amount"].as_i64()).collect();
    amounts.sort_unstable();
    assert_eq!(amounts, [Some(499), Some(500)]);
    let refused = intents.post("/refunds", &json!({"payment_intent": intent["id"]})).await;
    assert_eq!(refused.json()["error"]["code"], "charge_disputed");
    // A half that was won back can be refunded, and no more.
    let half = both.as_array().unwrap().iter().find(|one| one["amount"] == 499).unwrap();
    answer(&intents, half, "winning_evidence").await;
    becomes(&intents, half, "won").await;
    let refund = |minor: i64| json!({"payment_intent": intent["id"], "amount": minor});
    let refused = intents.post("/refunds", &refund(500)).await;
    assert_eq!(refused.json()["error"]["code"], "amount_too_large");
    intents.post("/refunds", &refund(499)).await.expect(201);
    // The other front doors refuse it, too.
    let body =
        json!({"amount": 1000, "currency": "GBP", "source": {"type": "card", "token": "tok_visa_0259"}});
    let paid = cloud.charges().post("/payments", &body).await.expect(201);
    let of_charges = paid["id"].as_str().unwrap().replace("pay_", "pi_");
    dispute_of(&intents, &json!({"id": of_charges})).await;
    let refused = cloud.charges().post("/refunds", &json!({"payment_id": paid["id"]})).await;
    assert_eq!(refused.json()["error"]["code"], "payment_disputed", "{}", refused.text);
    books_agree(&cloud).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inquiry_takes_nothing_until_it_is_escalated() {
    let cloud = without_delay().await;
    let intents = cloud.intents();
    let (intent, inquiry) = disputed(&intents, 1000, "pm_card_createDisputeInquiry").await;
    assert_eq!(inquiry["status"], "warning_needs_response");
    let shown = json!([inquiry["balance_transactions"], inquiry["is_charge_refundable"]]);
    assert_eq!(shown, json!([[], true]));
    has_available(&intents, 941).await;
    intents.post("/refunds", &json!({"payment_intent": intent["id"], "amount": 300})).await.expect(201);
    has_available(&intents, 641).await;
    let closed = answer(&intents, &inquiry, "winning_evidence").await;
    assert_eq!(closed["status"], "warning_under_review");
    becomes(&intents, &inquiry, "warning_closed").await;
    let (_, early) = disputed(&intents, 1000, "pm_card_createIssuerFraudRecord").await;
    assert_eq!(
        (&early["status"], &early["reason"]),
        (&json!("warning_needs_response"), &json!("fraudulent"))
    );
    answer(&intents, &early, "escalate_inquiry_evidence").await;
    let escalated = becomes(&intents, &early, "needs_response").await;
    assert_eq!(escalated["payment_method_details"]["card"]["case_type"], "chargeback");
    has_available(&intents, 641 + 941 - 2500).await;
    assert_eq!(told(&intents, &early).await, ["created", "updated", "updated", "funds_withdrawn"]);
    books_agree(&cloud).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_is_refunded_whole_ends_its_inquiry_and_no_part_of_it_does() {
    let cloud = without_delay().await;
    let intents = cloud.intents();
    for (refunds, answered) in [(vec![400, 600], false), (vec![1000], true)] {
        let (intent, inquiry) = disputed(&intents, 1000, "pm_card_createDisputeInquiry").await;
        let path = format!("/disputes/{}", id(&inquiry));
        if answered {
            let stage = json!({"evidence": {"uncategorized_text": "ask them"}, "submit": true});
            intents.post(&path, &stage).await.expect(200);
        }
        for minor in refunds {
            let open = intents.get(&path).await.expect(200);
            assert!(
                open["status"].as_str().unwrap().starts_with("warning_")
                    && open["status"] != "warning_closed"
            );
            let refund = json!({"payment_intent": intent["id"], "amount": minor});
            intents.post("/refunds", &refund).await.expect(201);
        }
        let closed = becomes(&intents, &inquiry, "warning_closed").await;
        assert_eq!(closed["balance_transactions"], json!([]));
        eventually("its end is told", || async {
            (told(&intents, &inquiry).await.last().unwrap() == "closed").then_some(())
        })
        .await;
    }
    books_agree(&cloud).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_concurrent_answers_one_is_submitted_and_a_key_answers_once() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let (_, dispute) = disputed(&intents, 1000, "pm_card_createDispute").await;
    let path = format!("/disputes/{}", id(&dispute));
    let submit = |n: usize| json!({"evidence": {"uncategorized_text": format!("evidence {n}")}});
    let bodies: Vec<Value> = (0..8).map(submit).collect();
    let answers = bodies.iter().map(|body| intents.post(&path, body));
    let answers = futures_util::future::join_all(answers).await;
    let taken = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(taken, 1, "{:?}", answers.iter().map(|answer| answer.text.clone()).collect::<Vec<_>>());
    assert!(answers.iter().all(|answer| [200, 400].contains(&answer.status.as_u16())));
    let shown = intents.get(&path).await.expect(200);
    assert_eq!(shown["evidence_details"]["submission_count"], 1);
    let (_, other) = disputed(&intents, 1000, "pm_card_createDispute").await;
    let close = format!("/disputes/{}/close", id(&other));
    let first = intents.post_once(&close, "close", &json!({})).await;
    let again = intents.post_once(&close, "close", &json!({})).await;
    assert_eq!((again.header("idempotent-replayed"), &again.text), ("true", &first.text));
}

#[tokio::test(flavor = "multi_thread")]
async fn erasing_a_customer_erases_who_the_payer_is_from_evidence_and_its_events() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let customer = intents.post("/customers", &json!({"email": "ann@example.com"})).await.expect(201);
    let body = json!({"amount": 1000, "currency": "eur", "payment_method": "pm_card_createDispute", "confirm": true,
        "customer": customer["id"]});
    let intent = intents.post("/payment_intents", &body).await.expect(201);
    let dispute = dispute_of(&intents, &intent).await;
    let evidence =
        json!({"evidence": {"customer_name": "Secret Ann", "product_description": "Shoes"}, "submit": false});
    let path = format!("/disputes/{}", id(&dispute));
    intents.post_once(&path, "stage", &evidence).await.expect(200);
    let more = json!({"evidence": {"shipping_carrier": "Post"}, "submit": false});
    intents.post(&path, &more).await.expect(200);
    eventually("both changes are told", || async {
        (told(&intents, &dispute).await.len() == 4).then_some(())
    })
    .await;
    intents.delete(&format!("/customers/{}", id(&customer))).await.expect(200);
    eventually("nothing tells who it was", || async {
        let stored: Option<Dispute> =
            cloud.store().get(cloud.demo_scope(), id(&dispute).trim_start_matches("dp_")).await.unwrap();
        let text = serde_json::to_string(&stored).unwrap();
        let events = intents.get(&format!("/events?limit=100&related_object={}", id(&dispute))).await;
        (!text.contains("Secret") && text.contains("Shoes") && !events.text.contains("Secret")).then_some(())
    })
    .await;
    assert_eq!(told(&intents, &dispute).await.len(), 4, "an erasure is no event");
}
