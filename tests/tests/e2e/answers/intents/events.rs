//! Events as they are delivered, one kind of resource after the other.

use super::*;

/// Everything that happens, delivered to one endpoint and written down change by change.
struct Hooks {
    cloud: Cloud,
    receiver: Receiver,
    /// The endpoint's own id.
    own: String,
    events: Transcript,
    seen: usize,
}

impl Hooks {
    /// An endpoint for some events.
    async fn of(types: &[&str]) -> Self {
        let (cloud, receiver) = (Cloud::start().await, Receiver::start(&[]));
        let body = json!({"url": receiver.url, "enabled_events": types});
        let own = made(&cloud, "/webhook_endpoints", &body).await;
        let events = Transcript::new(cloud.intents());
        Self { cloud, receiver, own, events, seen: 0 }
    }

    /// Waits for the events of a change.
    async fn deliver(&mut self, title: &str, count: usize) {
        let all = eventually(title, || async {
            let mut all = self.receiver.received();
            all.retain(|webhook| self.is_of_a_request(&webhook.json()));
            (all.len() >= self.seen + count).then_some(all)
        })
        .await;
        self.events.deliveries(title, &all[self.seen..]);
        self.seen += count;
    }

    /// Whether a request of the test caused the event. The others are left out: whether they arrive depends on timing.
    fn is_of_a_request(&self, event: &Value) -> bool {
        event["data"]["object"]["id"] != self.own && !event["request"]["id"].is_null()
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.cloud.intents().post(path, body).await
    }
}

#[tokio::test]
async fn events_of_payments() {
    let mut hooks = Hooks::of(&["payment_intent.*", "charge.*"]).await;
    let paid = hooks.cloud.intents().post_once("/payment_intents", "ord-1", &confirmed("pm_card_visa")).await;
    hooks.deliver("paid at once", 3).await;
    hooks.post("/refunds", &json!({"payment_intent": id(&paid), "amount": 900})).await.expect(201);
    hooks.deliver("refunded in part", 1).await;
    hooks.post("/payment_intents", &confirmed("pm_card_chargeDeclined")).await.expect(402);
    hooks.deliver("declined", 3).await;
    hooks.post("/payment_intents", &confirmed("pm_card_threeDSecure2Required")).await.expect(201);
    hooks.deliver("challenged", 2).await;
    assert_snapshot!(hooks.events.text());
}

#[tokio::test]
async fn events_of_payments_that_take_time() {
    let mut hooks = Hooks::of(&["payment_intent.*", "charge.*"]).await;
    let reserved = id(&hooks.post("/payment_intents", &capturable()).await);
    hooks.deliver("reserved", 3).await;
    hooks.post(&format!("/payment_intents/{reserved}/capture"), &json!({})).await.expect(200);
    hooks.deliver("captured", 2).await;
    let waiting = id(&hooks.post("/payment_intents", &intent()).await);
    hooks.deliver("made", 1).await;
    hooks.post(&format!("/payment_intents/{waiting}/cancel"), &json!({})).await.expect(200);
    hooks.deliver("cancelled", 1).await;
    assert_snapshot!(hooks.events.text());
}

#[tokio::test]
async fn events_of_debits() {
    let mut hooks = Hooks::of(&["payment_intent.*", "charge.*"]).await;
    let debit = json!({
        "amount": 4900, "currency": "eur", "payment_method_types": ["sepa_debit"], "confirm": true,
        "payment_method_data": sepa("DE62370400440532013001"),
    });
    hooks.post("/payment_intents", &debit).await.expect(201);
    hooks.deliver("processing", 2).await;
    hooks.deliver("failed", 2).await;
    assert_snapshot!(hooks.events.text());
}

#[tokio::test]
async fn events_of_refunds() {
    let mut hooks = Hooks::of(&["refund.*"]).await;
    let paid = made(&hooks.cloud, "/payment_intents", &confirmed("pm_card_visa")).await;
    let refund = id(&hooks.post("/refunds", &json!({"payment_intent": paid, "amount": 900})).await);
    hooks.deliver("made", 2).await;
    hooks.post(&format!("/refunds/{refund}"), &json!({"metadata": {"a": "1"}})).await.expect(200);
    hooks.deliver("changed", 1).await;
    let paid = made(&hooks.cloud, "/payment_intents", &confirmed("pm_card_refundFail")).await;
    hooks.post("/refunds", &json!({"payment_intent": paid})).await.expect(201);
    hooks.deliver("failed", 2).await;
    assert_snapshot!(hooks.events.text());
}

#[tokio::test]
async fn events_of_customers_and_payment_methods() {
    let mut hooks = Hooks::of(&["customer.*", "payment_method.*"]).await;
    let customer = id(&hooks.post("/customers", &ada()).await);
    hooks.deliver("a customer is made", 1).await;
    hooks.post(&format!("/customers/{customer}"), &json!({"name": "Ada King"})).await.expect(200);
    hooks.deliver("a customer is changed", 1).await;
    let method = made(&hooks.cloud, "/payment_methods", &card("4242424242424242")).await;
    let path = format!("/payment_methods/{method}");
    hooks.post(&format!("{path}/attach"), &json!({"customer": customer})).await.expect(200);
    hooks.deliver("a payment method is attached", 1).await;
    hooks.post(&path, &json!({"metadata": {"a": "1"}})).await.expect(200);
    hooks.deliver("a payment method is changed", 1).await;
    hooks.post(&format!("{path}/detach"), &json!({})).await.expect(200);
    hooks.deliver("a payment method is detached", 1).await;
    hooks.cloud.intents().delete(&format!("/customers/{customer}")).await.expect(200);
    hooks.deliver("a customer is deleted", 1).await;
    assert_snapshot!(hooks.events.text());
}

#[tokio::test]
async fn events_of_endpoints() {
    let mut hooks = Hooks::of(&["webhook_endpoint.*"]).await;
    let path = endpoint(&hooks.cloud, "https://example.com/hook").await;
    hooks.deliver("made", 1).await;
    hooks.post(&path, &json!({"description": "D"})).await.expect(200);
    hooks.deliver("changed", 1).await;
    hooks.post(&path, &json!({"disabled": true})).await.expect(200);
    hooks.deliver("disabled", 1).await;
    hooks.cloud.intents().delete(&path).await.expect(200);
    hooks.deliver("deleted", 1).await;
    assert_snapshot!(hooks.events.text());
}
