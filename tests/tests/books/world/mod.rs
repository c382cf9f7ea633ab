//! The worker, the processors and the merchant of a run.

mod disputes;
mod end;
mod faults;
mod open;
mod steps;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use tollgate_domain::{DisputeId, PaymentId, RefundId, Tenant, Timestamp};
use tollgate_gateway::{Clock, DueQueues, Links, Worker};
use tollgate_local::dynamodb::DynamoDb;
use tollgate_store::{Cursor, Entity, ListQuery};

use crate::{
    chance::Chance,
    fate::{Fate, Kill},
};

const SECOND: i64 = 1000;
const HOUR: i64 = 3600 * SECOND;
/// Calls of a use case among which it may die.
const KILLED_WITHIN_CALLS: u64 = 14;

struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::SeqCst))
    }
}

pub(crate) struct World {
    chance: Chance,
    clock: Arc<TestClock>,
    fate: Arc<Fate>,
    worker: Worker,
    links: Links,
    queues: DueQueues,
    dynamodb: Arc<DynamoDb>,
    position: Option<String>,
    tenant: Tenant,
    secret: String,
    control: String,
    http: reqwest::Client,
    orders: u64,
    payments: Vec<PaymentId>,
    /// Those that were paid when they were last looked at.
    paid: Vec<PaymentId>,
    refunds: Vec<RefundId>,
    /// What the processors say of disputes.
    cases: Vec<disputes::Case>,
    /// The disputes that the merchant has accepted.
    accepted: Vec<DisputeId>,
    tally: BTreeMap<String, u32>,
    _folder: tempfile::TempDir,
    _stop: tokio::sync::watch::Sender<bool>,
}

impl World {
    pub(super) fn count(&mut self, what: impl Into<String>) {
        *self.tally.entry(what.into()).or_default() += 1;
    }

    /// How often each thing was done, for the test's output.
    pub(crate) fn tally(&self) -> String {
        let all: Vec<String> = self.tally.iter().map(|(what, n)| format!("{what}: {n}")).collect();
        all.join(", ")
    }

    pub(super) fn advance(&mut self) {
        let ms = match self.chance.below(100) {
            0..78 => self.chance.in_range(1, 20) * SECOND,
            78..96 => self.chance.in_range(60, 300) * SECOND,
            96..99 => self.chance.in_range(300, 3600) * SECOND,
            _ => self.chance.in_range(1, 30) * HOUR,
        };
        self.clock.0.fetch_add(ms, Ordering::SeqCst);
    }

    /// Whether, and where, the use case of this step dies.
    pub(super) fn kill(&mut self) -> Option<Kill> {
        let kill = Kill {
            call: u32::try_from(self.chance.below(KILLED_WITHIN_CALLS)).unwrap() + 1,
            after: self.chance.percent(50),
        };
        self.chance.percent(30).then_some(kill)
    }

    pub(crate) async fn step(&mut self) {
        self.advance();
        match self.chance.below(100) {
            0..14 => self.initialize().await,
            14..35 => self.press().await,
            35..38 => self.notice().await,
            38..40 => self.answer_dispute().await,
            40..43 => self.pay_out().await,
            43..45 => self.cancel_payout().await,
            45..57 => self.refund().await,
            57..61 => self.call_back().await,
            61..65 => self.annotate().await,
            65..78 => self.due_work().await,
            78..84 => {
                self.publish().await;
            }
            84..92 => self.spoil().await,
            92..95 => self.lag().await,
            _ => self.review(None).await,
        }
    }

    pub(super) async fn read<E: Entity>(&self, id: &str) -> Option<E> {
        self.worker.store().get(self.tenant, id).await.unwrap()
    }

    pub(super) async fn all<E: Entity + Sync>(&self) -> Vec<E> {
        let mut all = Vec::new();
        let mut after: Option<Cursor> = None;
        loop {
            let mut query = ListQuery::new(100);
            query.after = after;
            let page = self.worker.store().list::<E>(self.tenant, &query, None).await.unwrap();
            all.extend(page.items);
            after = page.next;
            if after.is_none() {
                return all;
            }
        }
    }
}
