//! What DynamoDB does to its callers now and then: throttling, conflicts between transactions, errors, connections that
//! close, batches that are answered in part, and indexes that lag. For tests.
//!
//! It is an endpoint in front of DynamoDB's. Faults come at random from a seed, at most a given number of them, or as a test
//! plans them. A fault either prevents a call or loses its answer, so a caller can't always tell what was written.

mod control;
mod endpoint;
mod fault;
mod faults;
mod partitions;
mod replica;
mod settings;

pub(crate) use control::routes;
pub use endpoint::router;
pub use fault::Fault;
pub use faults::{Faults, Plan};
pub use partitions::PartitionLoad;
pub use replica::Replica;
pub use settings::{DynamoDbSettings, FaultSettings};
