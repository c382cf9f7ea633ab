//! SQS: an endpoint on `SQLite`. Every acknowledged send survives the death of this process.

mod api;
mod digest;
mod queue;
mod store;

pub use api::router;
pub use queue::{Received, SendRequest};
pub use store::{Sqs, SqsError};
