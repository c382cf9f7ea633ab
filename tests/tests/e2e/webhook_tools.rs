//! `intents`' tooling: events, deliveries, replay and recovery, rolled secrets, API keys, the account, version 1.

use serde_json::{Value, json};
use tollgate_domain::{
    EndpointId, KeyKind, Mode, Permission, WebhookEndpoint,
    endpoint::{self, Attempted},
};
use tollgate_gateway::{Clock, SystemClock};
use tollgate_tests::{Client, Cloud, Receiver, eventually, run_sample};

use crate::challenge::browser;

async fn pay(cloud: &Cloud, amount: i64) -> Value {
    let paid =
        json!({"amount": amount, "currency": "eur", "payment_method": "pm_card_visa", "confirm": true});
    cloud.intents().post("/payment_intents", &paid).await.expect(201)
}

async fn endpoint(cloud: &Cloud, body: &Value) -> (String, String) {
    let made = cloud.intents().post("/webhook_endpoints", body).await.expect(201);
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (format!("/webhook_endpoints/{}", text("id")), text("secret"))
}

/// An endpoint for payments that succeed.
async fn listen(cloud: &Cloud, receiver: &Receiver) -> (String, String) {
    let body = json!({"url": receiver.url, "enabled_events": ["payment_intent.succeeded"]});
    endpoint(cloud, &body).await
}

