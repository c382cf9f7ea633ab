//! A way through each front door: every request has a key, and is repeated until it is answered.

use reqwest::Method;
use serde_json::{Value, json};
use tollgate_domain::{Payment, PaymentId, Tenant, payment::Status};
use tollgate_store::Writer;
use tollgate_tests::{Answer, Client, Cloud, eventually};

use super::{REFUNDED, payment_id};
use crate::checkout::{press_at, with};

/// How often a request that fails is sent again.
const TRIES_MAX: u32 = 50;

/// A front door and a client of it.
#[derive(Clone)]
pub(super) struct Door {
    pub(super) name: &'static str,
    pub(super) client: Client,
    /// The tables, which do not fail.
    store: Writer,
    tenant: Tenant,
}

/// A keyed request and its answer.
pub(super) struct Answered {
    path: String,
    key: String,
    body: Value,
    pub(super) answer: Answer,
}

/// What one way through a front door came to.
pub(super) struct Done {
    door: Door,
    requests: Vec<Answered>,
    /// The payment that was charged and refunded in part.
    pub(super) paid: PaymentId,
    /// Its reference at the processor, if one charged it.
    pub(super) reference: Option<String>,
    /// How many payments and customers it made.
    pub(super) payments: usize,
    pub(super) customers: usize,
}

pub(super) fn doors(cloud: &Cloud) -> Vec<Door> {
    let doors = ["charges", "direct", "simple", "checkout", "intents"];
    let door = |name| {
        let client = cloud.client_of(name, &cloud.key());
        Door { name, client, store: cloud.store(), tenant: cloud.demo_scope() }
    };
    doors.map(door).to_vec()
}

/// An answer of 5xx has the shape that the front door documents.
#[track_caller]
pub(super) fn check_shape(door: &str, answer: &Answer) {
    let body = answer.json();
    assert_eq!(answer.status, 500, "{door}: {}", answer.text);
    let fields: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    match door {
        "simple" => assert!(fields == ["error"] && body["error"].is_string(), "{door}: {body}"),
        "checkout" => {
            assert!(body["success"] == false && body["message"].is_string(), "{door}: {body}");
        }
        _ => {
            assert!(fields == ["error"] && body["error"]["message"].is_string(), "{door}: {body}");
            assert_eq!(body["error"]["type"], "api_error", "{door}: {body}");
        }
    }
}

fn has_died(answer: &Answer) -> bool {
    let body = answer.json();
    body.as_object().unwrap().len() == 1 && body["message"].is_string()
}

/// Whether an earlier request with the same key may still be running.
fn is_running(answer: &Answer) -> bool {
    answer.status.is_client_error() && answer.text.contains("is still running")
}

