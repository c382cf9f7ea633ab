//! What may write.

use std::{fmt, ops::Deref, sync::Arc};

use tollgate_store::{AwsEnvironment, Secrets, StoreError, Tables, Writer};

use crate::{
    AddressIds, Gateway, Links, Processors,
    services::{Clock, Entropy, OsEntropy, SystemClock},
};

/// A gateway that may write.
///
/// There are three ways to have one: to be an admitted caller ([`crate::Admitted`]), to follow a link that the gateway signed,
/// and to work without a caller, as the functions of the stream, the queue and the clock do, and the operator's tool. None of them
/// begins at a [`Gateway`]: what has no more than that only reads.
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
    /// What works without a caller on opened tables.
    pub fn new(
        writer: Writer,
        links: Option<Links>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self { gateway: Gateway::new(writer.clone(), links, clock, entropy), writer }
    }

    /// What works without a caller, as the function's environment describes it: see [`Gateway::start`].
    pub async fn start() -> Result<Self, StoreError> {
        let environment = AwsEnvironment::from_environment()?;
        let writer = Writer::open(&environment, Tables::from_environment()?);
        let secrets = Secrets::open(&environment);
        let ((), links, processors, address_ids) = tokio::join!(
            writer.warm_up(),
            Links::from_environment(&secrets),
            Processors::from_environment(&secrets, SystemClock.now()),
            AddressIds::from_environment(&secrets)
        );
        let worker = Self::new(writer, links?, Arc::new(SystemClock), Arc::new(OsEntropy));
        let worker = worker.with_address_ids(address_ids?);
        Ok(match processors? {
            Some(processors) => worker.with_processors(processors),
            None => worker,
        })
    }

    /// See [`crate::authentication`], which alone makes a worker of a gateway.
    pub(crate) fn of_write_access(gateway: Gateway, writer: Writer) -> Self {
        Self { gateway, writer }
    }

    /// The same worker, with a way to processors and a key to the vault.
    #[must_use]
    pub fn with_processors(self, processors: Processors) -> Self {
        let processors = Some(Arc::new(processors));
        let gateway = Gateway { processors, ..self.gateway };
        Self { gateway, ..self }
    }

    /// The same worker, which does due work one item after the other: a simulation repeats itself from its seed.
    #[must_use]
    pub fn with_due_work_in_order(self) -> Self {
        let gateway = Gateway { due_at_a_time: 1, ..self.gateway };
        Self { gateway, ..self }
    }

    fn with_address_ids(self, address_ids: Option<AddressIds>) -> Self {
        let gateway = Gateway { address_ids, ..self.gateway };
        Self { gateway, ..self }
    }

    /// A copy that counts its calls apart, from zero: what one batch costs.
    #[must_use]
    pub fn metered(&self) -> Self {
        let writer = self.writer.metered();
        let gateway = self.gateway.over(&writer);
        Self { gateway, writer }
    }

    /// The gateway that callers go through.
    pub fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// The tables, to write to.
    pub(crate) fn writer(&self) -> &Writer {
        &self.writer
    }
}
