//! `Message`: the queue message of a delivery attempt.

use serde::{Deserialize, Serialize};
use tollgate_domain::{Delivery, EndpointId, EventId, Tenant};
use tollgate_store::QueueMessage;

use crate::{error::Error, message_format};

/// A message of the webhook queue: make this attempt. The event is read from its table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The event's tenant; serialized as `scope`.
    #[serde(rename = "scope")]
    pub tenant: Tenant,
    /// The event.
    pub event: EventId,
    /// The endpoint.
    pub endpoint: EndpointId,
    /// Attempt number, starting at 1.
    pub attempt: u32,
}

impl Message {
    /// The first attempt of a delivery.
    pub fn first(tenant: Tenant, delivery: &Delivery) -> Self {
        Self { tenant, event: delivery.event, endpoint: delivery.endpoint, attempt: 1 }
    }

    /// Reads a message. A newer format is an error, so that the queue redelivers the message until a release
    /// reads it.
    pub fn parse(text: &str) -> Result<Self, Error> {
        message_format::read(text)
    }

    /// The message for the queue, with its endpoint as the group, so that an unreachable endpoint delays no
    /// other.
    pub fn on_queue(&self, delay_s: u32) -> Result<QueueMessage, Error> {
        Ok(QueueMessage { body: message_format::write(self)?, group: self.endpoint.to_string(), delay_s })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_back() {
        let tenant = Tenant {
            merchant: tollgate_domain::MerchantId::from_bytes([2; 16]),
            mode: tollgate_domain::Mode::Test,
        };
        let message = Message {
            tenant,
            event: EventId::from_bytes([3; 16]),
            endpoint: EndpointId::from_bytes([4; 16]),
            attempt: 2,
        };
        assert_eq!(Message::parse(&message.on_queue(0).unwrap().body).unwrap(), message);
        assert!(Message::parse("{}").is_err());
        // As the first releases wrote them, and as a future one may.
        let text = message.on_queue(0).unwrap().body;
        let first = text.replace("\"f\":1,", "");
        assert_ne!(first, text);
        assert_eq!(Message::parse(&first).unwrap(), message);
        assert!(Message::parse(&text.replace("\"f\":1,", "\"f\":2,")).is_err());
    }
}
