//! API keys: who may make which, what a retry is told, how a key ends, how many there may be, and how often one may call.

use serde_json::{Value, json};
use tollgate_domain::{KeyKind, Mode, Permission};
use tollgate_tests::{Client, Cloud, eventually};

fn secret(key: &Value) -> &str {
    key["secret"].as_str().unwrap()
}

fn code(answer: &Value) -> &str {
    answer["error"]["code"].as_str().unwrap_or_default()
}

pub(crate) async fn restricted(cloud: &Cloud, scopes: &[Permission]) -> (String, Client) {
    let key = cloud.demo_key(Mode::Test, KeyKind::Secret, scopes).await;
    let client = cloud.intents().with_key(&key);
    (key, client)
}

#[tokio::test]
async fn a_publishable_key_over_its_rate_limit_is_not_given_a_secret_key() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let made = intents.post_once("/api_keys", "known", &json!({})).await.expect(201);
    let publishable = cloud.ready["credentials"]["publishable_key"].as_str().unwrap();
    let (limited_key, limited) = restricted(&cloud, &[Permission::KeysRead]).await;
    for key in [publishable, &limited_key] {
        cloud.use_up_key(key).await;
    }
    for caller in [intents.with_key(publishable), limited] {
        for _ in 0..2 {
            let answer = caller.post_once("/api_keys", "known", &json!({})).await;
            assert!(!answer.text.contains(secret(&made)), "{}", answer.text);
            answer.expect(403);
            assert_eq!(answer.header("idempotent-replayed"), "");
        }
        // What it may not do it is told first, and how often only then.
        caller.get("/customers").await.expect(403);
    }
    // Who may is given the answer again, over the limit, too.
    cloud.use_up_key(&cloud.key()).await;
    let again = intents.post_once("/api_keys", "known", &json!({})).await;
    assert_eq!(again.expect(201), made);
    intents.post_once("/api_keys", "another", &json!({})).await.expect(429);
}

#[tokio::test]
async fn a_retry_is_told_nothing_that_the_caller_could_not_do_itself() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let body = json!({"scopes": ["customers:read"]});
    let made = intents.post_once("/api_keys", "k", &body).await.expect(201);
    let path = format!("/api_keys/{}/roll", made["id"].as_str().unwrap());
    let rolled = intents.post_once(&path, "r", &json!({})).await.expect(200);
    let (key, maker) = restricted(&cloud, &[Permission::KeysWrite]).await;
    for over in [false, true] {
        if over {
            cloud.use_up_key(&key).await;
        }
        for answer in
            [maker.post_once("/api_keys", "k", &body).await, maker.post_once(&path, "r", &json!({})).await]
        {
            assert!(answer.expect(403)["error"]["message"].as_str().unwrap().contains("customers:read"));
            for made in [&made, &rolled] {
                assert!(!answer.text.contains(secret(made)));
            }
        }
    }
    // Who has what the key has is told.
    let scopes = [Permission::KeysWrite, Permission::CustomersRead];
    let (_, maker) = restricted(&cloud, &scopes).await;
    assert_eq!(maker.post_once("/api_keys", "k", &body).await.expect(201), made);
}

#[tokio::test]
async fn a_record_that_has_expired_gives_no_other_key_than_was_asked_for() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let publishable = json!({"type": "publishable"});
    let made = intents.post_once("/api_keys", "k", &publishable).await.expect(201);
    drop_records(&cloud).await;
    // The same request is given the same key; another one with its idempotency key another, of other bytes.
    let again = intents.post_once("/api_keys", "k", &publishable).await.expect(201);
    assert_eq!((&again["id"], &again["secret"]), (&made["id"], &made["secret"]));
    drop_records(&cloud).await;
    let other = intents.post_once("/api_keys", "k", &json!({})).await.expect(201);
    assert_ne!(secret(&other)[8..], secret(&made)[8..]);
    drop_records(&cloud).await;
    let (_, maker) = restricted(&cloud, &[Permission::KeysWrite]).await;
    let refused = maker.post_once("/api_keys", "k", &json!({})).await;
    assert!(!refused.text.contains(secret(&other)));
    refused.expect(403);
}

