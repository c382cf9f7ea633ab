//! Disputes whose time for evidence ends, and those that the sandbox decides.

use tollgate_domain::Dispute;
use tollgate_processors::sandbox;

use super::{message::DueMessage, run::DueOutcome};
use crate::{error::Error, worker::Worker};

impl Worker {
    pub(super) async fn work_on_dispute(&self, message: &DueMessage) -> Result<DueOutcome, Error> {
        let now = self.now();
        let dispute: Option<Dispute> = self.store.get_by_key(&message.pk).await?;
        let Some(dispute) = dispute.filter(|dispute| dispute.due.is_some_and(|due| due <= now)) else {
            return Ok(DueOutcome::Done);
        };
        let request = self.new_request();
        let decided = || {
            let decision = sandbox::dispute_decision(&dispute.evidence)?.at(now);
            dispute.decided(decision, now, &request).filter(|_| dispute.reference.is_none())
        };
        let next = if dispute.status.needs_response() { dispute.expired(now, &request) } else { decided() };
        if let Some(next) = next {
            // After another change it is no longer due, or it is found again.
            let _ = self.replace_dispute(message.tenant, &dispute, &next).await?;
        }
        Ok(DueOutcome::Done)
    }
}
