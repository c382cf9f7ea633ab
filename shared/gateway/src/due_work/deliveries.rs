//! Deliveries whose next attempt is due, or whose message was lost.

use tollgate_domain::{Delivery, delivery::DeliveryStatus};
use tollgate_store::{Claimed, StoreError};

use crate::webhooks::message::Message;

/// The next attempt of a claimed delivery; `None` if it needs none.
pub(super) fn next_attempt(claimed: &Claimed) -> Result<Option<Message>, StoreError> {
    let delivery: Delivery = claimed.read()?;
    Ok((delivery.status == DeliveryStatus::Pending).then(|| Message {
        tenant: claimed.tenant,
        event: delivery.event,
        endpoint: delivery.endpoint,
        attempt: delivery.attempts_made + 1,
    }))
}
