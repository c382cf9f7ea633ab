//! What is begun and not ended when the tables are recorded.

use serde_json::{Value, json};

use super::{Drive, card_payment, has_intents, id, made, press};
use crate::{Cloud, eventually};

/// Has a processor's next requests of a kind fail, be held for review, or be declined.
async fn fault(cloud: &Cloud, processor: &str, operation: &str, times: u32) {
    let what = match operation {
        "authorize for review" => "review",
        "capture in vain" => "decline",
        _ => "error",
    };
    let operation = operation.split(' ').next();
    let body = json!({"provider": processor, "operation": operation, "when": "before", "what": what,
        "times": times});
    let url = cloud.local("/_networks/faults");
    let answer = reqwest::Client::new().post(url).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

impl Drive {
    /// What is still in flight when the tables are recorded: neither due work nor deliveries go on now.
    pub(in crate::release) async fn leave_half_way(&mut self, cloud: &Cloud) {
        let charges = cloud.charges();
        let bank = json!({"amount": 5000, "currency": "GBP", "source": {"type": "bank_transfer", "bank_account": {
            "account_number": "12345678", "sort_code": "12-34-56", "account_holder_name": "John Doe"}}});
        let bank = made(&charges.post("/payments", &bank).await);
        self.open["processing"] = bank["id"].clone();
        let waiting = made(&charges.post("/payments", &card_payment("tok_visa_3220", 900)).await);
        self.open["challenged"] = waiting["id"].clone();
        let paid = made(&charges.post("/payments", &card_payment("tok_visa_7726", 1000)).await);
        let refund = json!({"payment_id": paid["id"], "amount": 300});
        let refund = made(&charges.post("/refunds", &refund).await);
        self.open["refunding"] = refund["id"].clone();
        for path in [format!("/payments/{}", id(&bank)), format!("/payments/{}", id(&waiting))] {
            self.read("charges", path);
        }
        if self.serves("checkout") {
            self.leave_checkouts(cloud).await;
        }
        if has_intents(cloud).await {
            self.leave_intents(cloud).await;
            self.leave_an_erasure(cloud).await;
        }
        self.take_a_message(cloud).await;
    }

    /// A customer whose data was erased by its request, and whom due work has not looked at again.
    async fn leave_an_erasure(&mut self, cloud: &Cloud) {
        let intents = cloud.intents();
        let customer = json!({"email": "erased@example.com"});
        let customer = made(&intents.post("/customers", &customer).await);
        let path = "/payment_methods/pm_card_visa/attach";
        made(&intents.post(path, &json!({"customer": customer["id"]})).await);
        let path = format!("/customers/{}", id(&customer));
        made(&intents.delete(&path).await);
    }

    async fn leave_checkouts(&mut self, cloud: &Cloud) {
        let (reference, _) = self.initialize(cloud, "to-be-confirmed", "mpgs").await;
        self.open["checkout_to_be_confirmed"] = json!(reference);
        self.read("checkout", format!("/payments/{reference}/status"));
        let (reference, url) = self.initialize(cloud, "challenged", "cybersource").await;
        press(&url, "pay").await;
        self.open["checkout_challenged"] = json!(reference);
        self.read("checkout", format!("/payments/{reference}/status"));
        for processor in ["mpgs", "cybersource"] {
            // Sent, and never heard of again.
            let (reference, url) = self.initialize(cloud, &format!("in-flight-{processor}"), processor).await;
            let challenge = press(&url, "pay").await;
            fault(cloud, processor, "authorize", 1).await;
            fault(cloud, processor, "look_up", 3).await;
            press(&challenge, "complete").await;
            self.open[format!("in_flight_{processor}")] = json!(reference);
            clear_faults(cloud).await;
            // Reserved and not captured.
            let (reference, url) = self.initialize(cloud, &format!("reserved-{processor}"), processor).await;
            let challenge = press(&url, "pay").await;
            fault(cloud, processor, "capture", 1).await;
            press(&challenge, "complete").await;
            self.read("checkout", format!("/payments/{reference}/status"));
            clear_faults(cloud).await;
            if self.template.contains("LookUpLagMs") {
                // Held for review; and declined, with a reservation that is not let go yet.
                for (order, end) in [("in-review", "authorize for review"), ("releasing", "capture in vain")]
                {
                    let (reference, url) =
                        self.initialize(cloud, &format!("{order}-{processor}"), processor).await;
                    let challenge = press(&url, "pay").await;
                    fault(cloud, processor, end, 1).await;
                    fault(cloud, processor, "void", 10).await;
                    press(&challenge, "complete").await;
                    self.open[format!("{order}_{processor}").replace('-', "_")] = json!(reference);
                    self.read("checkout", format!("/payments/{reference}/status"));
                    clear_faults(cloud).await;
                }
            }
            // Refunded, and nobody knows yet.
            let (reference, url) = self.initialize(cloud, &format!("refunding-{processor}"), processor).await;
            let challenge = press(&url, "pay").await;
            press(&challenge, "complete").await;
            fault(cloud, processor, "refund", 1).await;
            fault(cloud, processor, "look_up", 3).await;
            let path = format!("/payments/{reference}/refund");
            made(&cloud.checkout().post(&path, &json!({"amount": 10})).await);
            self.read("checkout", format!("/payments/{reference}/status"));
            clear_faults(cloud).await;
        }
    }

    async fn leave_intents(&mut self, cloud: &Cloud) {
        let intents = cloud.intents();
        let sepa = json!({"type": "sepa_debit", "sepa_debit": {"iban": "DE89370400440532013000"},
            "billing_details": {"name": "Ida", "email": "ida@example.com"}});
        let sepa = made(&intents.post("/payment_methods", &sepa).await);
        self.read("intents", format!("/payment_methods/{}", id(&sepa)));
        let debit = json!({"amount": 2500, "currency": "eur", "payment_method": sepa["id"], "confirm": true,
            "payment_method_types": ["sepa_debit"]});
        let debit = made(&intents.post("/payment_intents", &debit).await);
        self.open["intent_processing"] = debit["id"].clone();
        self.read("intents", format!("/payment_intents/{}", id(&debit)));
        let refund = json!({"payment_intent": self.open["intent_paid"], "amount": 100});
        made(&intents.post("/refunds", &refund).await);
    }

    /// Takes one message off the webhook queue; the function that would deliver it fails.
    async fn take_a_message(&mut self, cloud: &Cloud) {
        self.messages.push(take_message(cloud).await);
    }
}

/// Calls the SQS of a local cloud.
pub async fn sqs(cloud: &Cloud, operation: &str, body: Value) -> Value {
    let request = reqwest::Client::new()
        .post(cloud.ready["sqs"].as_str().unwrap())
        .header("x-amz-target", format!("AmazonSQS.{operation}"))
        .header("content-type", "application/x-amz-json-1.0")
        .body(body.to_string());
    request.send().await.unwrap().json().await.unwrap()
}

/// The addresses of a local cloud's queues.
pub async fn queues(cloud: &Cloud) -> Vec<String> {
    let queues = sqs(cloud, "ListQueues", json!({})).await;
    serde_json::from_value(queues["QueueUrls"].clone()).unwrap()
}

/// Takes a message about a delivery off the queue that has one.
async fn take_message(cloud: &Cloud) -> String {
    let urls = queues(cloud).await;
    eventually("a message is on a queue", || async {
        for url in &urls {
            let one = json!({"QueueUrl": url, "MaxNumberOfMessages": 1});
            let taken = sqs(cloud, "ReceiveMessage", one).await;
            let body = taken["Messages"][0]["Body"].as_str();
            if let Some(body) = body.filter(|body| body.contains("\"attempt\"")) {
                return Some(body.to_owned());
            }
        }
        None
    })
    .await
}

async fn clear_faults(cloud: &Cloud) {
    let url = cloud.local("/_networks/faults");
    reqwest::Client::new().delete(url).send().await.unwrap();
}
