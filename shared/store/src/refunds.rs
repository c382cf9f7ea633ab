//! Writes of a refund together with its payment.

use aws_sdk_dynamodb::types::{TransactWriteItem, builders::UpdateBuilder};
use tollgate_domain::{Payment, Refund, Tenant, refund::RefundStatus};

use crate::{
    Replaced, Writer,
    attributes::{ABSENT, n, s},
    db::Transacted,
    entity::from_item,
    error::StoreError,
    items::{ours, put_in_transaction},
    payment_sums::add_to_sum,
};

/// The result of creating a refund.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "the payment may not have allowed it"]
pub enum RefundPut {
    /// It was created, and the payment's sum includes it.
    Created,
    /// The id is taken, by this refund.
    Exists(Box<Refund>),
    /// The payment does not allow it any more: the current payment, or `None` if it is gone.
    PaymentChanged(Option<Box<Payment>>),
}

impl Writer {
    /// Creates a refund and adds it to its payment's sum, both or neither. One call, and one more per
    /// conflict with another change of the payment; 2 units per KB of each item, and their index writes.
    ///
    /// The condition is on the sums, not on the payment's version, so that concurrent refunds of a payment
    /// fail only if they exceed its amount: `amount_refunded` stays at or below `amount_captured − disputed − amount`.
    pub async fn create_refund(
        &self,
        tenant: Tenant,
        refund: &Refund,
        payment: &Payment,
    ) -> Result<RefundPut, StoreError> {
        let put = put_in_transaction(&self.tables.main, self.item_of(tenant, refund)?, ABSENT, None)?;
        let disputed = payment.disputed_minor.unwrap_or(0);
        let update = self
            .count_refund(tenant, refund, refund.amount.minor)
            .condition_expression(
                "#status = :succeeded AND amount_captured = :captured AND amount_refunded <= :most \
                 AND (attribute_not_exists(disputed_minor) OR disputed_minor <= :disputed)",
            )
            .expression_attribute_values(":disputed", n(disputed))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":succeeded", s("succeeded"))
            .expression_attribute_values(":captured", n(payment.amount_captured))
            .expression_attribute_values(":most", n(payment.amount_captured - disputed - refund.amount.minor))
            .build()
            .map_err(|e| StoreError::BadValue(e.to_string()))?;
        let operations = vec![put, TransactWriteItem::builder().update(update).build()];
        match self.db.transact_write_items(operations).await? {
            Transacted::Done => Ok(RefundPut::Created),
            Transacted::Refused(items) => {
                let mut items = items.into_iter();
                if let Some(existing) = items.next().flatten() {
                    let existing: Refund = from_item(existing)?;
                    return Ok(if existing.version == 1 && ours(&existing, refund) {
                        RefundPut::Created
                    } else {
                        RefundPut::Exists(Box::new(existing))
                    });
                }
                let payment = items.next().flatten().map(from_item).transpose()?.map(Box::new);
                Ok(RefundPut::PaymentChanged(payment))
            }
        }
    }

    /// Records the settlement of a pending refund. One that failed or was canceled is subtracted from its
    /// payment's sum in the same transaction. One call, cost as [`Writer::create_refund`].
    pub async fn settle_refund(
        &self,
        tenant: Tenant,
        settled: &Refund,
    ) -> Result<Replaced<Refund>, StoreError> {
        if !matches!(settled.status, RefundStatus::Failed | RefundStatus::Canceled) {
            return self.replace(tenant, settled).await;
        }
        let before = n(settled.version.saturating_sub(1));
        let put = put_in_transaction(
            &self.tables.main,
            self.item_of(tenant, settled)?,
            "version = :before",
            Some((":before", before)),
        )?;
        let update = self
            .count_refund(tenant, settled, -settled.amount.minor)
            .condition_expression("amount_refunded >= :back")
            .expression_attribute_values(":back", n(settled.amount.minor))
            .build()
            .map_err(|e| StoreError::BadValue(e.to_string()))?;
        let operations = vec![put, TransactWriteItem::builder().update(update).build()];
        let existing = match self.db.transact_write_items(operations).await? {
            Transacted::Done => return Ok(Replaced::Done),
            Transacted::Refused(items) => items.into_iter().next().flatten(),
        };
        let existing: Option<Refund> = existing.map(from_item).transpose()?;
        Ok(match existing {
            Some(existing) if existing.version == settled.version && ours(&existing, settled) => {
                Replaced::Done
            }
            existing => Replaced::Conflict(existing),
        })
    }

    /// The payment's next version with its sum changed by `minor` units, written by the refund's request.
    fn count_refund(&self, tenant: Tenant, refund: &Refund, minor: i64) -> UpdateBuilder {
        let (now, request) = (refund.updated, &refund.request);
        let sum = ("amount_refunded", minor);
        add_to_sum(&self.tables.main, tenant, refund.payment, sum, (now, request))
    }
}
