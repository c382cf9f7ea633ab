//! How a run ends: due work until nothing is open, and then both sets of books are compared.

use std::{
    collections::{HashMap, HashSet},
    sync::atomic::Ordering,
};

use serde_json::Value;
use tollgate_domain::{
    Dispute, Event, EventKind, Mode, Payment, PaymentId, Payout, Refund, Stage, Subject, payment::Status,
    payout::PayoutStatus, refund::RefundStatus,
};
use tollgate_gateway::{Admin, OpenMoney};
use tollgate_tests::due_work::run_due_work;

use super::{HOUR, World};

/// Rounds of due work, six hours apart, until everything has come to rest: ten days.
const ROUNDS_TO_REST: u32 = 40;

impl World {
    /// What is not decided yet, or not let go.
    pub(super) async fn still_open(&self) -> Vec<OpenMoney> {
        let payments = self.all::<Payment>().await;
        let refunds = self.all::<Refund>().await;
        let payments = payments
            .into_iter()
            .filter(|payment| payment.due.is_some())
            .map(|payment| OpenMoney::Payment(payment.id));
        let refunds = refunds
            .into_iter()
            .filter(|refund| refund.status == RefundStatus::Pending)
            .map(|refund| OpenMoney::Refund(refund.id));
        payments.chain(refunds).collect()
    }

    /// The faults are over, and due work runs until nothing is open. What waits for the operator is begun anew, as the
    /// operator would have it.
    pub(crate) async fn come_to_rest(&mut self) {
        self.http.delete(format!("{}/_networks/faults", self.control)).send().await.unwrap();
        self.set_lag(0).await;
        for _ in 0..ROUNDS_TO_REST {
            self.review(Some(true)).await;
            self.clock.0.fetch_add(6 * HOUR, Ordering::SeqCst);
            run_due_work(&self.worker, &self.queues).await;
            let open = self.still_open().await;
            if open.is_empty() {
                break;
            }
            self.resume_stuck(&open).await;
        }
        let open = self.still_open().await;
        assert!(open.is_empty(), "still open: {open:?}");
        self.decide_cases().await;
        for payout in self.all::<Payout>().await {
            assert!(payout.status.is_settled(), "{payout:?}");
            self.count(format!("ended: payout {}", payout.status.as_str()));
        }
        while self.publish().await > 0 {}
    }

    pub(super) async fn resume_stuck(&mut self, open: &[OpenMoney]) {
        let admin = Admin::new(self.worker.clone());
        for one in open {
            let is_stuck = match one {
                OpenMoney::Payment(id) => {
                    let payment: Payment = self.read(&id.to_string()).await.unwrap();
                    payment.processor_charge.is_some_and(|charge| charge.stuck_since.is_some())
                }
                OpenMoney::Refund(id) => {
                    let refund: Refund = self.read(&id.to_string()).await.unwrap();
                    refund.processor_refund.is_some_and(|processor| processor.stuck_since.is_some())
                }
            };
            if is_stuck {
                let resumed = admin.resume_money(self.tenant.merchant, Mode::Test, *one).await;
                assert!(resumed.unwrap(), "{one:?}");
                self.count("resumed by the operator");
            }
        }
    }

