//! Messages, as they are sent and received.

use serde::Serialize;
use serde_json::{Map, Value};

/// Messages of one call, at most.
pub(crate) const BATCH_MAX: usize = 10;

/// A message to send.
#[derive(Debug, Clone, Default)]
pub struct SendRequest {
    /// Its text.
    pub body: String,
    /// Its group, a tenant or an endpoint: the messages of one group do not delay those of another.
    pub group: Option<String>,
    /// How long it is hidden at first; the queue's delay if absent.
    pub delay_s: Option<u64>,
    /// `MessageAttributes`, as sent.
    pub attributes: Value,
}

/// The acknowledgement of a sent message.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The message's id.
    pub message_id: String,
    /// The body's MD5 digest.
    pub md5_of_body: String,
    /// The MD5 digest of its attributes, if it has any.
    pub md5_of_attributes: Option<String>,
}

/// A received message.
#[derive(Debug, Clone, Serialize)]
pub struct Received {
    /// Its id.
    pub message_id: String,
    /// The handle to delete it with.
    pub receipt_handle: String,
    /// Its text.
    pub body: String,
    /// The text's MD5 digest.
    pub md5_of_body: String,
    /// The group that it was sent with.
    pub group: Option<String>,
    /// When it was sent, in milliseconds since 1970.
    pub sent_ms: u64,
    /// When it was first received.
    pub first_received_ms: u64,
    /// How many times it was received, this time included.
    pub receive_count: u32,
    /// `MessageAttributes`, as sent.
    pub attributes: Value,
}

impl Received {
    /// The attributes that SQS itself gives a message.
    pub(crate) fn system_attributes(&self) -> Map<String, Value> {
        let mut attributes = Map::new();
        let mut put = |key: &str, value: String| attributes.insert(key.to_owned(), Value::from(value));
        put("ApproximateReceiveCount", self.receive_count.to_string());
        put("SentTimestamp", self.sent_ms.to_string());
        put("SenderId", "local".to_owned());
        put("ApproximateFirstReceiveTimestamp", self.first_received_ms.to_string());
        if let Some(group) = &self.group {
            put("MessageGroupId", group.clone());
        }
        attributes
    }
}
