//! Writes in which two items must agree: a refund and the payment it counts against.

use std::{collections::HashMap, time::Instant};

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::transact_write_items::TransactWriteItemsError,
    types::{
        AttributeValue, Put as PutOperation, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure,
        TransactWriteItem, Update, builders::UpdateBuilder,
    },
};
use tollgate_domain::{Payment, Refund, Scope, refund::RefundStatus};

use crate::{
    Store,
    entity::{Entity, from_item, pk, to_item},
    error::StoreError,
    items::{Item, SK, n, s},
};

/// Tries of a transaction that others keep conflicting with. Each conflict means that another one went through, so
/// this bounds how many refunds of one payment may race, not how often bad luck strikes.
const MAX_TRIES: u32 = 64;
/// The first wait after a conflict, in milliseconds; it doubles up to the last, and is shortened by chance.
const WAIT_MS: (u64, u64) = (4, 64);

/// What became of a refund.
#[derive(Clone, Debug, PartialEq)]
pub enum RefundPut {
    /// It was made, and the payment counts it.
    Created,
    /// A refund of that id is there already: this.
    Exists(Box<Refund>),
    /// The payment no longer allows it: the payment as it is now, or `None` when it is gone.
    PaymentChanged(Option<Box<Payment>>),
}

enum Transacted {
    Done,
    /// For each operation the item that failed its condition, if one did.
    Refused(Vec<Option<Item>>),
}

