//! `Worker`: a gateway with write access.

use std::{fmt, ops::Deref, sync::Arc};

use tollgate_store::Writer;

use crate::{
    clock::Clock, customers::address_ids::AddressIds, entropy::Entropy, gateway::Gateway,
    processing::processors::Processors, signing::links::Links,
};

/// A gateway that may write.
///
/// There are four ways to get one: as an admitted caller ([`crate::Admitted`]), with a link that the gateway
/// signed, with a notice that a processor proved, and by opening the tables, as the functions of the stream, the queue and the schedule do, and the
/// operator's tool. A [`Gateway`] alone gives none: it only reads.
#[derive(Clone)]
pub struct Worker {
    gateway: Gateway,
    writer: Writer,
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").finish_non_exhaustive()
    }
}

impl Deref for Worker {
    type Target = Gateway;

    fn deref(&self) -> &Gateway {
        &self.gateway
    }
}

impl Worker {
    /// A worker over opened tables.
    pub fn new(
        writer: Writer,
        links: Option<Links>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self { gateway: Gateway::new(writer.clone(), links, clock, entropy), writer }
    }

    /// Gives a gateway its writer. Only [`crate::auth`] can call it: nothing else gets the writer out of a
    /// gateway.
    pub(crate) fn with_writer(gateway: Gateway, writer: Writer) -> Self {
        Self { gateway, writer }
    }

    /// The same worker with processors and the vault's key.
    #[must_use]
    pub fn with_processors(self, processors: Processors) -> Self {
        let processors = Some(Arc::new(processors));
        let gateway = Gateway { processors, ..self.gateway };
        Self { gateway, ..self }
    }

    /// The same worker, which processes due items one after the other, so that a simulation repeats itself
    /// from its seed.
    #[must_use]
    pub fn with_due_work_in_order(self) -> Self {
        let gateway = Gateway { due_items_concurrent: 1, ..self.gateway };
        Self { gateway, ..self }
    }

    /// The same worker, whose first claim of a due item lasts this many milliseconds.
    #[must_use]
    pub fn with_due_claim_ms(self, due_claim_ms: i64) -> Self {
        let gateway = Gateway { due_claim_ms, ..self.gateway };
        Self { gateway, ..self }
    }

    pub(crate) fn with_address_ids(self, address_ids: Option<AddressIds>) -> Self {
        let gateway = Gateway { address_ids, ..self.gateway };
        Self { gateway, ..self }
    }

    /// A copy with a new meter, so that the cost of one batch is counted separately.
    #[must_use]
    pub fn metered(&self) -> Self {
        let writer = self.writer.metered();
        let gateway = self.gateway.over(&writer);
        Self { gateway, writer }
    }

    /// The gateway that callers use.
    pub fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// The tables, for writing.
    pub(crate) fn writer(&self) -> &Writer {
        &self.writer
    }
}
