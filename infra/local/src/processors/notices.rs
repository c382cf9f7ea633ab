//! Disputes at the simulated processors, and the notices of them.

use serde::Deserialize;
use serde_json::{Value, json};
use tollgate_domain::{Money, ProcessorKind, Timestamp};
use tollgate_processors::notice::{NoticeKey, headers};

use super::{
    accounts::{NoticesTo, demo_notice_keys},
    simulators::Simulators,
};
use crate::Error;

/// How often a notice is sent until it is taken. Real processors wait between two tries, for hours in all.
const TRIES_MAX: usize = 3;

/// A dispute's news, for tests.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Dispute {
    #[serde(rename = "provider")]
    processor: ProcessorKind,
    /// The payment's reference.
    reference: String,
    /// `inquiry`, `chargeback`, `won` or `lost`.
    stage: Stage,
    /// In minor units; all that was captured if absent.
    amount: Option<i64>,
    /// `CyberSource`: the case; `case-1` if absent.
    case: Option<String>,
    /// `CyberSource`: the card scheme's code of the reason.
    reason: Option<String>,
    /// `CyberSource`: until when evidence may be submitted, in RFC 3339.
    due: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Stage {
    Inquiry,
    Chargeback,
    Won,
    Lost,
}

impl Dispute {
    fn case(&self) -> &str {
        match self.processor {
            ProcessorKind::CyberSource => self.case.as_deref().unwrap_or("case-1"),
            // An order has one dispute.
            ProcessorKind::Mpgs => &self.reference,
        }
    }

    /// The notice's body.
    fn body(&self, amount: Money) -> Value {
        let action = match self.stage {
            Stage::Inquiry => "RETRIEVAL_REQUEST",
            Stage::Chargeback => "CHARGEBACK",
            Stage::Won => "CHARGEBACK_REVERSAL",
            Stage::Lost => "LOST",
        };
        let currency = amount.currency.code();
        match self.processor {
            ProcessorKind::CyberSource => json!({
                "webhookId": "demo", "eventType": "payments.chargebacks.updated", "requestType": "NEW",
                "payload": {"data": {
                    "merchantReferenceNumber": self.reference, "trackingNumber": self.case(), "action": action,
                    "amount": amount.to_decimal(), "currencyCode": currency,
                    "reasonCode": self.reason, "responseDueTime": self.due,
                }},
            }),
            ProcessorKind::Mpgs => {
                let taken =
                    if self.stage == Stage::Chargeback { amount.to_decimal() } else { "0".to_owned() };
                let is_inquiry = self.stage == Stage::Inquiry;
                json!({
                    "result": "SUCCESS",
                    "order": {
                        "id": self.reference, "currency": currency,
                        "status": if is_inquiry { "DISPUTED" } else { "CHARGEBACK_PROCESSED" },
                        "chargeback": {"amount": taken, "currency": currency},
                    },
                    "transaction": {"id": "cb-1", "type": if is_inquiry { "CAPTURE" } else { "CHARGEBACK" }},
                })
            }
        }
    }
}

impl Simulators {
    /// Says where notices go to. Without it none are sent.
    pub fn send_notices_to(&self, to: NoticesTo) {
        let _ = self.notices_to.set(to);
    }

    /// Records a dispute's news and sends the notice until it is taken; returns the statuses of the answers.
    pub(super) async fn tell(&self, dispute: &Dispute) -> Result<Vec<u16>, Error> {
        let fail = |text: &str| Error::Demo(text.to_owned());
        let to = self.notices_to.get().ok_or_else(|| fail("notices go nowhere"))?;
        let order = self.ledger.order(dispute.processor, &dispute.reference)?;
        let first = order.0.first().ok_or_else(|| fail("there is no such order"))?;
        let minor = dispute.amount.unwrap_or_else(|| order.captured());
        let amount = Money { minor, ..first.money };
        let taken = if dispute.stage == Stage::Chargeback { Some(minor) } else { None };
        let is_over = matches!(dispute.stage, Stage::Won);
        if taken.is_some() || is_over {
            let case = dispute.case();
            self.ledger.charge_back(dispute.processor, &dispute.reference, case, taken.unwrap_or(0))?;
        }
        self.send(dispute.processor, to, &dispute.body(amount).to_string()).await
    }

    async fn send(&self, processor: ProcessorKind, to: &NoticesTo, body: &str) -> Result<Vec<u16>, Error> {
        let keys = demo_notice_keys();
        let key: Option<&NoticeKey> = keys.iter().find(|(of, _)| *of == processor).map(|(_, key)| key);
        let key = key.ok_or_else(|| Error::Demo("the simulator has no secret".to_owned()))?;
        let url = format!("{}/notices/{}/{}/test", to.pages_url, processor.as_str(), to.merchant);
        let mut statuses = Vec::new();
        for _ in 0..TRIES_MAX {
            let now = Timestamp::from_ms(self.now());
            let mut request = reqwest::Client::new().post(&url).header("content-type", "application/json");
            for (name, value) in headers(processor, key, body.as_bytes(), now) {
                request = request.header(name, value);
            }
            let answer = request.body(body.to_owned()).send().await;
            let status = answer.map_err(|e| Error::Demo(e.without_url().to_string()))?.status().as_u16();
            statuses.push(status);
            if status == 200 {
                break;
            }
        }
        Ok(statuses)
    }
}
