//! What earlier releases wrote, read and gone on with by today's functions: `tests/data/releases`.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::{Value, json};
use tollgate_domain::{
    Adjustment, BalanceSettings, BalanceTransaction, BankAccount, ConnectedAccount, Customer, Delivery,
    Dispute, Event, EventId, IdempotencyRecord, Mode, Payment, PaymentId, PaymentMethod, Payout, Refund,
    Tenant, Transfer, WebhookEndpoint,
    backlog::Backlog,
    bank_account::BankAccountRegister,
    billing::{Price, Product},
    ledger::LedgerCheck,
    payment::Status,
    payout::LiveRail,
    processor_health::ProcessorHealth,
};
use tollgate_gateway::{Clock, SystemClock};
use tollgate_store::Entity;
use tollgate_tests::{
    Answer, Client, Cloud, Receiver, eventually,
    release::{Recording, Shift, load, press, queues, scan, sqs},
    settled,
};

/// A release's data in a local cloud of today.
struct Opened {
    cloud: Cloud,
    receiver: Receiver,
    recording: Recording,
    tables: Value,
}

impl Opened {
    async fn of(recording: Recording) -> Self {
        let data = Arc::new(tempfile::tempdir().unwrap());
        let secrets = recording.secrets.to_string();
        std::fs::write(data.path().join("secrets.json"), secrets).unwrap();
        let parameters =
            [("ProcessorTimeoutMs", "300"), ("ProcessorLookUpLagMs", "0"), ("WebhookRetrySeconds", "1,1")];
        let cloud = Cloud::start_in(data, &parameters).await;
        let receiver = Receiver::start(&[]);
        let shift = Shift {
            recording: &recording,
            now_ms: SystemClock.now().ms(),
            places: vec![
                (recording.origin.clone(), cloud.local("")),
                (recording.receiver.clone(), receiver.url.clone()),
            ],
        };
        let tables = shift.tables();
        load(&cloud, &tables).await;
        Self { cloud, receiver, recording, tables }
    }

    fn client(&self, api: &str) -> Client {
        self.client_with(api, "secret")
    }

    fn client_with(&self, api: &str, key: &str) -> Client {
        let key = self.recording.keys[key].as_str().unwrap();
        let client = Client::new(self.cloud.api(api), key);
        match api {
            "checkout" => client.with_account(&self.recording.merchant),
            _ => client,
        }
    }

    fn tenant(&self) -> Tenant {
        Tenant { merchant: self.recording.merchant.parse().unwrap(), mode: Mode::Test }
    }

    /// Waits for a hosted payment, past the rate limit of its API.
    async fn completes(&self, reference: &str) {
        let id = PaymentId::parse_uuid(reference).unwrap().to_string();
        eventually(&format!("{reference} is completed"), || async {
            let payment: Payment = self.cloud.store().get(self.tenant(), &id).await.unwrap().unwrap();
            (payment.state.status == Status::Succeeded).then_some(())
        })
        .await;
    }

    /// The id of something that the release left open, if it could.
    fn open(&self, name: &str) -> Option<&str> {
        self.recording.open[name].as_str()
    }

    async fn becomes(&self, api: &str, path: &str, status: &str) -> Value {
        let client = self.client(api);
        eventually(&format!("{path} is {status}"), || async {
            let shown = client.get(path).await.expect(200);
            (shown["status"] == status).then_some(shown)
        })
        .await
    }
}

/// Statuses in which a payment or refund stays.
const ENDS: [&str; 5] = ["succeeded", "failed", "canceled", "cancelled", "completed"];

#[track_caller]
fn made(answer: &Answer) -> Value {
    assert!(answer.status.is_success(), "{}", answer.text);
    answer.json()
}

