//! Due work: what a schedule has to look at, because nothing else will.

use std::collections::HashSet;

use futures_util::stream::{self, StreamExt};
use tollgate_domain::{
    Delivery, Payment, Refund, Tenant, Timestamp,
    delivery::DeliveryStatus,
    payment::{Command, Status},
    refund::RefundStatus,
};
use tollgate_processors::sandbox;
use tollgate_store::{DueItem, DueKind, Queue, Replaced};

use crate::{
    Worker,
    deliver::Message,
    error::Error,
    payments::{instrument, sandbox_outcome},
};

/// Items of each shard that are read at a time.
const PER_SHARD: i32 = 100;
/// Items that are looked after at the same time.
pub(crate) const AT_A_TIME: usize = 10;
/// How long a run goes on while there is more to do, in milliseconds: the next one is a minute later.
const RUN_MS: i64 = 45_000;
/// Reads of one kind in one run.
const PASSES_MAX: usize = 200;

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DueReport {
    /// Items that were moved on.
    pub done: usize,
    /// Items that failed and stay due.
    pub failed: usize,
}

impl Worker {
    /// Does what is due: asks the processor about payments and refunds in flight, ends challenges that nobody answered,
    /// puts deliveries back on the queue. An item that fails is logged, stays due and holds up no other.
    pub async fn run_due_work(&self, queue: &Queue) -> Result<DueReport, Error> {
        let now = self.now();
        let mut report = DueReport::default();
        for kind in DueKind::ALL {
            // What failed stays due, and the index trails the table: either is met again by a further read.
            let mut seen = HashSet::new();
            for _ in 0..PASSES_MAX {
                let mut items = self.store.due(*kind, now, PER_SHARD).await?;
                items.retain(|item| seen.insert(item.pk.clone()));
                if items.is_empty() {
                    break;
                }
                let mut outcomes = stream::iter(&items)
                    .map(|item| async move { (item, self.look_after(*kind, item, now, queue).await) })
                    .buffer_unordered(self.due_at_a_time);
                while let Some((item, outcome)) = outcomes.next().await {
                    match outcome {
                        Ok(()) => report.done += 1,
                        Err(error) => {
                            tracing::error!(item = item.pk, %error, "due item failed");
                            report.failed += 1;
                        }
                    }
                }
                if self.now().ms() - now.ms() > RUN_MS {
                    break;
                }
            }
        }
        Ok(report)
    }

    async fn look_after(
        &self,
        kind: DueKind,
        item: &DueItem,
        now: Timestamp,
        queue: &Queue,
    ) -> Result<(), Error> {
        match kind {
            DueKind::Payment => Box::pin(self.look_after_payment(item, now)).await,
            DueKind::Refund => self.look_after_refund(item, now).await,
            DueKind::Customer => self.look_after_erasure(item, now).await,
            DueKind::Delivery => self.look_after_delivery(item, now, queue).await,
        }
    }

    async fn look_after_payment(&self, item: &DueItem, now: Timestamp) -> Result<(), Error> {
        let Some(payment) = self.store.get_by_key::<Payment>(&item.pk).await? else {
            return Ok(());
        };
        if payment.due.is_none_or(|due| due > now) {
            return Ok(());
        }
        if payment.is_open_with_processor() {
            return self.resume_charge(item.tenant, &payment).await;
        }
        let command = match payment.state.status {
            Status::RequiresConfirmation => Command::Cancel,
            Status::RequiresAction => Command::ChallengeExpired,
            Status::Processing => {
                Command::Settled(sandbox_outcome(sandbox::look_up_charge(instrument(&payment)?, now))?)
            }
            // Nobody captured it in seven days.
            Status::RequiresCapture if payment.intent.is_some() => {
                Command::CancelIntent(Some("automatic".to_owned()))
            }
            Status::RequiresPaymentMethod
            | Status::RequiresCapture
            | Status::Succeeded
            | Status::Failed
            | Status::Canceled => return Ok(()),
        };
        let next =
            payment.apply(command, now, &self.new_request()).map_err(tollgate_domain::Refusal::from)?;
        match self.writer().replace(item.tenant, &next).await? {
            // Someone else who came first did this work; the item is no longer due or will be found again.
            Replaced::Done | Replaced::Conflict(_) => Ok(()),
        }
    }

    async fn look_after_refund(&self, item: &DueItem, now: Timestamp) -> Result<(), Error> {
        let Some(refund) = self.store.get_by_key::<Refund>(&item.pk).await? else {
            return Ok(());
        };
        if refund.status != RefundStatus::Pending || refund.due.is_none_or(|due| due > now) {
            return Ok(());
        }
        let payment: Option<Payment> = self.store.get(item.tenant, &refund.payment.to_string()).await?;
        let Some(payment) = payment else {
            return Err(Error::Internal(format!("refund {} has no payment", refund.id)));
        };
        if payment.processor_charge.is_some() {
            return self.resume_refund(item.tenant, &payment, &refund).await;
        }
        let outcome = sandbox_outcome(sandbox::look_up_refund(instrument(&payment)?))?;
        if let Ok(settled) = refund.settle(outcome, now, &self.new_request()) {
            match self.writer().settle_refund(item.tenant, &settled).await? {
                // It is no longer due or will be found again.
                Replaced::Done | Replaced::Conflict(_) => {}
            }
        }
        Ok(())
    }

    async fn look_after_delivery(&self, item: &DueItem, now: Timestamp, queue: &Queue) -> Result<(), Error> {
        let Some(delivery) = self.store.get_by_key::<Delivery>(&item.pk).await? else {
            return Ok(());
        };
        if delivery.status != DeliveryStatus::Pending || delivery.due.is_none_or(|due| due > now) {
            return Ok(());
        }
        self.requeue(item.tenant, &delivery, now, queue).await
    }

    /// Puts the next attempt on the queue first and then moves the due time: the other way round, a function that dies
    /// in between would lose the attempt for a quarter of an hour.
    async fn requeue(
        &self,
        tenant: Tenant,
        delivery: &Delivery,
        now: Timestamp,
        queue: &Queue,
    ) -> Result<(), Error> {
        let message = Message {
            tenant,
            event: delivery.event,
            endpoint: delivery.endpoint,
            attempt: delivery.attempts_made + 1,
        };
        queue.send(&[message.on_queue(0)?]).await?;
        match self.writer().replace(tenant, &delivery.requeued(now)).await? {
            Replaced::Done | Replaced::Conflict(_) => Ok(()),
        }
    }
}
