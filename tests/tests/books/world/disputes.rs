//! Disputes that the processors tell of: notices that come twice, late, in the wrong order, and while a function dies.

use std::collections::{BTreeMap, HashMap};

use serde_json::json;
use tollgate_domain::{
    Dispute, FrontDoor, Money, Payment, PaymentId, Permission, ProcessorKind, dispute::DisputeStatus,
};
use tollgate_gateway::{AnswerDispute, NoticeAddress, Noticed};
use tollgate_local::processors::demo_notice_keys;
use tollgate_processors::notice::headers;

use super::World;

/// A dispute at a processor.
#[derive(Clone, Debug)]
pub(super) struct Case {
    processor: ProcessorKind,
    payment: PaymentId,
    name: String,
    amount: Money,
    /// How it ends.
    is_won: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Said {
    Inquiry,
    Chargeback,
    End,
}

impl Case {
    fn body(&self, said: Said) -> String {
        let (reference, amount) = (self.payment.uuid().to_string(), self.amount.to_decimal());
        let action = match (said, self.is_won) {
            (Said::Inquiry, _) => "INQUIRY",
            (Said::Chargeback, _) => "CHARGEBACK",
            (Said::End, true) => "REVERSAL",
            (Said::End, false) => "LOST",
        };
        let taken = if said == Said::End { "0" } else { &amount };
        let body = match self.processor {
            ProcessorKind::CyberSource => json!({
                "eventType": "payments.chargebacks.updated",
                "payload": {"merchantReferenceNumber": reference, "trackingNumber": self.name, "action": action,
                    "amount": amount, "currencyCode": self.amount.currency.code()},
            }),
            ProcessorKind::Mpgs => json!({
                "order": {"id": reference, "status": if said == Said::Inquiry { "DISPUTED" } else { "CAPTURED" },
                    "chargeback": {"amount": taken, "currency": self.amount.currency.code()}},
                "transaction": {"type": if said == Said::Inquiry { "CAPTURE" } else { "CHARGEBACK" }},
            }),
        };
        body.to_string()
    }
}

impl World {
    /// A processor tells of a dispute, a new one or one that it has told of.
    pub(super) async fn notice(&mut self) {
        if self.cases.is_empty() || self.chance.percent(50) {
            let Some(case) = self.new_case().await else { return };
            self.cases.push(case);
        }
        let case = self.chance.pick(&self.cases).clone();
        let said = *self.chance.pick(&[Said::Inquiry, Said::Chargeback, Said::Chargeback, Said::End]);
        let kill = self.kill();
        let sent = self.send(&case, said);
        let told = self.fate.clone().run(kill, sent).await;
        self.count(match told {
            Some(noticed) => format!("notice: {noticed:?}"),
            None => "killed".to_owned(),
        });
    }

    async fn new_case(&mut self) -> Option<Case> {
        let is_paid = !self.paid.is_empty() && self.chance.percent(85);
        let id = if is_paid { *self.chance.pick(&self.paid) } else { self.some_payment()? };
        let payment: Payment = self.read(&id.to_string()).await.unwrap();
        let processor = payment.processor_charge.as_ref()?.processor;
        // MPGS has one dispute of an order, and no notice that it is lost.
        if processor == ProcessorKind::Mpgs && self.cases.iter().any(|case| case.payment == id) {
            return None;
        }
        let minor = self.chance.in_range(1, 20_000);
        let is_won = processor == ProcessorKind::Mpgs || self.chance.percent(50);
        let name = format!("case-{}", self.cases.len());
        let amount = Money { minor, ..payment.amount };
        Some(Case { processor, payment: id, name, amount, is_won })
    }

    fn send(&self, case: &Case, said: Said) -> impl Future<Output = Noticed> + use<> {
        let (worker, body, processor) = (self.worker.clone(), case.body(said), case.processor);
        let merchant = self.tenant.merchant.to_string();
        let keys = demo_notice_keys();
        let key = keys.into_iter().find(|(of, _)| *of == processor).unwrap().1;
        async move {
            let proof = headers(processor, &key, body.as_bytes(), worker.now());
            let to = NoticeAddress { processor: processor.as_str(), merchant: &merchant, mode: "test" };
            let find = |name: &str| proof.iter().find(|(of, _)| *of == name).map(|(_, value)| value.as_str());
            worker.receive_notice(&to, find, body.as_bytes()).await.unwrap()
        }
    }

    /// The merchant gives evidence in a dispute, or accepts it.
    pub(super) async fn answer_dispute(&mut self) {
        let disputes = self.all::<Dispute>().await;
        let Some(dispute) = disputes.iter().find(|dispute| dispute.status.needs_response()) else { return };
        let (id, kill) = (dispute.id, self.kill());
        let call = self.call_with(FrontDoor::Intents, Permission::PaymentsWrite);
        if self.chance.percent(30) {
            self.accepted.push(id);
            let done = self.fate.run(kill, call.accept_dispute(id, None)).await;
            self.count(if done.is_some() { "dispute accepted" } else { "killed" });
            return;
        }
        let evidence = BTreeMap::from([("uncategorized_text".to_owned(), "winning_evidence".to_owned())]);
        let answer = AnswerDispute { evidence, submit: Some(true), metadata: None };
        let done = self.fate.run(kill, call.answer_dispute(id, &answer, None)).await;
        self.count(if done.is_some() { "evidence given" } else { "killed" });
    }

    /// The processors send the end of every dispute until it is taken.
    pub(super) async fn decide_cases(&mut self) {
        for case in self.cases.clone() {
            let noticed = self.send(&case, Said::End).await;
            let payment: Payment = self.read(&case.payment.to_string()).await.unwrap();
            let is_captured = payment.amount_captured > 0;
            match noticed {
                Noticed::Done | Noticed::Ignored => assert!(is_captured, "{case:?}"),
                Noticed::TooEarly => assert!(!is_captured, "{case:?}: {payment:?}"),
                Noticed::Unproven | Noticed::Unreadable(_) => panic!("{case:?}: {noticed:?}"),
            }
            self.count(format!("ended: case {noticed:?}"));
        }
    }

    /// Each dispute ended as its processor says, or as the merchant accepted, and each payment has lost what its disputes took:
    /// never more than it had.
    pub(crate) async fn compare_disputes(&mut self) {
        let disputes = self.all::<Dispute>().await;
        let mut taken: HashMap<PaymentId, i64> = HashMap::new();
        for dispute in &disputes {
            *taken.entry(dispute.payment).or_default() += dispute.withheld();
            let name = dispute.reference.as_deref().unwrap();
            let is_of = |case: &&Case| {
                case.payment == dispute.payment
                    && (case.name == name || case.processor == ProcessorKind::Mpgs)
            };
            let case = self.cases.iter().find(is_of).unwrap();
            match dispute.status {
                DisputeStatus::Won => assert!(case.is_won, "{dispute:?}"),
                DisputeStatus::Lost => {
                    assert!(!case.is_won || self.accepted.contains(&dispute.id), "{dispute:?}");
                }
                DisputeStatus::WarningClosed => {}
                _ => panic!("not ended: {dispute:?}"),
            }
            self.count(format!("ended: dispute {}", dispute.status.as_str()));
        }
        for payment in self.all::<Payment>().await {
            let ours = taken.get(&payment.id).copied().unwrap_or(0);
            assert_eq!(payment.disputed_minor.unwrap_or(0), ours, "{payment:?}");
            assert!(payment.refundable() >= 0, "{payment:?}");
        }
    }
}
