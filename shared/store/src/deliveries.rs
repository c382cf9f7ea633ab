//! The attempts of a delivery: items beside the delivery's own.

use aws_sdk_dynamodb::operation::{put_item::PutItemInput, query::QueryInput};
use tollgate_domain::{Delivery, EndpointId, EventId, Tenant, delivery::AttemptRecord};

use crate::{
    Reader, Writer,
    entity::{Entity, pk},
    error::StoreError,
    format,
    items::{Item, s},
};

/// Attempts of one delivery that are listed.
const ATTEMPTS_LISTED_MAX: i32 = 100;

/// The format of an attempt's item (see [`format`]).
const FORMAT: u32 = 1;

fn delivery_pk(tenant: Tenant, event: EventId, endpoint: EndpointId) -> String {
    pk(tenant, Delivery::CODE, &format!("{event}#{endpoint}"))
}

impl Reader {
    /// The attempts of a delivery, the first first. One query, 0.5 units per 4 KB.
    pub async fn list_attempts(
        &self,
        tenant: Tenant,
        event: EventId,
        endpoint: EndpointId,
    ) -> Result<Vec<AttemptRecord>, StoreError> {
        let key = delivery_pk(tenant, event, endpoint);
        let request = QueryInput::builder()
            .table_name(&self.tables.events)
            .key_condition_expression("pk = :pk AND begins_with(sk, :att)")
            .expression_attribute_values(":pk", s(&key))
            .expression_attribute_values(":att", s("ATT#"))
            .limit(ATTEMPTS_LISTED_MAX);
        let page = self.db.query(request).await?;
        page.items
            .unwrap_or_default()
            .into_iter()
            .map(|item| {
                format::check(&item, FORMAT)?;
                serde_dynamo::aws_sdk_dynamodb_1::from_item(item)
                    .map_err(|e| StoreError::BadItem { key: key.clone(), detail: e.to_string() })
            })
            .collect()
    }
}

impl Writer {
    /// Records an attempt; recording the same one again changes nothing. One call, 1 unit per KB.
    pub async fn put_attempt(
        &self,
        tenant: Tenant,
        delivery: &Delivery,
        attempt: &AttemptRecord,
        expires_at_s: i64,
    ) -> Result<(), StoreError> {
        let mut item: Item = serde_dynamo::aws_sdk_dynamodb_1::to_item(attempt)
            .map_err(|e| StoreError::BadValue(e.to_string()))?;
        item.insert("pk".into(), s(delivery_pk(tenant, delivery.event, delivery.endpoint)));
        format::mark(&mut item, FORMAT);
        item.insert("sk".into(), s(format!("ATT#{:04}", attempt.number)));
        item.insert("t".into(), s("ATT"));
        item.insert("expires_at".into(), crate::items::n(expires_at_s));
        let request = PutItemInput::builder().table_name(&self.tables.events).set_item(Some(item));
        self.db.put_item(request).await?.unconditional()?;
        Ok(())
    }
}
