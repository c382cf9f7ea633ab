//! Checks of ledgers, whose next slice is due.

use super::{message::DueMessage, run::DueOutcome};
use crate::{error::Error, worker::Worker};

impl Worker {
    pub(super) async fn work_on_ledger_check(&self, message: &DueMessage) -> Result<DueOutcome, Error> {
        self.check_ledger(message.tenant, &message.pk).await?;
        Ok(DueOutcome::Done)
    }
}
