//! SQS: an endpoint on `SQLite`. A message whose sending was acknowledged is not lost when this process is killed.

mod api;
mod digest;
mod message;
mod order;
mod store;

pub(crate) use api::checked_router;
pub use api::router;
pub(crate) use message::BATCH_MAX;
pub use message::{Received, SendRequest, Sent};
pub use store::{Sqs, SqsError};
