//! Write access with a signed link: the payer on a hosted page has no API key.

use crate::{gateway::Gateway, signing::links::Verified, worker::Worker};

impl Gateway {
    /// The worker of the payer who opened a link. The [`Verified`] proves that the link was signed by this
    /// gateway.
    pub(crate) fn worker_of_payer(&self, _link: &Verified) -> Worker {
        Worker::with_writer(self.clone(), self.write_access.writer().clone())
    }
}