fn types(list: &Value) -> Vec<&str> {
    let all = list["data"].as_array().unwrap().iter();
    all.map(|event| event["type"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn events_are_listed_by_type_and_time_and_sent_again() {
    let cloud = Cloud::start().await;
    let (intents, receiver) = (cloud.intents(), Receiver::start(&[]).await);
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
    let (intents, receiver) = (cloud.intents(), Receiver::start(&[500, 500]).await);
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

#[tokio::test(flavor = "multi_thread")]
async fn a_rolled_secret_signs_beside_the_new_one_and_the_standard_libraries_verify_both() {
    let cloud = Cloud::start().await;
    let (intents, receiver) = (cloud.intents(), Receiver::start(&[]).await);
    let hooks = json!({"url": receiver.url, "enabled_events": ["payment_intent.*"]});
    let (path, old) = endpoint(&cloud, &hooks).await;
    let rolled = intents.post(&format!("{path}/roll_secret"), &json!({"expires_in": 600})).await.expect(200);
    let new = rolled["secret"].as_str().unwrap().to_owned();
    assert_ne!(old, new);
    let event = intents.post(&format!("{path}/test"), &json!({})).await.expect(200);
    let webhook = receiver.wait_for(1).await.remove(0);
    assert_eq!(webhook.json()["id"], event["id"]);
    assert_eq!(webhook.headers["pg-signature"].to_str().unwrap().matches("v1=").count(), 2);
    let header = |name: &str| webhook.headers[name].to_str().unwrap().to_owned();
    let headers = json!({
        "webhook-id": header("webhook-id"),
        "webhook-timestamp": header("webhook-timestamp"),
        "webhook-signature": header("webhook-signature"),
    });
    for secret in [&old, &new] {
        let python = format!(
            "import json\nfrom standardwebhooks import Webhook\nbody = {body}\nprint(Webhook({secret:?}).verify(body, json.loads({headers:?}))['object'])",
            body = serde_json::to_string(&webhook.body).unwrap(),
            headers = headers.to_string(),
        );
        let needs = ["python3", "-c", "import standardwebhooks"];
        if let Some(printed) = run_sample(&["python3", "-"], &needs, &python).await {
            assert_eq!(printed.trim(), "event");
        }
        let javascript = format!(
            "const {{ Webhook }} = require('standardwebhooks'); console.log(new Webhook({secret:?}).verify({body}, {headers}).object)",
            body = serde_json::to_string(&webhook.body).unwrap(),
        );
        let needs = ["node", "-e", "require('standardwebhooks')"];
        if let Some(printed) = run_sample(&["node", "-"], &needs, &javascript).await {
            assert_eq!(printed.trim(), "event");
        }
    }
    // Without an overlap the old one is gone at once.
    intents.post(&format!("{path}/roll_secret"), &json!({"expires_in": 0})).await.expect(200);
    intents.post(&format!("{path}/test"), &json!({})).await.expect(200);
    let webhook = receiver.wait_for(2).await.remove(1);
    assert_eq!(webhook.headers["pg-signature"].to_str().unwrap().matches("v1=").count(), 1);
    let changed = intents
        .post(&path, &json!({"enabled_events": ["charge.*"], "description": "mine", "metadata": {"a": "b"}}))
        .await
        .expect(200);
    assert_eq!(
        (&changed["enabled_events"], &changed["description"], &changed["metadata"]["a"]),
        (&json!(["charge.*"]), &json!("mine"), &json!("b"))
    );
    intents.post(&path, &json!({"enabled_events": ["nothing.*"]})).await.expect(400);
    intents.post(&path, &json!({"url": "ftp://x"})).await.expect(400);
}

#[tokio::test]
async fn keys_are_made_with_less_rolled_with_an_overlap_and_revoked() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let account = intents.get("/account").await.expect(200);
    assert_eq!(
        (&account["object"], &account["business_profile"]["name"]),
        (&json!("account"), &json!("Demo merchant"))
    );
    let made = intents
        .post("/api_keys", &json!({"scopes": ["payments:read", "api_keys:read", "api_keys:write"]}))
        .await
        .expect(201);
    let small = intents.with_key(made["secret"].as_str().unwrap());
    small.get("/payment_intents").await.expect(200);
    small.post("/customers", &json!({})).await.expect(403);
    // A key makes none that may do more than itself.
    small.post("/api_keys", &json!({"scopes": ["customers:write"]})).await.expect(403);
    let path = format!("/api_keys/{}", made["id"].as_str().unwrap());
    let rolled = intents.post(&format!("{path}/roll"), &json!({})).await.expect(200);
    assert_eq!(rolled["scopes"], made["scopes"]);
    let next = intents.with_key(rolled["secret"].as_str().unwrap());
    next.get("/payment_intents").await.expect(200);
    small.get("/payment_intents").await.expect(200);
    intents.post(&format!("{path}/roll"), &json!({"expires_in": 0})).await.expect(200);
    small.get("/payment_intents").await.expect(401);
    let id = rolled["id"].as_str().unwrap();
    intents.delete(&format!("/api_keys/{id}")).await.expect(200);
    next.get("/payment_intents").await.expect(401);
    let listed = intents.get("/api_keys").await.expect(200);
    let found = listed["data"].as_array().unwrap().iter().find(|key| key["id"] == id).unwrap();
    assert!(found["revoked_at"].is_i64() && found.get("secret").is_none());
    intents.delete("/api_keys/key_x").await.expect(404);
    // A retry that made a key which is revoked by now is not told its text again.
    let once = intents.post_once("/api_keys", "k", &json!({})).await.expect(201);
    let path = format!("/api_keys/{}", once["id"].as_str().unwrap());
    intents.delete(&path).await.expect(200);
    intents.post_once("/api_keys", "k", &json!({})).await.expect(404);
    let live = intents.with_key(&cloud.demo_key(Mode::Live, KeyKind::Secret, Permission::ALL).await);
    assert_eq!(live.get("/api_keys").await.expect(200)["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn payers_pages_may_call_three_routes_from_anywhere() {
    let cloud = Cloud::start().await;
    let public = cloud.ready["credentials"]["publishable_key"].as_str().unwrap();
    let page = cloud.intents().with_key(public);
    let card = json!({"type": "card", "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"}});
    let made = page.post("/payment_methods", &card).await;
    made.expect(201);
    assert_eq!(made.header("access-control-allow-origin"), "*");
    let intent = cloud
        .intents()
        .post("/payment_intents", &json!({"amount": 1000, "currency": "eur"}))
        .await
        .expect(201);
    let url = format!("{}/payment_intents/{}/confirm", cloud.api("intents"), intent["id"].as_str().unwrap());
    let preflight = browser()
        .request(reqwest::Method::OPTIONS, &url)
        .header("origin", "https://shop.example")
        .header("access-control-request-method", "POST");
    let allowed = Client::send(preflight).await;
    assert_eq!((allowed.status.as_u16(), allowed.header("access-control-allow-origin")), (204, "*"));
    assert!(allowed.header("access-control-allow-headers").contains("authorization"));
    page.get("/customers").await.expect(403);
    page.get("/payment_intents").await.expect(403);
    let path = format!("/payment_intents/{}", intent["id"].as_str().unwrap());
    page.get(&path).await.expect(400);
    page.get(&format!("{path}?client_secret=pi_x_secret_y")).await.expect(400);
    let secret = intent["client_secret"].as_str().unwrap();
    page.get(&format!("{path}?client_secret={secret}")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_of_the_official_javascript_package_runs() {
    let cloud = Cloud::start().await;
    let program = r"
const Stripe = require('stripe');
const assert = require('assert');
const base = new URL(process.env.BASE);
const stripe = new (Stripe.default || Stripe)(process.env.KEY, {host: base.hostname, port: base.port, protocol: 'http', maxNetworkRetries: 0});
(async () => {
  const customer = await stripe.customers.create({email: 'node@example.com', metadata: {a: '1'}});
  let intent = await stripe.paymentIntents.create({amount: 1200, currency: 'eur', customer: customer.id, payment_method_types: ['card'], capture_method: 'manual'});
  assert.equal(intent.status, 'requires_payment_method');
  intent = await stripe.paymentIntents.confirm(intent.id, {payment_method: 'pm_card_visa', expand: ['customer', 'latest_charge']});
  assert.deepEqual([intent.status, intent.customer.email, intent.latest_charge.captured], ['requires_capture', 'node@example.com', false]);
  intent = await stripe.paymentIntents.capture(intent.id, {amount_to_capture: 700});
  assert.deepEqual([intent.status, intent.amount_received], ['succeeded', 700]);
  const refund = await stripe.refunds.create({payment_intent: intent.id, amount: 300});
  assert.equal(refund.status, 'succeeded');
  await assert.rejects(stripe.paymentIntents.create({amount: 1200, currency: 'eur', payment_method: 'pm_card_chargeDeclined', confirm: true}), {type: 'StripeCardError', code: 'card_declined'});
  await assert.rejects(stripe.customers.retrieve('cus_x'), {type: 'StripeInvalidRequestError', statusCode: 404});
  await assert.rejects(stripe.paymentIntents.capture(intent.id), {code: 'payment_intent_unexpected_state'});
  for (let n = 0; n < 5; n++) await stripe.paymentIntents.create({amount: 1000 + n, currency: 'eur', customer: customer.id});
  const all = [];
  for await (const one of stripe.paymentIntents.list({customer: customer.id, limit: 2})) all.push(one.amount);
  assert.deepEqual(all, [1004, 1003, 1002, 1001, 1000, 1200]);
  const deleted = await stripe.customers.del(customer.id);
  assert.equal(deleted.deleted, true);
  console.log('done');
})().catch(error => { console.error(error); process.exit(1); });
";
    let program = program
        .replace("process.env.BASE", &format!("{:?}", cloud.local("")))
        .replace("process.env.KEY", &format!("{:?}", cloud.key()));
    if let Some(printed) = run_sample(&["node", "-"], &["node", "-e", "require('stripe')"], &program).await {
        assert_eq!(printed.trim(), "done");
    }
}

#[tokio::test]
async fn a_burst_beyond_the_tiers_is_refused_and_passes_a_moment_later() {
    let cloud = Cloud::start().await;
    let admin = cloud.admin();
    let merchant = admin.create_merchant("Small", tollgate_domain::Tier::Sandbox).await.unwrap();
    let new = tollgate_gateway::NewKey {
        merchant: merchant.id,
        mode: Mode::Test,
        kind: KeyKind::Secret,
        scopes: Permission::ALL.to_vec(),
    };
    let key = admin.create_key(new).await.unwrap().secret;
    let intents = cloud.intents().with_key(&key);
    intents.get("/payment_intents").await.expect(200);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..60 {
        let intents = intents.clone();
        tasks.spawn(async move { intents.get("/payment_intents").await });
    }
    let answers = tasks.join_all().await;
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 429).collect();
    assert!(!refused.is_empty() && refused.len() < 60, "{} of 60", refused.len());
    let error = &refused[0].json()["error"];
    assert_eq!(
        (&error["type"], &error["message"], &error["retry_after"]),
        (&json!("rate_limit_exceeded"), &json!("Too many requests."), &json!(1))
    );
    // The limit of the minute is told as before, and was not used up by what was refused.
    assert_eq!(refused[0].header("x-ratelimit-limit"), "100");
    eventually("it passes again", || async {
        (intents.get("/payment_intents").await.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn live_endpoints_lead_to_the_public_internet_alone() {
    let cloud = Cloud::start().await;
    let live = cloud.demo_key(Mode::Live, KeyKind::Secret, Permission::ALL).await;
    let live = cloud.intents().with_key(&live);
    for url in [
        "http://example.com/hooks",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/",
        "https://192.168.1.1/",
        "https://172.16.0.1/",
        "https://[fd00::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:a9fe:a9fe]/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://0.0.0.0/",
        "https://localhost/",
        "https://user:pass@example.com/",
        "ftp://example.com/",
        "not a url",
    ] {
        let refused = live.post("/webhook_endpoints", &json!({"url": url})).await;
        assert_eq!(refused.expect(400)["error"]["param"], "url", "{url}");
    }
    // This machine's own name, where that resolves to an address of our network.
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let found = std::net::ToSocketAddrs::to_socket_addrs(&(name.trim(), 443));
    if found.is_ok_and(|mut found| found.any(|address| !tollgate_webhooks::is_public(address.ip()))) {
        let own = json!({"url": format!("https://{}/", name.trim())});
        let refused = live.post("/webhook_endpoints", &own).await.expect(400);
        assert_eq!(refused["error"]["param"], "url");
    }
    live.post("/webhook_endpoints", &json!({"url": "https://example.com/hooks"})).await.expect(201);
    let all = live.get("/webhook_endpoints").await.expect(200);
    assert_eq!(all["data"].as_array().unwrap().len(), 1, "nothing else was written");
}

#[tokio::test]
async fn endpoints_hear_of_each_other_and_never_of_secrets() {
    let cloud = Cloud::start().await;
    let (intents, ears, gone) = (cloud.intents(), Receiver::start(&[]).await, Receiver::start(&[410]).await);
    endpoint(&cloud, &json!({"url": ears.url, "enabled_events": ["webhook_endpoint.*"]})).await;
    let watched =
        json!({"url": gone.url, "enabled_events": ["payment_intent.succeeded"], "description": "first"});
    let (path, secret) = endpoint(&cloud, &watched).await;
    intents.post(&path, &json!({"description": "second"})).await.expect(200);
    let rolled = intents.post(&format!("{path}/roll_secret"), &json!({})).await;
    let rolled = rolled.expect(200)["secret"].as_str().unwrap().to_owned();
    pay(&cloud, 1000).await;
    // Its answer, 410, switches it off: the merchant is told why.
    let disabled = eventually("it is disabled", || async {
        let now = intents.get(&path).await.expect(200);
        (now["status"] == "disabled").then_some(now)
    })
    .await;
    intents.delete(&path).await.expect(200);
    // Some may come twice.
    let mut heard = eventually("five events are heard of", || async {
        let mut heard = ears.received();
        heard.sort_by_key(|webhook| webhook.json()["id"].to_string());
        heard.dedup_by_key(|webhook| webhook.json()["id"].to_string());
        (heard.len() == 5).then_some(heard)
    })
    .await;
    heard.sort_by_key(|webhook| {
        let types = ["created", "updated", "updated", "disabled", "deleted"];
        let json = webhook.json();
        let name = json["type"].as_str().unwrap().rsplit('.').next().unwrap().to_owned();
        let is_roll = json["data"]["previous_attributes"] == json!({});
        (types.iter().position(|known| *known == name), is_roll)
    });
    let told: Vec<Value> = heard.iter().map(tollgate_tests::Webhook::json).collect();
    let types: Vec<_> = told.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(
        types,
        [
            "webhook_endpoint.created",
            "webhook_endpoint.updated",
            "webhook_endpoint.updated",
            "webhook_endpoint.disabled",
            "webhook_endpoint.deleted"
        ]
    );
    let id = path.trim_start_matches("/webhook_endpoints/");
    assert!(told.iter().all(|event| event["data"]["object"]["id"] == id));
    assert_eq!(told[1]["data"]["previous_attributes"], json!({"description": "first"}));
    assert_eq!(told[3]["data"]["object"], disabled);
    assert_eq!(disabled["disabled_reason"], "the endpoint answered 410 Gone");
    assert_eq!(told[3]["data"]["previous_attributes"]["status"], "enabled");
    // Nobody asked for that one.
    assert_eq!(told[3]["request"]["id"], Value::Null);
    for webhook in &heard {
        assert!(!webhook.body.contains(&secret) && !webhook.body.contains(&rolled));
    }
}

#[tokio::test]
async fn an_endpoint_that_does_not_answer_is_left_alone_until_its_merchant_says_otherwise() {
    let cloud = Cloud::start().await;
    let (intents, receiver) = (cloud.intents(), Receiver::start(&[]).await);
    let (path, _) = listen(&cloud, &receiver).await;
    // As two rounds of attempts without an answer leave it.
    let (store, tenant) = (cloud.store(), cloud.demo_scope());
    let id = EndpointId::parse("we_", path.trim_start_matches("/webhook_endpoints/")).unwrap();
    let made: WebhookEndpoint = store.get(tenant, &id.to_string()).await.unwrap().unwrap();
    let now = SystemClock.now();
    let failing = made.after_attempt(Attempted::TimedOut, false, now).unwrap();
    assert_eq!(store.replace(tenant, &failing).await.unwrap(), tollgate_store::Replaced::Done);
    let later = now.plus_ms(endpoint::PAUSE_AFTER_MS);
    let paused = failing.after_attempt(Attempted::TimedOut, false, later).unwrap();
    assert_eq!(store.replace(tenant, &paused).await.unwrap(), tollgate_store::Replaced::Done);
    let until = paused.held_back_until(later).unwrap();
    pay(&cloud, 1000).await;
    let held = eventually("the delivery is held back", || async {
        let list = intents.get(&format!("{path}/deliveries")).await.expect(200);
        let delivery = list["data"].get(0)?.clone();
        (delivery["next_attempt_at"].as_i64()? >= until.s()).then_some(delivery)
    })
    .await;
    assert_eq!((&held["status"], &held["attempts"]), (&json!("pending"), &json!([])));
    let recovered = intents.post(&format!("{path}/recover"), &json!({"since": 0})).await.expect(200);
    assert_eq!(recovered["recovered"], 1);
    receiver.wait_for(1).await;
    let healed: WebhookEndpoint = eventually("it is well again", || async {
        let now: Option<WebhookEndpoint> = store.get(tenant, &id.to_string()).await.unwrap();
        now.filter(|endpoint| endpoint.failing_since.is_none())
    })
    .await;
    assert_eq!(healed.pause, None);
}

#[tokio::test]
async fn lists_of_endpoints_deliveries_and_keys_page_both_ways() {
    let cloud = Cloud::start().await;
    let (intents, receiver) = (cloud.intents(), Receiver::start(&[]).await);
    let (path, _) = listen(&cloud, &receiver).await;
    let ids = |list: &Value| -> Vec<String> {
        let all = list["data"].as_array().unwrap().iter();
        all.map(|thing| thing["id"].as_str().unwrap().to_owned()).collect()
    };
    for amount in 1..=3 {
        pay(&cloud, amount * 1000).await;
        receiver.wait_for(usize::try_from(amount).unwrap()).await;
        endpoint(&cloud, &json!({"url": format!("https://example.com/{amount}")})).await;
        intents.post("/api_keys", &json!({})).await.expect(201);
    }
    for list in ["/webhook_endpoints".to_owned(), "/api_keys".to_owned(), format!("{path}/deliveries")] {
        let all = ids(&intents.get(&list).await.expect(200));
        assert!(all.len() >= 3, "{list}: {all:?}");
        let page = |query: String| {
            let (intents, list) = (intents.clone(), list.clone());
            async move { intents.get(&format!("{list}?{query}")).await.expect(200) }
        };
        let after = page(format!("limit=1&starting_after={}", all[0])).await;
        assert_eq!((ids(&after), &after["has_more"]), (vec![all[1].clone()], &json!(true)));
        let before = page(format!("limit=1&ending_before={}", all[2])).await;
        assert_eq!((ids(&before), &before["has_more"]), (vec![all[1].clone()], &json!(true)));
        let both = format!("{list}?starting_after={0}&ending_before={0}", all[0]);
        intents.get(&both).await.expect(400);
    }
}