    /// For every reference the processor's books say what ours do.
    pub(crate) async fn compare_books(&mut self) {
        let books: HashMap<String, Value> = self
            .books()
            .await
            .into_iter()
            .map(|book| (book["reference"].as_str().unwrap().to_owned(), book))
            .collect();
        let mut refunded: HashMap<PaymentId, i64> = HashMap::new();
        for refund in self.all::<Refund>().await {
            self.count(format!("ended: refund {:?}", refund.status));
            if refund.status == RefundStatus::Succeeded {
                *refunded.entry(refund.payment).or_default() += refund.amount.minor;
            }
            for unapplied in refund.processor_refund.iter().flat_map(|processor| &processor.unapplied) {
                self.count(format!("kept: {}", unapplied.answer));
            }
        }
        let payments = self.all::<Payment>().await;
        for payment in &payments {
            self.count(format!("ended: payment {}", payment.state.status.as_str()));
            let charge = payment.processor_charge.as_ref().unwrap();
            let rests = matches!(charge.stage, Stage::Captured { .. } | Stage::Ended);
            assert!(rests && payment.state.status.is_final(), "{payment:?}");
            for unapplied in &charge.unapplied {
                self.count(format!("kept: {}", unapplied.answer));
            }
            let ours = refunded.get(&payment.id).copied().unwrap_or(0);
            assert_eq!(payment.amount_refunded, ours, "refunds and payment: {payment:?}");
            let book = books.get(&payment.id.uuid().to_string());
            let theirs = |name: &str| book.map_or(0, |book| book[name].as_i64().unwrap());
            assert_eq!(
                (theirs("captured"), theirs("refunded"), theirs("reserved")),
                (payment.amount_captured, payment.amount_refunded, 0),
                "{payment:?}\n{book:?}"
            );
        }
        let ids: HashSet<String> = payments.iter().map(|payment| payment.id.uuid().to_string()).collect();
        assert!(
            books.keys().all(|reference| ids.contains(reference)),
            "a provider knows a payment that we do not"
        );
    }

    /// The ledger's balance transactions are what payments and refunds require, and its balances are their sums.
    pub(crate) async fn compare_ledger(&mut self) {
        let verified = Admin::new(self.worker.clone()).verify_ledger().await.unwrap();
        assert_eq!(verified.differences, [], "{verified:?}");
        assert!(verified.transactions >= verified.sources && verified.sources > 0, "{verified:?}");
        for _ in 0..verified.transactions {
            self.count("booked");
        }
    }

    /// The merchant is told each end once: there is one event of it. (Of each event there is one delivery to an endpoint, as
    /// its id is made of both.)
    pub(crate) async fn compare_events(&mut self) {
        let mut told: HashMap<String, Vec<EventKind>> = HashMap::new();
        for event in self.all::<Event>().await {
            let is_end = matches!(
                event.kind,
                EventKind::PaymentSucceeded
                    | EventKind::PaymentFailed
                    | EventKind::PaymentCanceled
                    | EventKind::RefundSucceeded
                    | EventKind::RefundFailed
                    | EventKind::PayoutPaid
                    | EventKind::PayoutFailed
                    | EventKind::PayoutCanceled
                    | EventKind::DisputeClosed
            );
            if !is_end {
                continue;
            }
            let about = match &event.subject {
                Subject::Payment(payment) => payment.id.to_string(),
                Subject::Refund(refund) => refund.id.to_string(),
                Subject::Payout(payout) => payout.id.to_string(),
                Subject::Dispute(dispute) => dispute.id.to_string(),
                _ => continue,
            };
            told.entry(about).or_default().push(event.kind);
        }
        for payment in self.all::<Payment>().await {
            let kind = match payment.state.status {
                Status::Succeeded => EventKind::PaymentSucceeded,
                Status::Failed => EventKind::PaymentFailed,
                _ => EventKind::PaymentCanceled,
            };
            assert_eq!(told.get(&payment.id.to_string()), Some(&vec![kind]), "{payment:?}");
        }
        for payout in self.all::<Payout>().await {
            let kind = match payout.status {
                PayoutStatus::Paid => EventKind::PayoutPaid,
                PayoutStatus::Canceled => EventKind::PayoutCanceled,
                _ => EventKind::PayoutFailed,
            };
            assert_eq!(told.get(&payout.id.to_string()), Some(&vec![kind]), "{payout:?}");
        }
        for dispute in self.all::<Dispute>().await {
            let kinds = told.get(&dispute.id.to_string());
            assert_eq!(kinds, Some(&vec![EventKind::DisputeClosed]), "{dispute:?}");
        }
        for refund in self.all::<Refund>().await {
            let kind = match refund.status {
                RefundStatus::Succeeded => EventKind::RefundSucceeded,
                _ => EventKind::RefundFailed,
            };
            assert_eq!(told.get(&refund.id.to_string()), Some(&vec![kind]), "{refund:?}");
        }
    }
}