/// What an answer must still hold. Other fields may have been added or corrected since.
#[track_caller]
fn says_the_same(path: &str, before: &Value, now: &Value, uncharged: &[String]) {
    for name in
        ["id", "object", "amount", "currency", "email", "name", "transaction_reference", "order_id", "url"]
    {
        // An endpoint's address moved with the test.
        if before[name].is_null() || before[name].to_string().contains("127.0.0.1") {
            continue;
        }
        if before[name].is_object() {
            // An event's object, whose times moved with the test.
            says_the_same(path, &before[name], &now[name], uncharged);
            continue;
        }
        assert_eq!(before[name], now[name], "{path}: {name}");
    }
    if let Some(items) = before["data"].as_array() {
        // Events and deliveries were thinned out, and new ones have come.
        let ids: Vec<&Value> = items.iter().filter_map(|item| item.get("id")).collect();
        if path.starts_with("/events") || path.contains("/deliveries") {
            return;
        }
        let shown: Vec<&Value> = now["data"].as_array().unwrap().iter().map(|item| &item["id"]).collect();
        for id in ids {
            // Other APIs no longer list an intent that was never charged.
            let text = id.as_str().unwrap_or_default();
            let is_uncharged = text.starts_with("pay_") && uncharged.iter().any(|id| text.ends_with(id));
            assert!(is_uncharged || shown.contains(&id), "{path} lacks {id}");
        }
    } else if before["data"].is_object() {
        says_the_same(path, &before["data"], &now["data"], uncharged);
    }
    if before["status"].as_str().is_some_and(|status| ENDS.contains(&status)) {
        assert_eq!(before["status"], now["status"], "{path}");
    }
}

async fn reads_answer_as_before(opened: &Opened) {
    let payments = opened.tables["tollgate"].as_array().unwrap().iter();
    let uncharged = payments.filter(|item| item["intent"]["M"]["charges"]["N"] == "0");
    let uncharged: Vec<String> = uncharged.map(|item| item["id"]["S"].as_str().unwrap().to_owned()).collect();
    for read in &opened.recording.reads {
        let answer = opened.client(&read.api).get(&read.path).await;
        assert_eq!(answer.status.as_u16(), read.status, "{}: {}", read.path, answer.text);
        if read.status == 200 {
            says_the_same(&read.path, &read.answer, &answer.json(), &uncharged);
        }
    }
}

async fn of<E: Entity>(store: &tollgate_gateway::Writer, pk: &str) -> bool {
    store.get_by_key::<E>(pk).await.unwrap().is_some()
}

