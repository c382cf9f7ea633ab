//! `ChangeMessage`: a change that could not be read, put aside whole.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tollgate_store::QueueMessage;

use crate::{error::Error, message_format};

/// The fair group of all changes: they come one by one.
const GROUP: &str = "changes";

/// A message of the queue of changes: publish this change.
///
/// It holds the whole record, so it can be published when the stream has long forgotten it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeMessage {
    /// The record of the stream.
    pub record: Value,
}

impl ChangeMessage {
    /// Reads a message. A newer format is an error, so that the queue redelivers the message until a release
    /// reads it.
    pub fn parse(text: &str) -> Result<Self, Error> {
        message_format::read(text)
    }

    /// The message for the queue.
    pub(super) fn on_queue(&self) -> Result<QueueMessage, Error> {
        Ok(QueueMessage { body: message_format::write(self)?, group: GROUP.to_owned(), delay_s: 0 })
    }
}
