//! The operator's tool, as an operator runs it.

use serde_json::json;
use tollgate_domain::{Delivery, EndpointId, EventId};
use tollgate_gateway::{AwsEnvironment, Clock, Message, Queue, SystemClock};
use tollgate_tests::{Cloud, Receiver, eventually, printed};

#[tokio::test(flavor = "multi_thread")]
async fn a_merchant_gets_keys_that_are_scoped_tiered_and_revoked() {
    let cloud = Cloud::start().await;
    let merchant = cloud.run_admin(&["create-merchant", "Shop", "--tier", "starter"]).unwrap();
    let merchant = merchant["id"].as_str().unwrap();
    let key = cloud.run_admin(&["create-key", merchant]).unwrap();
    let (id, secret) = (key["id"].as_str().unwrap(), key["secret"].as_str().unwrap());
    assert!(secret.starts_with("sk_test_"));
    let charges = cloud.charges().with_key(secret);
    charges.get("/payments").await.expect(200);
    let intents = cloud.intents().with_key(secret).get("/webhook_endpoints").await;
    assert_eq!(intents.header("x-ratelimit-limit"), "300");

    cloud.run_admin(&["set-tier", merchant, "growth"]).unwrap();
    let intents = cloud.intents().with_key(secret).get("/webhook_endpoints").await;
    assert_eq!(intents.header("x-ratelimit-limit"), "1000");
    cloud.run_admin(&["set-scopes", merchant, id, "customers:read"]).unwrap();
    charges.get("/payments").await.charges_error(403, "permission_error", "scope_missing", None);
    charges.get("/customers").await.expect(200);
    let live = cloud.run_admin(&["create-key", merchant, "--live", "--scope", "payments:read"]).unwrap();
    assert!(live["secret"].as_str().unwrap().starts_with("sk_live_"));
    let listed = cloud.run_admin(&["list-keys", merchant]).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert!(!listed.to_string().contains(secret));
    assert_eq!(listed[0]["scopes"], json!(["customers:read"]));

    cloud.run_admin(&["revoke-key", merchant, id]).unwrap();
    charges.get("/customers").await.charges_error(401, "authentication_error", "invalid_api_key", None);
    assert!(
        cloud
            .run_admin(&["revoke-key", merchant, "key_0000000000000000000000"])
            .unwrap_err()
            .contains("no such key")
    );
    assert!(cloud.run_admin(&["list-keys", "acct_nonsense"]).is_err());
    assert!(
        cloud.run_admin(&["set-scopes", merchant, id, "everything"]).unwrap_err().contains("payments:read")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merchant_is_configured_for_a_provider() {
    let cloud = Cloud::start().await;
    let merchant = cloud.run_admin(&["create-merchant", "Shop"]).unwrap();
    let merchant = merchant["id"].as_str().unwrap();
    let key = cloud.run_admin(&["create-key", merchant]).unwrap();
    let secret = key["secret"].as_str().unwrap();
    let checkout = cloud.checkout().with_key(secret).with_account(merchant);
    let order = crate::checkout::order("first");
    checkout.post("/payments/initialize", &order).await.expect(422);
    let arguments = ["set-processor", merchant, "mpgs", "--base-url", "http://localhost:1", "--mid", "SHOP1"];
    let environment =
        [("TOLLGATE_VAULT_SECRET_ARN", "VaultSecret"), ("TOLLGATE_PROCESSOR_SECRET", "password")];
    let run = |arguments: &[&str], environment: &[(&str, &str)]| {
        printed(&cloud.admin_command(arguments).envs(environment.iter().copied()).output().unwrap())
    };
    let set = run(&arguments, &environment).unwrap();
    assert_eq!(set, json!({"merchant": merchant, "mode": "test", "provider": "mpgs", "mid": "SHOP1"}));
    checkout.post("/payments/initialize", &order).await.expect(200);
    let refused = |arguments: &[&str], environment: &[(&str, &str)]| run(arguments, environment).unwrap_err();
    assert!(refused(&arguments, &environment[..1]).contains("secret"));
    let elsewhere = [("TOLLGATE_VAULT_SECRET_ARN", "Nobody"), environment[1]];
    assert!(refused(&arguments, &elsewhere).contains("ResourceNotFoundException"));
    let mut live = arguments.to_vec();
    live.push("--live");
    assert!(refused(&live, &environment).contains("https"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_given_up_is_revived() {
    let cloud = Cloud::start().await;
    let (intents, receiver) = (cloud.intents(), Receiver::start(&[]));
    let paid = json!({"amount": 1000, "currency": "eur", "payment_method": "pm_card_visa", "confirm": true});
    intents.post("/payment_intents", &paid).await.expect(201);
    let event = eventually("the event is stored", || async {
        let all = intents.get("/events?type=payment_intent.succeeded").await.expect(200);
        all["data"].get(0).map(|event| event["id"].as_str().unwrap().to_owned())
    })
    .await;
    let made = intents
        .post(
            "/webhook_endpoints",
            &json!({"url": receiver.url, "enabled_events": ["charge.failed", "payment_intent.*"]}),
        )
        .await
        .expect(201);
    // A delivery whose function crashed until the queue gave its message up.
    let (store, tenant) = (cloud.store(), cloud.demo_scope());
    let event = EventId::parse("evt_", &event).unwrap();
    let endpoint = EndpointId::parse("we_", made["id"].as_str().unwrap()).unwrap();
    let delivery = Delivery::new(event, endpoint, SystemClock.now());
    assert_eq!(store.create(tenant, &delivery).await.unwrap(), tollgate_store::Put::Created);
    let url = |name: &str| cloud.ready[name].as_str().unwrap().to_owned();
    let environment = AwsEnvironment::emulated(&url("dynamodb"), &url("sqs"));
    let dead = Queue::named(&environment, "tollgate-webhook-dead-letters").await.unwrap();
    dead.send(&[Message::first(tenant, &delivery).on_queue(0).unwrap()]).await.unwrap();
    let revived = cloud.run_admin(&["redrive"]).unwrap();
    assert_eq!(revived, json!({"webhooks": 1, "due_work": 0, "changes": 0}));
    let webhook = receiver.wait_for(1).await.remove(0);
    assert_eq!(webhook.json()["id"], event.to_prefixed("evt_"));
    let revived = cloud.run_admin(&["redrive"]).unwrap();
    assert_eq!(revived, json!({"webhooks": 0, "due_work": 0, "changes": 0}));
}
