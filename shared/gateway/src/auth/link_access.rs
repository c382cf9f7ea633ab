//! Write access without an API key: a payer's with a signed link, a processor's with a proven notice.

use crate::{disputes::notices::ProvenNotice, gateway::Gateway, signing::links::Verified, worker::Worker};

impl Gateway {
    /// The worker of the payer who opened a link. The [`Verified`] proves that the link was signed by this
    /// gateway.
    pub(crate) fn worker_of_payer(&self, _link: &Verified) -> Worker {
        Worker::with_writer(self.clone(), self.write_access.writer().clone())
    }

    /// The worker of the processor that sent a notice, which was proven.
    pub(crate) fn worker_of_processor(&self, _notice: &ProvenNotice) -> Worker {
        Worker::with_writer(self.clone(), self.write_access.writer().clone())
    }
}
