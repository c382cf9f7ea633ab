//! Does the work of one message.

use std::{future::Future, time::Duration};

use tollgate_domain::ProcessorKind;
use tollgate_store::DueKind;

use super::{find::DueQueues, message::DueMessage, metrics};
use crate::{
    error::Error,
    processing::health::{Asked, Resumed},
    worker::Worker,
};

/// How long the work of one item may take. It is resumed where it stopped: everything that is sent to a
/// processor is recorded first.
const ITEM_MAX: Duration = Duration::from_secs(45);

/// What became of a message's work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DueOutcome {
    /// It was done, or there was nothing to do.
    Done,
    /// The processor did not answer. The item stays due.
    Silent,
    /// The processor does not answer at present and was not asked. The item is due later.
    Postponed,
}

impl Worker {
    /// Does the work of a message, and logs and measures what became of it. After an error the item stays due,
    /// and is found again when its claim ends: the message need not be redelivered.
    pub async fn run_due_work(&self, message: &DueMessage, queues: &DueQueues) -> Result<DueOutcome, Error> {
        let work = Box::pin(self.work(message, queues));
        let done = match tokio::time::timeout(ITEM_MAX, work).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Error::Internal(format!("took longer than {} s", ITEM_MAX.as_secs()))),
        };
        match &done {
            Ok(DueOutcome::Done) => metrics::worked(message, "done"),
            Ok(DueOutcome::Postponed) => metrics::worked(message, "postponed"),
            Ok(DueOutcome::Silent) => metrics::failed(self.now(), message, "the processor did not answer"),
            Err(error) => metrics::failed(self.now(), message, &error.to_string()),
        }
        done
    }

    async fn work(&self, message: &DueMessage, queues: &DueQueues) -> Result<DueOutcome, Error> {
        match message.kind {
            DueKind::Payment => Box::pin(self.work_on_payment(message)).await,
            DueKind::Refund => Box::pin(self.work_on_refund(message)).await,
            DueKind::Customer => self.work_on_customer(message).await,
            DueKind::Payout => Box::pin(self.work_on_payout(message)).await,
            DueKind::BalanceSettings => Box::pin(self.work_on_balance_settings(message)).await,
            DueKind::Funds => self.work_on_funds(message).await,
            DueKind::Dispute => self.work_on_dispute(message).await,
            DueKind::LedgerCheck => Box::pin(self.work_on_ledger_check(message)).await,
            DueKind::Backlog => self.work_on_backlog(message, queues).await,
            // A finder queues attempts themselves.
            DueKind::Delivery => Err(Error::Internal("a delivery is not due work's".to_owned())),
        }
    }

    /// Runs work that asks a merchant's processor. While that one does not answer, the item waits, without a
    /// call.
    pub(super) async fn ask_processor(
        &self,
        message: &DueMessage,
        processor: ProcessorKind,
        work: impl Future<Output = Result<Resumed, Error>>,
    ) -> Result<DueOutcome, Error> {
        match self.ask_if_healthy(message.tenant, processor, work).await? {
            Asked::Answered => Ok(DueOutcome::Done),
            Asked::Silent => Ok(DueOutcome::Silent),
            Asked::ClosedUntil(until) => {
                if let Some(claim) = &message.claim {
                    self.writer().postpone_due(message.kind, &message.pk, claim, until).await?;
                }
                Ok(DueOutcome::Postponed)
            }
        }
    }
}
