//! What the payer, the merchant and the workers do.

use serde_json::json;
use tollgate_domain::{
    Currency, EnteredCard, Fingerprint, FrontDoor, IdempotencyKey, Metadata, Mode, Money, Payment, PaymentId,
    Payout, Permission, ProcessorKind, RefundId, payment::Status,
};
use tollgate_gateway::{
    Call, CreatePayout, CreateRefund, Credentials, FoundWork, Idempotency, NewCheckout, Payer, Purpose,
    RefundAmount,
};
use tollgate_tests::due_work::claim_due_work;

use super::World;

/// Records of the stream that are published at a time.
const RECORDS: usize = 100;
const CARDS: [&str; 9] = [
    "4111111111111111",
    "4111111111111111",
    "5123450000000008",
    "5555555555554444",
    "378282246310005",
    "4242424242424242",
    "4000000000009995",
    "4000000000000119",
    "4000000000000002",
];

impl World {
    pub(super) fn call(&mut self, front_door: FrontDoor) -> Call {
        self.call_with(front_door, Permission::PaymentsWrite)
    }

    pub(super) fn call_with(&mut self, front_door: FrontDoor, needs: Permission) -> Call {
        let credentials = Credentials { secret: self.secret.clone(), merchant: None };
        let request = self.worker.new_request();
        self.worker.begin(front_door, request, Some(credentials), Some(needs), false)
    }

    pub(super) async fn initialize(&mut self) {
        self.orders += 1;
        let order = format!("order-{}", self.orders);
        let processor = *self.chance.pick(&[ProcessorKind::CyberSource, ProcessorKind::Mpgs]);
        let number = *self.chance.pick(&CARDS);
        let card = EnteredCard::check(
            number,
            (12, 2030),
            Some(if number.starts_with('3') { "1234" } else { "123" }),
            Mode::Test,
            self.worker.now(),
        )
        .unwrap();
        let new = NewCheckout {
            order_id: order.clone(),
            amount: Money {
                minor: self.chance.in_range(1000, 100_000),
                currency: Currency::from_code("USD").unwrap(),
            },
            processor,
            card,
            payer: Payer::Anonymous,
            return_url: None,
            cancel_url: None,
            metadata: None,
        };
        let idempotency = Idempotency {
            key: IdempotencyKey::from_reference(&order),
            fingerprint: Fingerprint::of("initialize", &[order.as_bytes()]),
        };
        let kill = self.kill();
        let call = self.call(FrontDoor::Checkout);
        let made = self.fate.run(kill, call.initialize_checkout(new, &idempotency, None)).await;
        match made {
            Some(Ok(made)) => {
                self.payments.push(made.value.id);
                self.count("initialized");
            }
            Some(Err(error)) => self.count(format!("not initialized ({error})")),
            None => self.count("killed"),
        }
    }

    /// A payment, mostly one of the latest.
    pub(super) fn some_payment(&mut self) -> Option<PaymentId> {
        let count = self.payments.len() as u64;
        if count == 0 {
            return None;
        }
        let back =
            if self.chance.percent(90) { self.chance.below(count.min(3)) } else { self.chance.below(count) };
        self.payments.get(usize::try_from(count - 1 - back).unwrap()).copied()
    }

    /// The payer presses the button of the page that waits.
    pub(super) async fn press(&mut self) {
        let Some(id) = self.some_payment() else { return };
        let payment: Payment = self.read(&id.to_string()).await.unwrap();
        let purpose = if payment.state.status == Status::RequiresConfirmation {
            Purpose::Checkout
        } else {
            Purpose::Challenge
        };
        let url = self.links.url(purpose, self.tenant, id, 1);
        let token = url.rsplit('/').next().unwrap().to_owned();
        let (kill, request, worker) = (self.kill(), self.worker.new_request(), self.worker.clone());
        let yes = !self.chance.percent(5);
        let pressed = self
            .fate
            .run(kill, async {
                match (purpose, yes) {
                    (Purpose::Checkout, true) => worker.confirm_checkout(&token, &request).await,
                    (Purpose::Checkout, false) => worker.cancel_checkout(&token, &request).await,
                    _ => worker.answer_challenge(&token, yes, &request).await,
                }
            })
            .await;
        match pressed {
            Some(Ok((_, payment))) => {
                if payment.state.status == Status::Succeeded && payment.amount_refunded == 0 {
                    self.paid.push(payment.id);
                }
                self.count(format!("pressed: {}", payment.state.status.as_str()));
            }
            Some(Err(error)) => self.count(format!("pressed in vain: {error}")),
            None => self.count("killed"),
        }
    }

