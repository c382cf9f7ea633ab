//! The services that sources use.

use std::sync::Arc;

use tokio::sync::watch;

use crate::{dynamodb::DynamoDb, lambda::Lambda, sqs::Sqs};

/// The services that sources read and call, and the signal that stops them.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) lambda: Arc<Lambda>,
    pub(crate) dynamodb: Arc<DynamoDb>,
    pub(crate) sqs: Arc<Sqs>,
    pub(crate) stop: watch::Receiver<bool>,
}