/// Each item, by the reader of its kind. A kind that is not listed has no reader that is tested, so it fails.
async fn every_item_is_read(opened: &Opened) {
    let (store, admin) = (opened.cloud.store(), opened.cloud.admin());
    let text = |item: &Value, name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
    for items in opened.tables.as_object().unwrap().values() {
        for item in items.as_array().unwrap() {
            let pk = text(item, "pk");
            let tenant = Tenant::from_key(&pk);
            let code = text(item, "t");
            let is_read = match code.as_str() {
                "PAY" => of::<Payment>(&store, &pk).await,
                "REF" => of::<Refund>(&store, &pk).await,
                "DSP" => of::<Dispute>(&store, &pk).await,
                "PYO" => of::<Payout>(&store, &pk).await,
                "BNK" => of::<BankAccount>(&store, &pk).await,
                "BNKS" => of::<BankAccountRegister>(&store, &pk).await,
                "TRF" => of::<Transfer>(&store, &pk).await,
                "ADJ" => of::<Adjustment>(&store, &pk).await,
                "CNA" => of::<ConnectedAccount>(&store, &pk).await,
                "BST" => of::<BalanceSettings>(&store, &pk).await,
                "PRD" => of::<Product>(&store, &pk).await,
                "PRI" => of::<Price>(&store, &pk).await,
                "PYR" => of::<LiveRail>(&store, &pk).await,
                "LCK" => of::<LedgerCheck>(&store, &pk).await,
                "CUS" => of::<Customer>(&store, &pk).await,
                "PM" => of::<PaymentMethod>(&store, &pk).await,
                "EP" => of::<WebhookEndpoint>(&store, &pk).await,
                "EVT" => of::<Event>(&store, &pk).await,
                "DLV" => of::<Delivery>(&store, &pk).await,
                "RUN" => of::<IdempotencyRecord>(&store, &pk).await,
                "HLD" => of::<Backlog>(&store, &pk).await,
                "PRH" => of::<ProcessorHealth>(&store, &pk).await,
                "BTX" => of::<BalanceTransaction>(&store, &pk).await,
                "BAL" => !store.balances(tenant.unwrap()).await.unwrap().is_empty(),
                "ATT" => {
                    let delivery: Delivery = store.get_by_key(&pk).await.unwrap().unwrap();
                    let attempts =
                        store.list_attempts(tenant.unwrap(), delivery.event, delivery.endpoint).await;
                    !attempts.unwrap().is_empty()
                }
                "PRC" => {
                    let processor = tollgate_domain::ProcessorKind::parse(&text(item, "provider")).unwrap();
                    let account = store.get_processor_account(tenant.unwrap(), processor).await;
                    account.unwrap().is_some()
                }
                "PRN" => {
                    let processor = tollgate_domain::ProcessorKind::parse(&text(item, "processor")).unwrap();
                    store.get_notice_keys(tenant.unwrap(), processor).await.unwrap().is_some()
                }
                "ORD" if pk == "ORDERS#indexed" => store.orders_are_indexed().await.unwrap(),
                // An order number and a lookup key are read by their digests, which nobody tells.
                "ORD" => item["sk"]["S"].as_str().is_some_and(|place| place.contains('#')),
                "LUK" => item["price"]["S"].is_string(),
                // Who owns an address is read by the digest of the address, which nobody tells.
                "EML" => item["customer"]["S"].is_string(),
                // What a key made is read by the digest of the key, which nobody tells.
                "PKY" => item["payment"]["S"].is_string(),
                "MERCHANT" => admin.merchant(text(item, "id").parse().unwrap()).await.is_ok(),
                "" if pk.starts_with("KEY#") => {
                    let keys = admin.list_keys(text(item, "merchant").parse().unwrap()).await.unwrap();
                    keys.iter().any(|key| key.id.to_string() == text(item, "id"))
                }
                "" if pk.starts_with("KID#") => {
                    let mut parts = pk.split('#').skip(1);
                    let mut part = || parts.next().unwrap();
                    let (merchant, id) = (part().parse().unwrap(), part().parse().unwrap());
                    store.key_by_id(merchant, id).await.unwrap().is_some()
                }
                "" if pk.ends_with("#KEYS") => {
                    let ids = item["live"]["M"].as_object().unwrap().keys();
                    let keys = admin.list_keys(tenant.unwrap().merchant).await.unwrap();
                    ids.into_iter().all(|id| keys.iter().any(|key| key.id.to_string() == *id))
                }
                "" if pk.ends_with("#RATE") => true,
                other => panic!("who reads `{other}` ({pk})?"),
            };
            assert!(is_read, "{pk} {code}");
        }
    }
}

async fn keys_do_what_they_did(opened: &Opened) {
    let paid = format!("/payments/{}", opened.open("paid").unwrap());
    for (key, status) in [
        ("secret", 200),
        ("restricted", 200),
        ("live", 404),
        ("other_merchant", 404),
        ("publishable", 403),
        ("revoked", 401),
    ] {
        let answer = opened.client_with("charges", key).get(&paid).await;
        assert_eq!(answer.status.as_u16(), status, "{key}: {}", answer.text);
    }
    let restricted = opened.client_with("charges", "restricted");
    let refused = restricted.post("/customers", &json!({"email": "x@example.com"})).await;
    assert_eq!(refused.status, 403);
    for key in ["rolled", "successor"] {
        if opened.recording.keys[key].is_string() {
            opened.client_with("intents", key).get("/payment_intents").await.expect(200);
        }
    }
}

async fn retries_are_answered_as_before(opened: &Opened) {
    for retry in &opened.recording.retries {
        let again = retry.is_answered_again(&opened.client(&retry.api)).await;
        assert!(again, "{} {} {}", retry.api, retry.path, retry.key);
    }
}

