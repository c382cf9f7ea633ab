//! Customers whose erasure is not finished.

use super::{message::DueMessage, run::DueOutcome};
use crate::{error::Error, worker::Worker};

impl Worker {
    pub(super) async fn work_on_customer(&self, message: &DueMessage) -> Result<DueOutcome, Error> {
        self.resume_erasure(message.tenant, &message.pk).await?;
        Ok(DueOutcome::Done)
    }
}
