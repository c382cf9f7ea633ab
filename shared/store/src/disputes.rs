//! Writes of a dispute together with its payment.

use aws_sdk_dynamodb::types::TransactWriteItem;
use tollgate_domain::{Dispute, Payment, Tenant};

use crate::{
    Writer,
    attributes::{ABSENT, n},
    db::Transacted,
    entity::from_item,
    error::StoreError,
    items::{ours, put_in_transaction},
    payment_sums::add_to_sum,
};

/// The result of writing a dispute.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "another change may have come first"]
pub enum DisputePut {
    /// It was written, and the payment's sum includes the change.
    Done,
    /// It was not written: this dispute is there.
    Exists(Box<Dispute>),
    /// It was not written: the payment has changed, or is gone.
    PaymentChanged,
}

impl Writer {
    /// Writes the first or the next version of a dispute and changes what its payment says is disputed by `withheld`
    /// minor units, both or neither. One call, and one more per conflict; 2 units per KB of each item, and their index
    /// writes. The payment has to be as `payment` is.
    pub async fn write_dispute(
        &self,
        tenant: Tenant,
        dispute: &Dispute,
        payment: &Payment,
        withheld: i64,
    ) -> Result<DisputePut, StoreError> {
        let (condition, before) = if dispute.version == 1 {
            (ABSENT, None)
        } else {
            ("version = :before", Some((":before", n(dispute.version.saturating_sub(1)))))
        };
        let put = put_in_transaction(&self.tables.main, self.item_of(tenant, dispute)?, condition, before)?;
        let (now, request) = (dispute.updated, &dispute.request);
        let sum = ("disputed_minor", withheld);
        let update = add_to_sum(&self.tables.main, tenant, dispute.payment, sum, (now, request))
            .condition_expression("version = :seen")
            .expression_attribute_values(":seen", n(payment.version))
            .build()
            .map_err(|e| StoreError::BadValue(e.to_string()))?;
        let operations = vec![put, TransactWriteItem::builder().update(update).build()];
        let existing = match self.db.transact_write_items(operations).await? {
            Transacted::Done => return Ok(DisputePut::Done),
            Transacted::Refused(items) => items.into_iter().next().flatten(),
        };
        let existing: Option<Dispute> = existing.map(from_item).transpose()?;
        Ok(match existing {
            Some(existing) if existing.version == dispute.version && ours(&existing, dispute) => {
                DisputePut::Done
            }
            Some(existing) => DisputePut::Exists(Box::new(existing)),
            None => DisputePut::PaymentChanged,
        })
    }
}