impl Door {
    async fn insist(&self, what: &str, request: impl Fn() -> reqwest::RequestBuilder) -> Answer {
        for _ in 0..TRIES_MAX {
            let answer = Client::send(request()).await;
            if is_running(&answer) {
                // An earlier try failed after it was sent to the processor, and says so until it can be sent again.
                return eventually("the earlier request ends", || async {
                    let answer = Client::send(request()).await;
                    (!answer.status.is_server_error() && !is_running(&answer)).then_some(answer)
                })
                .await;
            }
            if !answer.status.is_server_error() {
                return answer;
            }
            // A function that took too long is answered for by API Gateway.
            if !has_died(&answer) {
                check_shape(self.name, &answer);
            }
        }
        panic!("{}{what} was answered with 5xx {TRIES_MAX} times", self.name)
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// The same front door with another merchant's client.
    pub(super) fn with_client(&self, client: Client) -> Self {
        Self { client, ..self.clone() }
    }

    /// Sends a keyed request until it is answered.
    pub(super) async fn answered(&self, path: &str, key: &str, body: &Value) -> Answer {
        let send = || self.client.request(Method::POST, path).header("Idempotency-Key", key).json(body);
        self.insist(path, send).await
    }

    pub(super) async fn post(&self, path: &str, key: &str, body: Value) -> Answered {
        let answer = self.answered(path, key, &body).await;
        assert!(answer.status.is_success(), "{}{path}: {}", self.name, answer.text);
        Answered { path: path.to_owned(), key: key.to_owned(), body, answer }
    }

    pub(super) async fn get(&self, path: &str) -> Value {
        self.insist(path, || self.client.request(Method::GET, path)).await.expect(200)
    }

    /// Requests that read and write, for which nothing needs to be there.
    pub(super) fn requests(&self) -> Vec<(Method, &'static str, Value)> {
        let write = match self.name {
            "charges" => (Method::POST, "/payments", crate::payment("tok_visa_4242", 1000)),
            "direct" => (Method::POST, "/payments", card("x@example.com")),
            "simple" => (Method::POST, "/payments", simple_payment()),
            "checkout" => (Method::POST, "/payments/initialize", with("failing", &json!({}))),
            _ => (Method::POST, "/payment_intents", intent()),
        };
        let read = match self.name {
            "charges" => "/payments",
            "direct" => "/transactions",
            "simple" => "/payments/pay_0000000000000000000000",
            "checkout" => "/payments/00000000-0000-0000-0000-000000000000/status",
            _ => "/payment_intents",
        };
        vec![(Method::GET, read, Value::Null), write]
    }

    /// Takes a payment and refunds a part of it; `round` tells its keys from others.
    pub(super) async fn go_through(&self, round: usize) -> Done {
        match self.name {
            "charges" => self.charges(round).await,
            "direct" => self.direct(round).await,
            "simple" => self.simple(round).await,
            "checkout" => self.checkout(round).await,
            _ => self.intents(round).await,
        }
    }

    fn done(&self, requests: Vec<Answered>, paid: PaymentId) -> Done {
        Done { door: self.clone(), requests, paid, reference: None, payments: 1, customers: 0 }
    }

    async fn charges(&self, round: usize) -> Done {
        let customer = self.post("/customers", &format!("customer {round}"), json!({"name": "Ann"})).await;
        let mut body = crate::payment("tok_visa_4242", 1000);
        body["customer_id"] = customer.answer.json()["id"].clone();
        let paid = self.post("/payments", &format!("payment {round}"), body).await;
        let id = paid.answer.json()["id"].clone();
        let refund = json!({"payment_id": id, "amount": REFUNDED});
        let refund = self.post("/refunds", &format!("refund {round}"), refund).await;
        self.get("/payments").await;
        assert_eq!(self.get(&format!("/payments/{}", id.as_str().unwrap())).await["id"], id);
        Done { customers: 1, ..self.done(vec![customer, paid, refund], payment_id(&id)) }
    }

    async fn direct(&self, round: usize) -> Done {
        let body = card(&format!("direct-{round}@example.com"));
        let paid = self.post("/payments", &format!("direct payment {round}"), body).await;
        let id = paid.answer.json()["id"].clone();
        let path = format!("/payments/{}/refund", id.as_str().unwrap());
        let refund = self.post(&path, &format!("direct refund {round}"), json!({"amount": REFUNDED})).await;
        self.get("/transactions").await;
        Done { customers: 1, ..self.done(vec![paid, refund], payment_id(&id)) }
    }

    async fn simple(&self, round: usize) -> Done {
        let paid = self.post("/payments", &format!("simple payment {round}"), simple_payment()).await;
        let id = paid.answer.json()["id"].clone();
        let refund = json!({"payment_id": id, "amount": 4.00});
        let refund = self.post("/refunds", &format!("simple refund {round}"), refund).await;
        assert_eq!(self.get(&format!("/payments/{}", id.as_str().unwrap())).await["id"], id);
        self.done(vec![paid, refund], payment_id(&id))
    }

    async fn checkout(&self, round: usize) -> Done {
        let changes = json!({"amount": 10.00, "customer_email": format!("checkout-{round}@example.com")});
        let body = with(&format!("order-{round}"), &changes);
        let begun = self.post("/payments/initialize", &format!("checkout {round}"), body).await;
        let answer = begun.answer.json();
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        let (reference, page) = (text("transaction_reference"), text("redirect_url"));
        let mut place = page;
        for button in ["pay", "complete"] {
            place = eventually(&format!("`{button}` leads on"), || async {
                let (answer, next) = press_at(&place, button).await;
                (answer.status == 303).then_some(next)
            })
            .await;
        }
        let path = format!("/payments/{reference}/status");
        let id = payment_id(&json!(reference));
        eventually("it is paid", || async {
            let paid = self.store.get::<Payment>(self.tenant, &id.to_string()).await.unwrap();
            (paid?.state.status == Status::Succeeded).then_some(())
        })
        .await;
        assert_eq!(self.get(&path).await["data"]["status"], "completed");
        let path = format!("/payments/{reference}/refund");
        let refund = self.post(&path, &format!("checkout refund {round}"), json!({"amount": 4.00})).await;
        Done { customers: 1, reference: Some(reference), ..self.done(vec![begun, refund], id) }
    }

    async fn intents(&self, round: usize) -> Done {
        let key = |name: &str| format!("{name} {round}");
        let made = self.post("/payment_intents", &key("intent"), intent()).await;
        let id = made.answer.json()["id"].clone();
        let path = format!("/payment_intents/{}/capture", id.as_str().unwrap());
        let captured = self.post(&path, &key("capture"), json!({})).await;
        let refund = json!({"payment_intent": id, "amount": REFUNDED});
        let refund = self.post("/refunds", &key("intent refund"), refund).await;
        let other = self.post("/payment_intents", &key("to cancel"), intent()).await;
        let path = format!("/payment_intents/{}/cancel", other.answer.json()["id"].as_str().unwrap());
        let canceled = self.post(&path, &key("cancel"), json!({})).await;
        self.get("/payment_intents").await;
        let requests = vec![made, captured, refund, other, canceled];
        Done { payments: 2, ..self.done(requests, payment_id(&id)) }
    }
}

impl Done {
    /// Every keyed request is answered again as it was answered first.
    pub(super) async fn repeat(&self) {
        for first in &self.requests {
            let again = self.door.post(&first.path, &first.key, first.body.clone()).await.answer;
            let what = format!("{}{}", self.door.name, first.path);
            if first.path.ends_with("/initialize") {
                let reference = "transaction_reference";
                assert_eq!(again.json()[reference], first.answer.json()[reference], "{what}");
            } else {
                assert_eq!((again.status, &again.text), (first.answer.status, &first.answer.text), "{what}");
                assert_eq!(again.header("idempotent-replayed"), "true", "{what}");
            }
        }
    }
}

fn card(email: &str) -> Value {
    json!({"amount": 1000, "currency": "USD", "payment_method": "card", "customer": {"email": email},
        "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"}})
}

fn simple_payment() -> Value {
    json!({"amount": 10.00, "currency": "USD", "source": "tok_visa", "description": "An order"})
}

fn intent() -> Value {
    json!({"amount": 1000, "currency": "eur", "payment_method": "pm_card_visa", "capture_method": "manual",
        "confirm": true})
}
