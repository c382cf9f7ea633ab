//! Writes that change a payment's sums, together with the item that is the reason.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{ReturnValuesOnConditionCheckFailure, Update, builders::UpdateBuilder};
use tollgate_domain::{Payment, PaymentId, RequestRef, Tenant, Timestamp};

use crate::{
    attributes::{SK, n, pk, s},
    entity::Entity,
};

/// The payment's next version with one of its sums changed by `minor` units, written by this request.
pub(crate) fn add_to_sum(
    table: &str,
    tenant: Tenant,
    payment: PaymentId,
    (sum, minor): (&str, i64),
    (now, request): (Timestamp, &RequestRef),
) -> UpdateBuilder {
    let update = Update::builder()
        .table_name(table)
        .set_key(Some(HashMap::from([
            ("pk".to_owned(), s(pk(tenant, Payment::CODE, &payment.to_string()))),
            ("sk".to_owned(), s(SK)),
        ])))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .expression_attribute_values(":amount", n(minor))
        .expression_attribute_values(":one", n(1))
        .expression_attribute_values(":now", n(now.ms()))
        .expression_attribute_values(":request", s(&request.request_id));
    let changes = format!("ADD {sum} :amount, version :one SET updated = :now, request_id = :request");
    match &request.idempotency_key {
        Some(key) => update
            .update_expression(format!("{changes}, idempotency_key = :key"))
            .expression_attribute_values(":key", s(key)),
        None => update.update_expression(format!("{changes} REMOVE idempotency_key")),
    }
}
