//! Opens a gateway from the function's environment.

use std::sync::Arc;

use tollgate_store::{AwsEnvironment, Secrets, StoreError, Tables, Writer};

use crate::{
    clock::{Clock, SystemClock},
    customers::address_ids::AddressIds,
    entropy::OsEntropy,
    gateway::Gateway,
    processing::processors::Processors,
    signing::links::Links,
    worker::Worker,
};

impl Gateway {
    /// Opens a gateway from the function's environment (see [`Tables`], [`AwsEnvironment`], [`Links`],
    /// [`Processors`] and [`AddressIds`]).
    ///
    /// Reads the function's secrets and opens the first connection to the tables concurrently, while the
    /// function starts, so that no request waits for either. A function whose secrets cannot be read does not
    /// start.
    pub async fn start() -> Result<Self, StoreError> {
        Ok(Worker::start().await?.gateway().clone())
    }
}

impl Worker {
    /// Opens a worker from the function's environment: see [`Gateway::start`].
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
}