    pub(super) async fn refund(&mut self) {
        if self.chance.percent(10) {
            let all = self.all::<Payment>().await;
            let paid = all.iter().filter(|payment| payment.state.status == Status::Succeeded);
            self.paid = paid.map(|payment| payment.id).collect();
        }
        if self.paid.is_empty() {
            return;
        }
        let payment = *self.chance.pick(&self.paid);
        let new = CreateRefund {
            payment,
            amount: RefundAmount::Minor(self.chance.in_range(1, 8000)),
            reason: None,
            metadata: Metadata::default(),
        };
        let kill = self.kill();
        let call = self.call(FrontDoor::Charges);
        let made = self.fate.run(kill, call.create_refund(new, None)).await;
        match made {
            Some(Ok(made)) => {
                self.refunds.push(made.value.id);
                self.count(format!("refund {:?}", made.value.status));
            }
            Some(Err(error)) => self.count(format!("refund refused ({error})")),
            None => self.count("killed"),
        }
    }

    pub(super) fn some_refund(&mut self) -> Option<RefundId> {
        let count = self.refunds.len();
        (count > 0).then(|| *self.chance.pick(&self.refunds[count.saturating_sub(5)..]))
    }

    pub(super) async fn call_back(&mut self) {
        let Some(id) = self.some_refund() else { return };
        let kill = self.kill();
        let call = self.call(FrontDoor::Intents);
        let called_back = self.fate.run(kill, call.cancel_refund(id, None)).await;
        if let Some(called_back) = called_back {
            assert!(called_back.is_err(), "a refund over a wire was called back");
            self.count("call-back refused");
        }
    }

    async fn available(&self, currency: Currency) -> i64 {
        self.worker.store().payable_funds(self.tenant, currency).await.unwrap().available
    }

    /// Some of what is available is paid out to the sandbox's bank account, which takes it. A payout leaves no less than nothing.
    pub(super) async fn pay_out(&mut self) {
        let currency = Currency::from_code("USD").unwrap();
        let available = self.available(currency).await;
        if available <= 0 {
            self.count("nothing to pay out");
            return;
        }
        // More than there is would be waited for.
        let minor = self.chance.in_range(1, available.min(50_000));
        let new = CreatePayout {
            amount: Money { minor, currency },
            destination: None,
            description: None,
            statement_descriptor: None,
            metadata: Metadata::default(),
        };
        let kill = self.kill();
        let call = self.call_with(FrontDoor::Intents, Permission::PayoutsWrite);
        match self.fate.run(kill, call.create_payout(new, None)).await {
            Some(Ok(_)) => self.count("paid out"),
            Some(Err(error)) => self.count(format!("not paid out ({error})")),
            None => self.count("killed"),
        }
        assert!(self.available(currency).await >= 0, "a payout took what was not there");
    }

    /// The merchant cancels a payout, which may be on its way.
    pub(super) async fn cancel_payout(&mut self) {
        let payouts = self.all::<Payout>().await;
        let Some(payout) = payouts.first() else { return };
        let kill = self.kill();
        let call = self.call_with(FrontDoor::Intents, Permission::PayoutsWrite);
        match self.fate.run(kill, call.cancel_payout(payout.id, None)).await {
            Some(Ok(_)) => self.count("payout canceled"),
            Some(Err(error)) => self.count(format!("payout not canceled ({error})")),
            None => self.count("killed"),
        }
    }

    /// A change that has nothing to do with the money, at the worst moment.
    pub(super) async fn annotate(&mut self) {
        let Some(id) = self.some_refund() else { return };
        let kill = self.kill();
        let changes = json!({"note": self.orders.to_string()});
        let call = self.call(FrontDoor::Intents);
        let done = self.fate.run(kill, call.update_refund(id, Some(&changes), None)).await;
        self.count(if done.is_some() { "annotated" } else { "killed" });
    }

    /// A finder's run and the work of its messages. Any of them may die; what it claimed is found again.
    pub(super) async fn due_work(&mut self) {
        let kill = self.kill();
        let Some(found) = self.fate.run(kill, claim_due_work(&self.worker)).await else {
            self.count("killed");
            return;
        };
        self.count("due work");
        for work in found {
            // Nothing here is subscribed to: no delivery is due.
            let FoundWork::Work(message) = work else { continue };
            let kill = self.kill();
            let ran = self.fate.run(kill, self.worker.run_due_work(&message, &self.queues)).await;
            match ran {
                Some(Ok(_)) => self.count("items looked after"),
                Some(Err(error)) => panic!("{message:?}: {error}"),
                None => self.count("killed"),
            }
        }
    }

    /// Publishes what the stream holds; killed, it begins again where it was.
    pub(super) async fn publish(&mut self) -> usize {
        let records = self.dynamodb.records_after("tollgate", self.position.clone(), RECORDS).await.unwrap();
        let kill = self.kill();
        let count = records.len();
        let last =
            records.last().map(|record| record["dynamodb"]["SequenceNumber"].as_str().unwrap().to_owned());
        let (worker, queues) = (self.worker.clone(), self.queues.clone());
        let published = self
            .fate
            .run(kill, async {
                let publisher = worker.publisher(&queues.webhooks);
                for record in records {
                    publisher.publish(&record).await.unwrap();
                }
            })
            .await;
        if published.is_some() && last.is_some() {
            self.position = last;
        }
        self.count("published");
        count
    }
}