/// Payments and refunds that were in flight come to an end, and what came to an end can be gone on with.
async fn what_was_begun_goes_on(opened: &Opened) {
    let charges = opened.client("charges");
    let challenged = format!("/payments/{}", opened.open("challenged").unwrap());
    let waiting = charges.get(&challenged).await.expect(200);
    press(waiting["next_action"]["redirect_url"].as_str().unwrap(), "complete").await;
    opened.becomes("charges", &challenged, "succeeded").await;
    let processing = format!("/payments/{}", opened.open("processing").unwrap());
    opened.becomes("charges", &processing, "succeeded").await;
    let refunding = format!("/refunds/{}", opened.open("refunding").unwrap());
    opened.becomes("charges", &refunding, "succeeded").await;

    let paid = opened.open("paid").unwrap();
    let refund = made(&charges.post("/refunds", &json!({"payment_id": paid, "amount": 100})).await);
    assert_eq!(refund["status"], "succeeded");
    let customer = opened.open("customer").unwrap();
    let changed = charges.patch(customer, &json!({"metadata": {"since": "then"}})).await.expect(200);
    assert_eq!((&changed["metadata"]["since"], &changed["metadata"]["a"]), (&json!("then"), &json!("x")));
    // An endpoint of that time hears of it, signed with its secret of that time.
    eventually("an old endpoint hears of the change", || async {
        let received = opened.receiver.received();
        let mut heard = received.iter().filter(|webhook| webhook.body.contains("\"since\":\"then\""));
        heard.any(|webhook| webhook.headers.contains_key("x-signature")).then_some(())
    })
    .await;
    charges.delete(customer).await;
    charges.get(customer).await.expect(404);

    if let Some(id) = opened.open("simple") {
        made(&opened.client("simple").post("/refunds", &json!({"payment_id": id})).await);
    }
    if let Some(path) = opened.open("direct") {
        let rest = opened.client("direct").post(&format!("{path}/refund"), &json!({})).await;
        made(&rest);
    }
}

async fn a_message_is_delivered(opened: &Opened) {
    let url = queues(&opened.cloud).await;
    let url = url.iter().find(|url| !url.contains("dead") && url.contains("webhook"));
    for message in &opened.recording.messages {
        let group = json!({"QueueUrl": url.expect("the webhook queue"), "MessageBody": message, "MessageGroupId": "old"});
        sqs(&opened.cloud, "SendMessage", group).await;
        let message: Value = serde_json::from_str(message).unwrap();
        let event: EventId = message["event"].as_str().unwrap().parse().unwrap();
        let (store, tenant) = (opened.cloud.store(), opened.tenant());
        let delivery = format!("{event}#{}", message["endpoint"].as_str().unwrap());
        eventually("the message is attempted", || async {
            let delivery: Delivery = store.get(tenant, &delivery).await.unwrap().unwrap();
            (delivery.attempts_made > 0).then_some(())
        })
        .await;
    }
}

async fn hosted_payments_go_on(opened: &Opened) {
    for name in ["in_flight_mpgs", "in_flight_cybersource"] {
        if let Some(reference) = opened.open(name) {
            opened.completes(reference).await;
        }
    }
    // What is held for review is no more decided by today's release than by the one that left it.
    if let Some(reference) = opened.open("in_review_cybersource") {
        let shown = opened.client("checkout").get(&format!("/payments/{reference}/status")).await;
        assert_eq!(shown.expect(200)["data"]["status"], "pending");
    }
    let begun = |order: &str| opened.recording.retries.iter().find(|retry| retry.key == order);
    let (Some(confirm), Some(reference)) =
        (begun("to-be-confirmed"), opened.open("checkout_to_be_confirmed"))
    else {
        return;
    };
    let again = made(&opened.client("checkout").post(&confirm.path, &confirm.body).await);
    assert_eq!(again["transaction_reference"], reference);
    let challenge = press(again["redirect_url"].as_str().unwrap(), "pay").await;
    press(&challenge, "complete").await;
    opened.completes(reference).await;
    let refund =
        opened.client("checkout").post(&format!("/payments/{reference}/refund"), &json!({"amount": 1})).await;
    made(&refund);
}

