//! Due work. Runs every minute: resumes stuck charges and refunds, expires challenges, continues erasures,
//! requeues webhooks.

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
    error::Error,
    payments::sandbox_charge::{instrument, sandbox_outcome},
    webhooks::message::Message,
    worker::Worker,
};

/// Items of each shard on a page.
const SHARD_ITEMS: i32 = 100;
/// How long a run reads further pages of one kind, in milliseconds: the next run starts a minute after this
/// one.
const RUN_MS_MAX: i64 = 45_000;
/// Pages of one kind that a run reads.
const PASSES_MAX: usize = 200;

/// The result of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DueReport {
    /// Items that were processed.
    pub done: usize,
    /// Items that failed and stay due.
    pub failed: usize,
}

impl Worker {
    /// Resumes payments and refunds in flight, expires challenges, continues erasures, requeues webhooks. An
    /// item that fails is logged and stays due; the others continue.
    pub async fn run_due_work(&self, queue: &Queue) -> Result<DueReport, Error> {
        let now = self.now();
        let mut report = DueReport::default();
        for kind in DueKind::ALL {
            // Failed items stay due, and the index lags behind the table: further reads show both again.
            let mut seen = HashSet::new();
            for _ in 0..PASSES_MAX {
                let mut items = self.store.due(*kind, now, SHARD_ITEMS).await?;
                items.retain(|item| seen.insert(item.pk.clone()));
                if items.is_empty() {
                    break;
                }
                self.process_all(*kind, &items, now, queue, &mut report).await;
                if self.now().ms() - now.ms() > RUN_MS_MAX {
                    break;
                }
            }
        }
        Ok(report)
    }

    async fn process_all(
        &self,
        kind: DueKind,
        items: &[DueItem],
        now: Timestamp,
        queue: &Queue,
        report: &mut DueReport,
    ) {
        let mut outcomes = stream::iter(items)
            .map(|item| async move { (item, self.process(kind, item, now, queue).await) })
            .buffer_unordered(self.due_items_concurrent);
        while let Some((item, outcome)) = outcomes.next().await {
            match outcome {
                Ok(()) => report.done += 1,
                Err(error) => {
                    tracing::error!(item = item.pk, %error, "due item failed");
                    report.failed += 1;
                }
            }
        }
    }

    async fn process(
        &self,
        kind: DueKind,
        item: &DueItem,
        now: Timestamp,
        queue: &Queue,
    ) -> Result<(), Error> {
        match kind {
            DueKind::Payment => Box::pin(self.process_payment(item, now)).await,
            DueKind::Refund => self.process_refund(item, now).await,
            DueKind::Customer => self.resume_erasure(item, now).await,
            DueKind::Delivery => self.process_delivery(item, now, queue).await,
        }
    }

    async fn process_payment(&self, item: &DueItem, now: Timestamp) -> Result<(), Error> {
        let Some(payment) = self.store.get_by_key::<Payment>(&item.pk).await? else {
            return Ok(());
        };
        if payment.due.is_none_or(|due| due > now) {
            return Ok(());
        }
        if payment.is_open_with_processor() {
            return Box::pin(self.resume_charge(item.tenant, &payment)).await;
        }
        let command = match payment.state.status {
            Status::RequiresConfirmation => Command::Cancel,
            Status::RequiresAction => Command::ChallengeExpired,
            Status::Processing => {
                Command::Settled(sandbox_outcome(sandbox::look_up_charge(instrument(&payment)?, now))?)
            }
            // It was not captured within seven days.
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
            // Another change was written first: the item is no longer due, or the next run finds it.
            Replaced::Done | Replaced::Conflict(_) => Ok(()),
        }
    }

    async fn process_refund(&self, item: &DueItem, now: Timestamp) -> Result<(), Error> {
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
                // After a conflict it is no longer due, or the next run finds it.
                Replaced::Done | Replaced::Conflict(_) => {}
            }
        }
        Ok(())
    }

    async fn process_delivery(&self, item: &DueItem, now: Timestamp, queue: &Queue) -> Result<(), Error> {
        let Some(delivery) = self.store.get_by_key::<Delivery>(&item.pk).await? else {
            return Ok(());
        };
        if delivery.status != DeliveryStatus::Pending || delivery.due.is_none_or(|due| due > now) {
            return Ok(());
        }
        self.requeue(item.tenant, &delivery, now, queue).await
    }

    /// Queues the next attempt and then moves the due time. In the other order, a function that dies in
    /// between would delay the attempt by a quarter of an hour.
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