/// Forgets the records of requests, as DynamoDB does after 30 days.
async fn drop_records(cloud: &Cloud) {
    use tollgate_tests::dynamodb::ask;
    let url = cloud.ready["dynamodb"].as_str().unwrap();
    let all = ask(url, "Scan", &json!({"TableName": "tollgate-events"})).await;
    let items = all["Items"].as_array().unwrap().iter();
    let runs = items.filter(|item| item["pk"]["S"].as_str().unwrap().contains("#RUN#"));
    let runs: Vec<_> = runs.collect();
    assert!(!runs.is_empty());
    for run in runs {
        let key = json!({"pk": run["pk"], "sk": run["sk"]});
        ask(url, "DeleteItem", &json!({"TableName": "tollgate-events", "Key": key})).await;
    }
}

#[tokio::test]
async fn an_end_only_moves_nearer_and_what_ends_makes_no_keys() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let made = intents.post("/api_keys", &json!({})).await.expect(201);
    let path = format!("/api_keys/{}", made["id"].as_str().unwrap());
    let roll = format!("{path}/roll");
    let ending = intents.with_key(secret(&made));
    intents.post(&roll, &json!({"expires_in": 600})).await.expect(200);
    let end = async || {
        let keys = intents.get("/api_keys?limit=100").await.expect(200);
        let keys = keys["data"].as_array().unwrap().clone();
        let key = keys.into_iter().find(|key| key["id"] == made["id"]).unwrap();
        key["expires_at"].as_i64().unwrap()
    };
    let first = end().await;
    // Nobody can move its end further away, the key itself included.
    for body in [json!({"expires_in": 604_800}), json!({})] {
        assert_eq!(code(&ending.post(&roll, &body).await.expect(403)), "lasting_api_key_required");
        intents.post(&roll, &body).await.expect(200);
        assert_eq!(end().await, first);
    }
    for body in [json!({}), json!({"type": "publishable"}), json!({"scopes": []})] {
        let refused = ending.post("/api_keys", &body).await.expect(403);
        assert_eq!(code(&refused), "lasting_api_key_required");
    }
    // It still does everything else, until it ends.
    ending.get("/customers").await.expect(200);
    intents.post(&roll, &json!({"expires_in": 60})).await.expect(200);
    assert!(end().await < first);
    intents.post(&roll, &json!({"expires_in": 0})).await.expect(200);
    ending.get("/customers").await.expect(401);
    // What has ended is not rolled.
    assert_eq!(code(&intents.post(&roll, &json!({})).await.expect(400)), "api_key_ended");
    let revoked = intents.post("/api_keys", &json!({})).await.expect(201);
    let path = format!("/api_keys/{}", revoked["id"].as_str().unwrap());
    intents.delete(&path).await.expect(200);
    let refused = intents.post(&format!("{path}/roll"), &json!({})).await.expect(400);
    assert_eq!(code(&refused), "api_key_ended");
}

#[tokio::test]
async fn an_access_token_makes_no_keys() {
    let cloud = Cloud::start().await;
    let credentials = json!({
        "client_id": cloud.ready["credentials"]["client_id"],
        "client_secret": cloud.ready["credentials"]["client_secret"],
    });
    let token = cloud.client("direct").post("/auth/token", &credentials).await.expect(200);
    let intents = cloud.intents();
    let made = intents.post_once("/api_keys", "k", &json!({})).await.expect(201);
    let by_token = intents.with_key(token["access_token"].as_str().unwrap());
    by_token.get("/customers").await.expect(200);
    let roll = format!("/api_keys/{}/roll", made["id"].as_str().unwrap());
    for answer in [
        by_token.post("/api_keys", &json!({})).await,
        by_token.post_once("/api_keys", "k", &json!({})).await,
        by_token.post(&roll, &json!({})).await,
    ] {
        assert_eq!(code(&answer.expect(403)), "lasting_api_key_required");
        assert!(!answer.text.contains(secret(&made)));
    }
}