async fn intents_go_on(opened: &Opened) {
    let Some(reserved) = opened.open("intent_reserved") else {
        return;
    };
    let intents = opened.client("intents");
    let at = |name: &str| format!("/payment_intents/{}", opened.open(name).unwrap());
    let captured = made(&intents.post(&format!("/payment_intents/{reserved}/capture"), &json!({})).await);
    assert_eq!(captured["status"], "succeeded");
    let confirmed = made(&intents.post(&format!("{}/confirm", at("intent_given")), &json!({})).await);
    assert_eq!(confirmed["status"], "succeeded");
    let canceled = made(&intents.post(&format!("{}/cancel", at("intent_empty")), &json!({})).await);
    assert_eq!(canceled["status"], "canceled");
    opened.becomes("intents", &at("intent_processing"), "succeeded").await;
    let shown = intents.get(&at("intent_challenged")).await.expect(200);
    let url = shown["next_action"]["redirect_to_url"]["url"].as_str().unwrap();
    press(url, "complete").await;
    opened.becomes("intents", &at("intent_challenged"), "succeeded").await;
    let method = opened.open("payment_method").unwrap();
    made(&intents.post(&format!("/payment_methods/{method}"), &json!({"metadata": {"a": "b"}})).await);
    made(&intents.post(&format!("/payment_methods/{method}/detach"), &json!({})).await);
    let endpoint = opened.open("endpoint").unwrap();
    made(&intents.post(endpoint, &json!({"description": "still here"})).await);
    made(&intents.post(&format!("{endpoint}/recover"), &json!({"since": 0})).await);
    intents.delete(endpoint).await.expect(200);
}

/// What the release did not book is booked by the operator, and then nothing is missing and nothing is too much.
async fn the_books_agree(opened: &Opened) {
    opened.cloud.run_admin(&["book-payments"]).unwrap();
    let verified = settled(async || {
        let verified = opened.cloud.run_admin(&["verify-ledger"]).unwrap();
        if verified["differences"] == json!([]) { Ok(()) } else { Err(verified) }
    });
    assert_eq!(verified.await, Ok(()));
    // From now on they are checked, also those of merchants that make nothing more.
    let balances: BTreeSet<String> = scan(&opened.cloud).await["tollgate"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| item["t"]["S"] == "BAL")
        .map(|item| item["pk"]["S"].as_str().unwrap().to_owned())
        .collect();
    assert!(!balances.is_empty());
    for key in balances {
        let check = opened.cloud.check_ledger(Tenant::from_key(&key).unwrap()).await;
        assert!(check.suspected.is_empty() && check.verified.is_some(), "{key}: {check:?}");
    }
}

async fn today_reads_and_goes_on_with(release: &str) {
    let mut all = Recording::all();
    let at = all.iter().position(|recording| recording.release == release);
    let opened = Opened::of(all.swap_remove(at.expect("a recording of that name"))).await;
    reads_answer_as_before(&opened).await;
    every_item_is_read(&opened).await;
    keys_do_what_they_did(&opened).await;
    a_message_is_delivered(&opened).await;
    retries_are_answered_as_before(&opened).await;
    what_was_begun_goes_on(&opened).await;
    hosted_payments_go_on(&opened).await;
    intents_go_on(&opened).await;
    the_books_agree(&opened).await;
    // Nothing on the way was given up because it did not read.
    let log = opened.cloud.log.lock().unwrap().join("\n");
    for sign in ["does not read", "has format"] {
        assert!(!log.contains(sign), "{:?}", log.lines().find(|line| line.contains(sign)));
    }
}

/// A test for each recording, so that they run side by side; one that has none fails here.
macro_rules! releases {
    ($($test:ident, $release:literal;)*) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                today_reads_and_goes_on_with($release).await;
            }
        )*

        #[test]
        fn every_recording_is_tested() {
            let mut recorded: Vec<String> = Recording::all().into_iter().map(|r| r.release).collect();
            recorded.sort();
            let mut tested = vec![$($release.to_owned()),*];
            tested.sort();
            assert_eq!(recorded, tested);
        }
    };
}

releases! {
    what_the_release_charges_wrote_lives_on, "charges";
    what_the_release_front_doors_wrote_lives_on, "front-doors";
    what_the_release_intents_wrote_lives_on, "intents";
    what_the_release_money_and_keys_wrote_lives_on, "money-and-keys";
    what_the_release_ledger_wrote_lives_on, "ledger";
    what_the_release_disputes_read_wrote_lives_on, "disputes-read";
    what_the_release_payouts_read_wrote_lives_on, "payouts-read";
    what_the_release_connect_read_wrote_lives_on, "connect-read";
    what_the_release_payouts_permission_wrote_lives_on, "payouts-permission";
    what_the_release_catalog_read_wrote_lives_on, "catalog-read";
}