impl Store {
    /// Makes a refund and counts it against its payment, both or neither. One call (and one per conflict with another
    /// change of the payment); 2 units per KB of each item, and their index writes.
    ///
    /// The condition is on the sum itself, not on the payment's version, so that refunds of one payment race only for
    /// its money: `amount_refunded` may not pass `amount_captured − amount`.
    pub async fn create_refund(
        &self,
        scope: Scope,
        refund: &Refund,
        payment: &Payment,
    ) -> Result<RefundPut, StoreError> {
        let put = PutOperation::builder()
            .table_name(&self.tables.main)
            .set_item(Some(to_item(scope, refund)?))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|e| StoreError::BadValue(e.to_string()))?;
        let update = self
            .count_refund(scope, refund, refund.amount.minor)
            .condition_expression(
                "#status = :succeeded AND amount_captured = :captured AND amount_refunded <= :most",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":succeeded", s("succeeded"))
            .expression_attribute_values(":captured", n(payment.amount_captured))
            .expression_attribute_values(":most", n(payment.amount_captured - refund.amount.minor))
            .build()
            .map_err(|e| StoreError::BadValue(e.to_string()))?;
        let operations = vec![
            TransactWriteItem::builder().put(put).build(),
            TransactWriteItem::builder().update(update).build(),
        ];
        match self.transact(operations, &refund.key_id()).await? {
            Transacted::Done => Ok(RefundPut::Created),
            Transacted::Refused(items) => {
                let mut items = items.into_iter();
                if let Some(existing) = items.next().flatten() {
                    let existing: Refund = from_item(existing)?;
                    let ours = existing.version == 1 && existing.cause.request_id == refund.cause.request_id;
                    return Ok(if ours {
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

    /// Records what became of a pending refund; one that failed or was called back gives its amount back to the payment, in the same
    /// transaction. `false` when the refund was settled by someone else meanwhile. One call, cost as
    /// [`Store::create_refund`].
    pub async fn settle_refund(&self, scope: Scope, settled: &Refund) -> Result<bool, StoreError> {
        if !matches!(settled.status, RefundStatus::Failed | RefundStatus::Canceled) {
            return Ok(matches!(
                self.replace(scope, settled).await?,
                crate::Replaced::Done
            ));
        }
        let put = PutOperation::builder()
            .table_name(&self.tables.main)
            .set_item(Some(to_item(scope, settled)?))
            .condition_expression("version = :before")
            .expression_attribute_values(":before", n(settled.version - 1))
            .build()
            .map_err(|e| StoreError::BadValue(e.to_string()))?;
        let update = self
            .count_refund(scope, settled, -settled.amount.minor)
            .condition_expression("amount_refunded >= :back")
            .expression_attribute_values(":back", n(settled.amount.minor))
            .build()
            .map_err(|e| StoreError::BadValue(e.to_string()))?;
        let operations = vec![
            TransactWriteItem::builder().put(put).build(),
            TransactWriteItem::builder().update(update).build(),
        ];
        Ok(matches!(
            self.transact(operations, &settled.key_id()).await?,
            Transacted::Done
        ))
    }

    /// The next version of a refund's payment, with `minor` more (or less) refunded, due to what the refund is due to.
    fn count_refund(&self, scope: Scope, refund: &Refund, minor: i64) -> UpdateBuilder {
        let update = Update::builder()
            .table_name(&self.tables.main)
            .set_key(Some(HashMap::from([
                (
                    "pk".to_owned(),
                    s(pk(scope, Payment::CODE, &refund.payment.to_string())),
                ),
                ("sk".to_owned(), s(SK)),
            ])))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .expression_attribute_values(":amount", n(minor))
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":now", n(refund.updated.ms()))
            .expression_attribute_values(":request", s(&refund.cause.request_id));
        let changes = "ADD amount_refunded :amount, version :one SET updated = :now, request_id = :request";
        match &refund.cause.idempotency_key {
            Some(key) => update
                .update_expression(format!("{changes}, idempotency_key = :key"))
                .expression_attribute_values(":key", s(key)),
            None => update.update_expression(format!("{changes} REMOVE idempotency_key")),
        }
    }

    async fn transact(
        &self,
        operations: Vec<TransactWriteItem>,
        key: &str,
    ) -> Result<Transacted, StoreError> {
        let mut wait_ms = WAIT_MS.0;
        for _ in 0..MAX_TRIES {
            let began = Instant::now();
            let sent = self
                .db
                .transact_write_items()
                .set_transact_items(Some(operations.clone()))
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await;
            match sent {
                Ok(done) => {
                    self.meter
                        .record("TransactWriteItems", began, true, done.consumed_capacity());
                    return Ok(Transacted::Done);
                }
                Err(SdkError::ServiceError(e)) if e.err().is_transaction_canceled_exception() => {
                    self.meter.record("TransactWriteItems", began, true, None);
                    let TransactWriteItemsError::TransactionCanceledException(canceled) = e.into_err() else {
                        continue;
                    };
                    let reasons = canceled.cancellation_reasons.unwrap_or_default();
                    let failed = |code: &str| reasons.iter().any(|r| r.code.as_deref() == Some(code));
                    if failed("ConditionalCheckFailed") {
                        let items = reasons.into_iter().map(refused_item).collect();
                        return Ok(Transacted::Refused(items));
                    }
                    if !failed("TransactionConflict") {
                        let detail = format!("{:?}", reasons.iter().map(|r| &r.code).collect::<Vec<_>>());
                        return Err(StoreError::Aws {
                            operation: "TransactWriteItems",
                            detail,
                        });
                    }
                }
                Err(SdkError::ServiceError(e)) if e.err().is_transaction_in_progress_exception() => {}
                Err(error) => return Err(StoreError::aws("TransactWriteItems", error)),
            }
            // The instant's own nanoseconds spread the tries of racing functions well enough.
            let spread = u64::from(began.elapsed().subsec_nanos()) % wait_ms;
            tokio::time::sleep(std::time::Duration::from_millis(wait_ms / 2 + spread)).await;
            wait_ms = (wait_ms * 2).min(WAIT_MS.1);
        }
        Err(StoreError::Contended {
            key: key.to_owned(),
            attempts: MAX_TRIES,
        })
    }
}

/// The item that failed its condition. A failed condition on an item that does not exist shows no item.
fn refused_item(reason: aws_sdk_dynamodb::types::CancellationReason) -> Option<Item> {
    (reason.code.as_deref() == Some("ConditionalCheckFailed"))
        .then_some(reason.item)
        .flatten()
        .filter(|item: &HashMap<String, AttributeValue>| !item.is_empty())
}
