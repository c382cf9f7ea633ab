//! One of everything, through the APIs that a release serves.

mod begun;
mod intents;

pub use begun::{queues, sqs};

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::recording::{Read, Retry};
use crate::built_release::Release;
use crate::{Answer, Client, ClosedPort, Cloud, Receiver, eventually};

/// Drives a local cloud and notes what it made.
pub(super) struct Drive {
    pub(super) keys: Value,
    pub(super) open: Value,
    pub(super) messages: Vec<String>,
    pub(super) retries: Arc<Mutex<Vec<Retry>>>,
    receiver: String,
    template: String,
    /// The endpoint whose deliveries wait for long.
    paused: String,
    reads: Vec<(&'static str, String)>,
}

fn id(answer: &Value) -> String {
    answer["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

fn made(answer: &Answer) -> Value {
    assert!(answer.status.is_success(), "{}", answer.text);
    answer.json()
}

/// Makes a request with an idempotency key and notes it: a later release makes it again.
async fn once(
    retries: &Mutex<Vec<Retry>>,
    (api, client): (&str, &Client),
    path: &str,
    key: &str,
    body: &Value,
) -> Value {
    let answer = made(&client.post_once(path, key, body).await);
    retries.lock().unwrap().push(Retry {
        api: api.to_owned(),
        path: path.to_owned(),
        key: key.to_owned(),
        body: body.clone(),
        answer: answer.clone(),
    });
    answer
}

fn browser() -> reqwest::Client {
    let none = reqwest::redirect::Policy::none();
    reqwest::Client::builder().redirect(none).build().unwrap()
}

/// Presses a button of a hosted page; gives where it leads.
pub async fn press(url: &str, button: &str) -> String {
    let answer = browser()
        .post(url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("answer={button}"))
        .send()
        .await
        .unwrap();
    let location = answer.headers().get("location").map(|v| v.to_str().unwrap().to_owned());
    let base = reqwest::Url::parse(url).unwrap();
    base.join(&location.unwrap_or_default()).unwrap().to_string()
}

async fn becomes(client: &Client, path: &str, status: &str) {
    eventually(&format!("{path} is {status}"), || async {
        (client.get(path).await.expect(200)["status"] == status).then_some(())
    })
    .await;
}

fn card_payment(token: &str, amount: i64) -> Value {
    json!({"amount": amount, "currency": "GBP", "source": {"type": "card", "token": token}})
}

impl Drive {
    pub(super) fn new(receiver: &Receiver, template: String) -> Self {
        Self {
            keys: json!({}),
            open: json!({}),
            messages: Vec::new(),
            retries: Arc::default(),
            receiver: receiver.url.clone(),
            template,
            paused: "none".to_owned(),
            reads: Vec::new(),
        }
    }

    /// Whether the release has a front door.
    fn serves(&self, front_door: &str) -> bool {
        self.template.contains(&format!("{front_door}.yaml"))
    }

    fn read(&mut self, api: &'static str, path: impl Into<String>) {
        self.reads.push((api, path.into()));
    }

    /// Everything that comes to an end.
    pub(super) async fn do_everything(&mut self, cloud: &Cloud, release: Option<&Release>) {
        self.make_keys(cloud, release).await;
        self.make_endpoints(cloud).await;
        self.use_charges(cloud).await;
        if self.serves("simple") {
            self.use_simple(cloud).await;
        }
        if self.serves("direct") {
            self.use_direct(cloud).await;
        }
        if self.serves("checkout") {
            self.use_checkout(cloud).await;
        }
        if has_intents(cloud).await {
            self.use_intents(cloud).await;
            self.use_intents_for_others(cloud).await;
            if cloud.intents().get("/disputes").await.status.is_success() {
                self.dispute(cloud).await;
            }
            if cloud.intents().get("/payouts").await.status.is_success() {
                self.pay_out(cloud).await;
            }
            if cloud.intents().get("/transfers").await.status.is_success() {
                self.connect(cloud).await;
            }
            if cloud.intents().get("/products").await.status.is_success() {
                self.sell(cloud).await;
            }
        }
        self.wait_for_quiet(cloud).await;
    }

    /// With the operator's own tool of the release.
    async fn make_keys(&mut self, cloud: &Cloud, release: Option<&Release>) {
        let merchant = cloud.ready["credentials"]["client_id"].as_str().unwrap();
        let admin = async |arguments: &[&str]| -> Value {
            let program = release.map_or_else(
                || crate::binary("tollgate-admin"),
                |release| release.binaries.join("tollgate-admin"),
            );
            let output = tokio::process::Command::new(program)
                .args(["--dynamodb", cloud.ready["dynamodb"].as_str().unwrap()])
                .args(arguments)
                .output()
                .await
                .unwrap();
            crate::printed(&output).unwrap()
        };
        let credentials = &cloud.ready["credentials"];
        let live = admin(&["create-key", merchant, "--live"]).await;
        let restricted = admin(&["create-key", merchant, "--scope", "payments:read"]).await;
        let revoked = admin(&["create-key", merchant]).await;
        admin(&["revoke-key", merchant, revoked["id"].as_str().unwrap()]).await;
        let other = admin(&["create-merchant", "Another"]).await;
        let others = admin(&["create-key", other["id"].as_str().unwrap()]).await;
        self.keys = json!({
            "secret": credentials["secret_key"],
            "publishable": credentials["publishable_key"],
            "live": live["secret"],
            "restricted": restricted["secret"],
            "revoked": revoked["secret"],
            "other_merchant": others["secret"],
        });
    }

    async fn make_endpoints(&mut self, cloud: &Cloud) {
        let intents = cloud.intents();
        for (api, events) in [("charges", "payment.*"), ("charges", "*")] {
            let body = json!({"url": self.receiver, "api": api, "enabled_events": [events]});
            let endpoint = made(&intents.post("/webhook_endpoints", &body).await);
            self.read("intents", format!("/webhook_endpoints/{}", id(&endpoint)));
        }
        // Nothing listens there: its deliveries fail.
        let closed = ClosedPort::reserve();
        let nobody = json!({"url": closed.url(), "api": "charges", "enabled_events": ["customer.created"]});
        made(&intents.post("/webhook_endpoints", &nobody).await);
        let body = json!({"url": self.receiver, "api": "charges"});
        let gone = made(&intents.post("/webhook_endpoints", &body).await);
        let path = format!("/webhook_endpoints/{}", id(&gone));
        made(&intents.delete(&path).await);
        self.read("intents", path);
        self.read("intents", "/webhook_endpoints");
    }

    async fn use_charges(&mut self, cloud: &Cloud) {
        let charges = cloud.charges();
        let whole = json!({"email": "ann@example.com", "name": "Ann",
            "metadata": {"a": "x", "10": 1.5, "é": true}});
        let customer =
            once(&self.retries, ("charges", &charges), "/customers", "release-customer", &whole).await;
        let path = format!("/customers/{}", id(&customer));
        made(&charges.patch(&path, &json!({"name": "Ann B", "metadata": {"b": "y"}})).await);
        self.open["customer"] = json!(path);
        self.read("charges", path);
        let gone = made(&charges.post("/customers", &json!({"email": "gone@example.com"})).await);
        let path = format!("/customers/{}", id(&gone));
        assert_eq!(charges.delete(&path).await.status, 204);
        self.read("charges", path);

        self.pay_with_charges(cloud, &customer).await;
    }

    async fn pay_with_charges(&mut self, cloud: &Cloud, customer: &Value) {
        let charges = cloud.charges();
        let mut paid = card_payment("tok_visa_4242", 1000);
        paid["customer_id"] = customer["id"].clone();
        paid["description"] = json!("Order 1");
        paid["metadata"] = json!({"order": 1});
        let paid = once(&self.retries, ("charges", &charges), "/payments", "release-payment", &paid).await;
        self.open["paid"] = paid["id"].clone();
        self.read("charges", format!("/payments/{}", id(&paid)));
        for (token, status) in [("tok_visa_0002", 402), ("tok_visa_9995", 402), ("tok_amex_0005", 201)] {
            charges.post("/payments", &card_payment(token, 700)).await.expect(status);
        }
        let bank = json!({"amount": 5000, "currency": "GBP", "source": {"type": "bank_transfer", "bank_account": {
            "account_number": "12345678", "sort_code": "12-34-56", "account_holder_name": "John Doe"}}});
        let bank = made(&charges.post("/payments", &bank).await);
        let settling = format!("/payments/{}", id(&bank));
        becomes(&charges, &settling, "succeeded").await;
        self.read("charges", settling);
        for button in ["complete", "fail"] {
            let waiting = made(&charges.post("/payments", &card_payment("tok_visa_3220", 900)).await);
            let path = format!("/payments/{}", id(&waiting));
            let confirm = json!({"return_url": "https://shop.example/back"});
            once(
                &self.retries,
                ("charges", &charges),
                &format!("{path}/confirm"),
                &format!("confirm-{button}"),
                &confirm,
            )
            .await;
            press(waiting["next_action"]["redirect_url"].as_str().unwrap(), button).await;
            self.read("charges", path);
        }
        // One refund that comes through, and one that fails later.
        for (token, key) in [("tok_visa_4242", "release-refund"), ("tok_visa_5126", "release-failing")] {
            let paid = made(&charges.post("/payments", &card_payment(token, 1000)).await);
            let refund = json!({"payment_id": paid["id"], "amount": 300, "reason": "requested_by_customer",
                "metadata": {"why": "too small"}});
            let refund = once(&self.retries, ("charges", &charges), "/refunds", key, &refund).await;
            let path = format!("/refunds/{}", id(&refund));
            let end = if token == "tok_visa_5126" { "failed" } else { "succeeded" };
            becomes(&charges, &path, end).await;
            self.read("charges", path);
            self.read("charges", format!("/payments/{}", id(&paid)));
        }
        for path in ["/payments?limit=100", "/refunds?limit=100", "/customers?limit=100", "/health"] {
            self.read("charges", path);
        }
    }

    async fn use_simple(&mut self, cloud: &Cloud) {
        let simple = cloud.client("simple");
        let paid = json!({"amount": 10.5, "currency": "USD", "source": "tok_visa", "description": "Order 2"});
        let paid = once(&self.retries, ("simple", &simple), "/payments", "release-simple", &paid).await;
        made(&simple.post("/refunds", &json!({"payment_id": paid["id"], "amount": 4.5})).await);
        let declined = json!({"amount": 10, "currency": "USD", "source": "tok_chargeDeclined"});
        simple.post("/payments", &declined).await;
        self.open["simple"] = paid["id"].clone();
        self.read("simple", format!("/payments/{}", id(&paid)));
    }

    async fn use_direct(&mut self, cloud: &Cloud) {
        let direct = cloud.client("direct");
        let card = json!({"amount": 5000, "currency": "USD", "payment_method": "card",
            "customer": {"email": "customer@example.com", "name": "John Doe", "phone": "+15551234567"},
            "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2035, "cvc": "123"},
            "description": "Order 3"});
        let paid = once(&self.retries, ("direct", &direct), "/payments", "release-direct", &card).await;
        let mut stored = card.clone();
        stored.as_object_mut().unwrap().remove("card");
        made(&direct.post("/payments", &stored).await);
        for (method, token) in [("apple_pay", "tok_apple_x"), ("google_pay", "tok_google_x")] {
            let mut wallet = json!({"amount": 700, "currency": "eur", "payment_method": method});
            wallet[method] = json!({"token": token});
            made(&direct.post("/payments", &wallet).await);
        }
        let path = format!("/payments/{}", id(&paid));
        let part = json!({"amount": 100, "reason": "customer_request"});
        once(&self.retries, ("direct", &direct), &format!("{path}/refund"), "release-direct", &part).await;
        self.open["direct"] = json!(path);
        self.read("direct", path);
        self.read("direct", "/transactions?limit=100");
    }

    async fn initialize(&self, cloud: &Cloud, order: &str, processor: &str) -> (String, String) {
        let body = json!({"order_id": order, "amount": 100.5, "currency": "USD", "payment_provider": processor,
            "card_number": "4111111111111111", "exp_month": "12", "exp_year": "35", "cvv": "123",
            "customer_email": "payer@example.com", "customer_name": "John Doe",
            "return_url": "https://shop.example/success", "cancel_url": "https://shop.example/cancel",
            "metadata": {"cart": [{"sku": "a-1", "note": null}]}});
        // The order's number is an idempotency key, and the header is one, too.
        let post = cloud.checkout().post_once("/payments/initialize", order, &body).await;
        let answer = made(&post);
        self.retries.lock().unwrap().push(Retry {
            api: "checkout".to_owned(),
            path: "/payments/initialize".to_owned(),
            key: order.to_owned(),
            body,
            answer: answer.clone(),
        });
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        (text("transaction_reference"), text("redirect_url"))
    }

    async fn use_checkout(&mut self, cloud: &Cloud) {
        for processor in ["mpgs", "cybersource"] {
            let order = format!("paid-{processor}");
            let (reference, url) = self.initialize(cloud, &order, processor).await;
            let challenge = press(&url, "pay").await;
            press(&challenge, "complete").await;
            let path = format!("/payments/{reference}");
            eventually("the payment is completed", || async {
                let shown = cloud.checkout().get(&format!("{path}/status")).await.expect(200);
                (shown["data"]["status"] == "completed").then_some(())
            })
            .await;
            made(&cloud.checkout().post(&format!("{path}/refund"), &json!({"amount": 10})).await);
            self.read("checkout", format!("{path}/status"));
        }
        let (reference, url) = self.initialize(cloud, "cancelled", "mpgs").await;
        press(&url, "cancel").await;
        // An order whose attempt ended without money may be paid again: its number is no key any more.
        self.retries.lock().unwrap().retain(|retry| retry.key != "cancelled");
        self.read("checkout", format!("/payments/{reference}/status"));
    }

    /// Until every event is published and every delivery that can end has ended.
    async fn wait_for_quiet(&self, cloud: &Cloud) {
        // Changes are published in order: with the last one all are.
        let last = json!({"email": "last@example.com"});
        let last = made(&cloud.charges().post("/customers", &last).await);
        let ending = id(&last).split_once('_').unwrap().1.to_owned();
        eventually("everything is published and delivered", || async {
            let tables = super::scan(cloud).await;
            let items = tables["tollgate-events"].as_array().unwrap();
            let is = |item: &Value, code: &str| item["t"]["S"] == code;
            let mut events = items.iter().filter(|item| is(item, "EVT"));
            let published = events.any(|item| item.to_string().contains(&ending));
            let mut deliveries = items.iter().filter(|item| is(item, "DLV"));
            let ended = deliveries.all(|item| {
                item["status"]["S"] != "pending" || item["pk"]["S"].as_str().unwrap().ends_with(&self.paused)
            });
            (published && ended).then_some(())
        })
        .await;
    }

    /// Forgets the keyed requests that this very release does not answer as it did first: what it did not keep, nobody has.
    pub(super) async fn keep_what_is_answered_again(&self, cloud: &Cloud) {
        let retries = std::mem::take(&mut *self.retries.lock().unwrap());
        let mut kept = Vec::new();
        for retry in retries {
            if retry.is_answered_again(&cloud.client_of(&retry.api, &cloud.key())).await {
                kept.push(retry);
            }
        }
        *self.retries.lock().unwrap() = kept;
    }

    /// What every read answers now.
    pub(super) async fn read_everything(&self, cloud: &Cloud) -> Vec<Read> {
        let mut reads = Vec::new();
        for (api, path) in &self.reads {
            let answer = cloud.client_of(api, &cloud.key()).get(path).await;
            let json = serde_json::from_str(&answer.text).unwrap_or(Value::Null);
            reads.push(Read {
                api: (*api).to_owned(),
                path: path.clone(),
                status: answer.status.as_u16(),
                answer: json,
            });
        }
        reads
    }
}

/// Whether payments can be made through `intents`: at first it had endpoints only.
async fn has_intents(cloud: &Cloud) -> bool {
    let body = json!({"amount": 1000, "currency": "eur"});
    cloud.intents().post("/payment_intents", &body).await.status.is_success()
}
