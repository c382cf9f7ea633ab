//! The index of order numbers: payments whose metadata has `order_id`.

use serde_json::Value;
use tollgate_domain::{Payment, Subject, Tenant};

use crate::{error::Error, worker::Worker};

/// The metadata with the merchant's order number.
const ORDER: &str = "order_id";

/// The order number in a payment's metadata, as lists compare it.
pub(crate) fn order_of(payment: &Payment) -> Option<String> {
    match &payment.metadata_json()[ORDER] {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

impl Worker {
    /// Writes the entry of a payment that has got an order number. One put, and none for other changes.
    pub(crate) async fn index_order(
        &self,
        tenant: Tenant,
        before: Option<&Subject>,
        after: &Subject,
    ) -> Result<(), Error> {
        let Subject::Payment(payment) = after else { return Ok(()) };
        let Some(order) = order_of(payment) else { return Ok(()) };
        let had = match before {
            Some(Subject::Payment(before)) => order_of(before),
            _ => None,
        };
        if had.as_ref() != Some(&order) {
            self.writer().index_order(tenant, &order, payment.id, payment.created).await?;
        }
        Ok(())
    }
}
