//! One of the tables is lost, and the others are not.

use super::*;

const KEYS: &str = "tollgate-keys";

#[tokio::test]
async fn the_main_table_alone_is_lost_and_nothing_is_sent_again() {
    let cloud = Cloud::start().await;
    let (charges, receiver) = (cloud.charges(), Receiver::start(&[]));
    cloud.charges_endpoint(&receiver.url).await;
    let since = now();
    let first = id(&pay_once(&charges, "first").await.expect(201));
    let partly = json!({"payment_id": first, "amount": 300});
    let refund = id(&charges.post_once("/refunds", "refund", &partly).await.expect(201));
    told(&receiver, "refund.succeeded", std::slice::from_ref(&refund)).await;
    let copy = scan(&cloud).await;
    let lost = id(&pay_once(&charges, "lost").await.expect(201));
    told(&receiver, "payment.succeeded", std::slice::from_ref(&lost)).await;

    lose(&cloud, &[MAIN]).await;
    restore_to_new_tables(&cloud, &copy, RESTORED).await;
    restore(&cloud, "main");
    let published = republish(&cloud, &since);
    assert_eq!((&published["events"], &published["deliveries"]), (&json!(0), &json!(0)), "{published}");
    assert_eq!(published["left"], json!([]));
    // The retry makes the payment anew. Its events are there, and were delivered.
    assert_eq!(id(&pay_once(&charges, "lost").await.expect(201)), lost);
    // What comes after the restore is told: a change of a copy, and a new payment.
    let rest = charges.post_once("/refunds", "rest", &json!({"payment_id": first})).await.expect(201);
    assert_eq!(rest["amount"], 700);
    told(&receiver, "refund.succeeded", &[id(&rest)]).await;
    let last = id(&pay_once(&charges, "last").await.expect(201));
    told(&receiver, "payment.succeeded", &[last]).await;
    each_fact_has_one_id(&receiver.received());
    let mut events: Vec<String> = receiver.received().iter().map(|w| w.json()["id"].to_string()).collect();
    events.sort();
    let arrived = events.len();
    events.dedup();
    assert_eq!(events.len(), arrived, "no event came twice");
}

#[tokio::test]
async fn the_events_alone_are_lost_and_are_sent_again_under_their_ids() {
    let cloud = Cloud::start().await;
    let (charges, receiver) = (cloud.charges(), Receiver::start(&[]));
    cloud.charges_endpoint(&receiver.url).await;
    let since = now();
    let before = id(&pay_once(&charges, "before").await.expect(201));
    told(&receiver, "payment.succeeded", std::slice::from_ref(&before)).await;
    let copy = scan(&cloud).await;
    // A payment, and a change of one that the copy has.
    let paid = id(&pay_once(&charges, "after").await.expect(201));
    let refund = id(&charges.post("/refunds", &json!({"payment_id": before})).await.expect(201));
    told(&receiver, "payment.succeeded", std::slice::from_ref(&paid)).await;
    told(&receiver, "refund.succeeded", std::slice::from_ref(&refund)).await;
    let events = |tables: &Value| events_in(tables, tables);
    let all = scan(&cloud).await;

    lose(&cloud, &[EVENTS]).await;
    restore_to_new_tables(&cloud, &copy, RESTORED).await;
    restore(&cloud, "events");
    let told_before = receiver.received().len();
    let published = republish(&cloud, &since);
    assert_eq!(published["left"], json!([]), "{published}");
    assert_eq!(events(&scan(&cloud).await), events(&all));
    eventually("both are told again", || async {
        let since = receiver.received().split_off(told_before);
        let has = |id: &str| since.iter().any(|w| w.json()["data"]["object"]["id"] == id);
        (has(&paid) && has(&refund)).then_some(())
    })
    .await;
    each_fact_has_one_id(&receiver.received());
}

#[tokio::test]
async fn a_change_of_which_nobody_knows_what_came_before_is_named_and_not_sent() {
    let cloud = Cloud::start().await;
    let (charges, receiver) = (cloud.charges(), Receiver::start(&[]));
    cloud.charges_endpoint(&receiver.url).await;
    let since = now();
    let refunded = id(&pay_once(&charges, "refunded").await.expect(201));
    let refund = id(&charges.post("/refunds", &json!({"payment_id": refunded})).await.expect(201));
    let paid = id(&pay_once(&charges, "paid").await.expect(201));
    told(&receiver, "refund.succeeded", std::slice::from_ref(&refund)).await;
    told(&receiver, "payment.succeeded", &[refunded.clone(), paid.clone()]).await;

    // Without a copy: the payment's second version has no event before it.
    lose(&cloud, &[EVENTS]).await;
    let told_before = receiver.received().len();
    let published = republish(&cloud, &since);
    let left = published["left"].as_array().unwrap();
    let bare = PaymentId::parse("pay_", &refunded).unwrap().to_string();
    assert!(left.len() == 1 && left[0].as_str().unwrap().ends_with(&format!("PAY#{bare}")), "{published}");
    eventually("the others are told again", || async {
        let since = receiver.received().split_off(told_before);
        let has = |id: &str| since.iter().any(|w| w.json()["data"]["object"]["id"] == id);
        (has(&paid) && has(&refund)).then_some(())
    })
    .await;
    each_fact_has_one_id(&receiver.received());
}

