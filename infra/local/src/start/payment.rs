//! The payment that the start page's button takes, and its webhook.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    Error, Ready,
    inbox::{Inbox, Webhook},
    state,
};

/// How long the result waits for the payment's webhook.
const WEBHOOK_WAIT_MAX: Duration = Duration::from_secs(8);
/// How often the inbox is read meanwhile.
const WEBHOOK_INTERVAL: Duration = Duration::from_millis(100);
/// How long the payment may take.
const PAYMENT_TIMEOUT: Duration = Duration::from_secs(30);
/// Characters of the random reference in the description, which links a payment and its webhook.
const REFERENCE_CHARS: usize = 12;

/// The start page's state.
pub(super) struct Start {
    pub(super) ready: Ready,
    inbox: Arc<Inbox>,
    client: reqwest::Client,
}

/// The answer to the button's payment, and its webhooks.
pub(super) struct PaymentResult {
    pub(super) status: u16,
    pub(super) body: String,
    pub(super) webhooks: Vec<Webhook>,
}

/// The payment that the button and the command send.
pub(super) fn payment_body(token: &str) -> Value {
    json!({"amount": 1234, "currency": "GBP", "source": {"type": "card", "token": token}})
}

impl Start {
    pub(super) fn new(ready: Ready, inbox: Arc<Inbox>) -> Result<Self, Error> {
        // Requests stay on this machine, even if a proxy is configured.
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(PAYMENT_TIMEOUT)
            .build()
            .map_err(|e| Error::Demo(e.to_string()))?;
        Ok(Self { ready, inbox, client })
    }

    /// Takes a payment through the `charges` API and waits for its webhook.
    pub(super) async fn take_payment(&self, token: &str) -> Option<PaymentResult> {
        let keys = self.ready.credentials.as_ref()?;
        let url = self.ready.apis.get("charges")?.as_str()?;
        let reference = state::random_text(REFERENCE_CHARS).ok()?;
        let mut body = payment_body(token);
        body["description"] = format!("Start page, {reference}").into();
        let request = self
            .client
            .post(format!("{url}/payments"))
            .bearer_auth(&keys.secret_key)
            .header("content-type", "application/json")
            .body(body.to_string());
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        let body = answer.text().await.ok()?;
        Some(PaymentResult { status, body, webhooks: self.webhooks_of(&reference).await })
    }

    /// Waits for webhooks that name the reference; empty if none comes in time.
    async fn webhooks_of(&self, reference: &str) -> Vec<Webhook> {
        let began = Instant::now();
        loop {
            let mut webhooks = self.inbox.list().unwrap_or_default();
            webhooks.retain(|webhook| webhook.body.contains(reference));
            if !webhooks.is_empty() || began.elapsed() > WEBHOOK_WAIT_MAX {
                return webhooks;
            }
            tokio::time::sleep(WEBHOOK_INTERVAL).await;
        }
    }
}