#[tokio::test]
async fn a_key_that_was_rolled_with_itself_may_ask_for_a_lost_answer_again() {
    let cloud = Cloud::start().await;
    let made = cloud.intents().post("/api_keys", &json!({})).await.expect(201);
    let itself = cloud.intents().with_key(secret(&made));
    let roll = format!("/api_keys/{}/roll", made["id"].as_str().unwrap());
    let rolled = itself.post_once(&roll, "r", &json!({})).await.expect(200);
    assert_eq!(itself.post_once(&roll, "r", &json!({})).await.expect(200), rolled);
    itself.post_once(&roll, "another", &json!({})).await.expect(403);
    itself.post_once("/api_keys", "r", &json!({})).await.expect(403);
    cloud.intents().with_key(secret(&rolled)).get("/customers").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_keys_are_accepted_and_each_can_be_revoked() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let mut last = Value::Null;
    let mut count = 2; // The demo merchant's own.
    let refused = loop {
        let answer = intents.post("/api_keys", &json!({"type": "publishable"})).await;
        if answer.status != 201 {
            break answer.expect(400);
        }
        last = answer.json();
        count += 1;
    };
    assert_eq!((count, code(&refused)), (100, "too_many_api_keys"));
    let path = format!("/api_keys/{}", last["id"].as_str().unwrap());
    let roll = format!("{path}/roll");
    assert_eq!(code(&intents.post(&roll, &json!({})).await.expect(400)), "too_many_api_keys");
    intents.delete(&path).await.expect(200);
    let next = intents.post("/api_keys", &json!({})).await.expect(201);
    let mut seen = 0;
    let mut after = String::new();
    loop {
        let page = intents.get(&format!("/api_keys?limit=40{after}")).await.expect(200);
        let keys = page["data"].as_array().unwrap();
        seen += keys.len();
        if page["has_more"] == false {
            break;
        }
        after = format!("&starting_after={}", keys.last().unwrap()["id"].as_str().unwrap());
    }
    assert_eq!(seen, 101);

    // The operator revokes any key by its text, which is in no command line.
    let revoked = cloud.run_admin_with_input(&["revoke-key", "--text"], secret(&next)).unwrap();
    assert_eq!(revoked["id"], next["id"]);
    assert!(!revoked.to_string().contains(secret(&next)));
    intents.with_key(secret(&next)).get("/customers").await.expect(401);
    let unknown = cloud.run_admin_with_input(&["revoke-key", "--text"], "sk_test_unknown");
    assert!(unknown.unwrap_err().contains("no such key"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enterprise_may_call_as_often_as_its_contract_says() {
    let cloud = Cloud::start().await;
    let merchant = cloud.run_admin(&["create-merchant", "Large", "--tier", "starter"]).unwrap();
    let merchant = merchant["id"].as_str().unwrap();
    let key = cloud.run_admin(&["create-key", merchant]).unwrap();
    let limit = async |front_door: &str, path: &str| {
        let answer = cloud.client(front_door).with_key(secret(&key)).get(path).await;
        answer.header("x-ratelimit-limit").to_owned()
    };
    let set = ["set-limit", merchant, "intents", "--per-minute", "20000", "--burst", "3000"];
    assert!(cloud.run_admin(&set).unwrap_err().contains("enterprise"));
    cloud.run_admin(&["set-tier", merchant, "enterprise"]).unwrap();
    assert_eq!(limit("intents", "/customers").await, "1000");
    assert_eq!(cloud.run_admin(&set).unwrap()["keys"], 1);
    cloud.run_admin(&["set-limit", merchant, "direct", "--per-minute", "700"]).unwrap();
    assert_eq!(limit("intents", "/customers").await, "20000");
    assert_eq!(limit("direct", "/transactions").await, "700");
    assert_eq!(limit("charges", "/customers").await, "1000");
    // A key that is made later has the same.
    let later = cloud.run_admin(&["create-key", merchant]).unwrap();
    let answer = cloud.intents().with_key(secret(&later)).get("/customers").await;
    assert_eq!(answer.header("x-ratelimit-limit"), "20000");
    for wrong in [
        ["set-limit", merchant, "intents", "--per-minute", "0"],
        ["set-limit", merchant, "intents", "--per-minute", "50001"],
    ] {
        assert!(cloud.run_admin(&wrong).unwrap_err().contains("per minute"));
    }
    let burst = ["set-limit", merchant, "charges", "--per-minute", "2000", "--burst", "5"];
    assert!(cloud.run_admin(&burst).unwrap_err().contains("bursts"));
    cloud.run_admin(&["set-limit", merchant, "intents"]).unwrap();
    assert_eq!(limit("intents", "/customers").await, "1000");
    cloud.run_admin(&["set-tier", merchant, "starter"]).unwrap();
    assert_eq!(limit("direct", "/transactions").await, "100");
}

#[tokio::test]
async fn a_link_is_shown_whole_to_whoever_may_read_what_it_leads_to() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let customer =
        json!({"email": "ann@secret.example", "name": "Ann Secret", "metadata": {"k": "hidden-value"}});
    let customer = intents.post("/customers", &customer).await.expect(201)["id"].clone();
    let body = json!({"amount": 2000, "currency": "eur", "customer": customer});
    let intent = intents.post("/payment_intents", &body).await.expect(201);
    let id = intent["id"].as_str().unwrap();
    let client_secret = intent["client_secret"].as_str().unwrap();
    let publishable = intents.with_key(cloud.ready["credentials"]["publishable_key"].as_str().unwrap());
    let (_, payments) = restricted(&cloud, &[Permission::PaymentsRead, Permission::PaymentsWrite]).await;
    let (_, writer) = restricted(&cloud, &[Permission::PaymentsWrite]).await;
    let (_, both) = restricted(&cloud, &[Permission::PaymentsRead, Permission::CustomersRead]).await;
    let read = format!("/payment_intents/{id}?expand[]=customer");
    let with_secret = format!("{read}&client_secret={client_secret}");
    let confirm = format!("/payment_intents/{id}/confirm");
    let expanding =
        json!({"payment_method": "pm_card_visa", "client_secret": client_secret, "expand": ["customer"]});
    let mut refused = vec![
        publishable.get(&with_secret).await,
        payments.get(&read).await,
        payments.get("/payment_intents?expand[]=data.customer").await,
        publishable.post(&confirm, &expanding).await,
        payments.post(&confirm, &expanding).await,
    ];
    // What is refused is not done first.
    assert_eq!(
        intents.get(&format!("/payment_intents/{id}")).await.expect(200)["status"],
        "requires_payment_method"
    );
    let paid = publishable
        .post(&confirm, &json!({"payment_method": "pm_card_visa", "client_secret": client_secret}))
        .await
        .expect(200);
    let charge = json!({"expand": ["latest_charge"]});
    refused.push(
        publishable
            .get(&format!("/payment_intents/{id}?client_secret={client_secret}&expand[]=latest_charge"))
            .await,
    );
    refused.push(writer.post("/refunds", &json!({"payment_intent": id, "expand": ["charge"]})).await);
    refused.push(writer.post(&format!("/payment_intents/{id}"), &charge).await);
    for answer in refused {
        let error = answer.expect(403)["error"].clone();
        assert_eq!(error["type"], "permission_error", "{error}");
        for hidden in ["ann@secret", "Ann Secret", "hidden-value", "ch_"] {
            assert!(!answer.text.contains(hidden), "{hidden}: {}", answer.text);
        }
    }
    assert_eq!(intents.get("/refunds").await.expect(200)["data"], json!([]));
    // Names that cannot be expanded are told before anything is done, too.
    let unknown = json!({"payment_intent": id, "expand": ["customer"]});
    intents.post("/refunds", &unknown).await.expect(400);
    assert_eq!(intents.get("/refunds").await.expect(200)["data"], json!([]));
    let whole = both.get(&format!("{read}&expand[]=latest_charge")).await.expect(200);
    assert_eq!(whole["customer"]["email"], "ann@secret.example");
    assert_eq!(whole["latest_charge"]["payment_intent"], paid["id"]);
}

#[tokio::test]
async fn an_event_is_shown_to_whoever_may_read_what_it_is_about() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let customer = json!({"email": "ann@secret.example"});
    intents.post("/customers", &customer).await.expect(201);
    intents.post("/payment_intents", &json!({"amount": 2000, "currency": "eur"})).await.expect(201);
    let all = eventually("both events", || async {
        let page = intents.get("/events").await.expect(200);
        let events = page["data"].as_array().unwrap().clone();
        let has = |name: &str| events.iter().any(|event| event["type"] == name);
        (has("customer.created") && has("payment_intent.created")).then_some(events)
    })
    .await;
    let of = |name: &str| all.iter().find(|event| event["type"] == name).unwrap()["id"].as_str().unwrap();
    let (customers, payments) = (of("customer.created"), of("payment_intent.created"));
    let hooks = [Permission::WebhooksRead, Permission::WebhooksWrite];
    let (_, hooks_only) = restricted(&cloud, &hooks).await;
    let (_, with_payments) = restricted(&cloud, &[&hooks[..], &[Permission::PaymentsRead]].concat()).await;
    for (caller, readable) in [
        (&hooks_only, vec!["webhook_endpoint"]),
        (&with_payments, vec!["webhook_endpoint", "payment_intent"]),
    ] {
        let list = caller.get("/events").await;
        assert!(!list.text.contains("ann@secret"));
        let list = list.expect(200);
        let shown = list["data"].as_array().unwrap();
        let expected = all.iter().filter(|event| {
            let kind = event["type"].as_str().unwrap().split('.').next().unwrap();
            readable.contains(&kind)
        });
        assert_eq!(shown.iter().collect::<Vec<_>>(), expected.collect::<Vec<_>>());
        for path in [format!("/events/{customers}"), format!("/events/{customers}/retry")] {
            let answer = if path.ends_with("retry") {
                caller.post(&path, &json!({})).await
            } else {
                caller.get(&path).await
            };
            assert!(!answer.text.contains("ann@secret"));
            answer.expect(403);
        }
    }
    with_payments.get(&format!("/events/{payments}")).await.expect(200);
    hooks_only.get(&format!("/events/{payments}")).await.expect(403);
}

#[tokio::test]
async fn a_payers_address_is_shown_to_whoever_may_read_customers() {
    let cloud = Cloud::start().await;
    let direct = cloud.client("direct");
    let card = json!({"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"});
    let body = json!({
        "amount": 1000, "currency": "USD", "payment_method": "card", "card": card,
        "customer": {"email": "ann@secret.example"},
    });
    let paid = direct.post("/payments", &body).await.expect(200);
    let (key, _) = restricted(&cloud, &[Permission::PaymentsRead, Permission::PaymentsWrite]).await;
    let payments = direct.with_key(&key);
    let again = json!({
        "amount": 1000, "currency": "USD", "payment_method": "card", "card": card,
        "customer": {"id": paid["customer"]["id"]},
    });
    for answer in [
        payments.get(&format!("/payments/{}", paid["id"].as_str().unwrap())).await,
        payments.get("/transactions").await,
        payments.post("/payments", &again).await,
    ] {
        assert!(!answer.text.contains("ann@secret"), "{}", answer.text);
        assert!(answer.expect(200).to_string().contains(paid["customer"]["id"].as_str().unwrap()));
    }
    let shown = direct.get(&format!("/payments/{}", paid["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(shown["customer"]["email"], "ann@secret.example");
}