/// A payment's status in a copy.
fn status_in(copy: &Value, reference: &str) -> String {
    let id = PaymentId::parse_uuid(reference).unwrap().to_string();
    let mut items = copy[MAIN].as_array().unwrap().iter();
    let item = items.find(|item| item["pk"]["S"].as_str().unwrap().ends_with(&format!("PAY#{id}"))).unwrap();
    item["status"]["S"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_was_in_flight_at_the_moment_is_charged_once() {
    let cloud = Cloud::start_with(&[("ProcessorTimeoutMs", "300"), ("ProcessorLookUpLagMs", "0")]).await;
    let (reference, page) = initialized(&cloud, &order("in-flight")).await;
    let challenge = press_at(&page, "pay").await.1;
    // The processor authorizes, and nobody hears of it before the copy.
    for (operation, when, what) in [("authorize", "after", "hang"), ("look_up", "before", "error")] {
        let fault =
            json!({"provider": "mpgs", "operation": operation, "when": when, "what": what, "times": 2});
        let made = reqwest::Client::new().post(cloud.local("/_networks/faults")).json(&fault).send().await;
        assert_eq!(made.unwrap().status(), 200);
    }
    press_at(&challenge, "complete").await;
    let copy = scan(&cloud).await;
    assert_eq!(status_in(&copy, &reference), "processing");
    // In the lost minute due work finds the authorization and captures it.
    ends_paid(&cloud, &reference).await;
    charged_once(&cloud, &reference).await;

    lose(&cloud, &[MAIN, EVENTS]).await;
    restore_to_new_tables(&cloud, &copy, RESTORED).await;
    restore(&cloud, "events");
    restore(&cloud, "main");
    // It asks the processor again before it sends anything.
    ends_paid(&cloud, &reference).await;
    charged_once(&cloud, &reference).await;
    assert_eq!(status(&cloud, &reference).await["status"], "completed");
}

#[tokio::test]
async fn a_key_that_was_revoked_after_the_moment_works_until_it_is_revoked_again() {
    let cloud = Cloud::start().await;
    let merchant = admin(&cloud, &["create-merchant", "Shop"])["id"].as_str().unwrap().to_owned();
    let key = admin(&cloud, &["create-key", &merchant]);
    let (key_id, charges) = (id(&key), cloud.charges().with_key(key["secret"].as_str().unwrap()));
    charges.get("/payments").await.expect(200);
    let copy = scan(&cloud).await;
    admin(&cloud, &["revoke-key", &merchant, &key_id]);
    charges.get("/payments").await.expect(401);
    restore_to_new_tables(&cloud, &copy, RESTORED).await;

    // The keys table was not lost: nothing of it is replaced.
    let kept = restore(&cloud, "keys");
    assert_eq!(kept["written"], 0, "{kept}");
    charges.get("/payments").await.expect(401);
    // It was lost: the key is back, until it is revoked as the guide says.
    lose(&cloud, &[KEYS]).await;
    assert_ne!(restore(&cloud, "keys")["written"], 0);
    charges.get("/payments").await.expect(200);
    admin(&cloud, &["revoke-key", &merchant, &key_id]);
    charges.get("/payments").await.expect(401);
}

#[tokio::test]
async fn what_the_tool_is_given_wrong_it_refuses() {
    let cloud = Cloud::start().await;
    let refused = |arguments: &[&str]| cloud.run_admin(arguments).unwrap_err();
    assert!(refused(&["restore", "main", "--from", "tollgate"]).contains("another name"));
    assert!(refused(&["restore", "main", "--from", "nowhere"]).contains("ResourceNotFoundException"));
    assert!(refused(&["restore", "main", "--from", RESTORED, "--after", "x"]).contains("not a place"));
    assert!(refused(&["restore", "main", "--from", RESTORED, "--page-items", "0"]).contains("page-items"));
    assert!(refused(&["republish", "--since", "yesterday"]).contains("2026-01-31T09:30:00Z"));
    let merchant = cloud.ready["credentials"]["client_id"].as_str().unwrap();
    let looked_up = cloud.run_admin_with_input(&["look-up-references", merchant], "nonsense\n").unwrap();
    assert_eq!(looked_up, json!({"missing": ["nonsense"], "recorded": []}));
}
