//! Balance transactions whose money becomes available.

use tollgate_domain::BalanceTransaction;

use super::{message::DueMessage, run::DueOutcome};
use crate::{error::Error, worker::Worker};

impl Worker {
    pub(super) async fn work_on_funds(&self, message: &DueMessage) -> Result<DueOutcome, Error> {
        let transaction: Option<BalanceTransaction> = self.store.get_by_key(&message.pk).await?;
        let Some(transaction) = transaction else { return Ok(DueOutcome::Done) };
        if let Some(next) = transaction.made_available(self.now()) {
            self.writer().move_booked(message.tenant, &transaction, &next).await?;
        }
        Ok(DueOutcome::Done)
    }
}
