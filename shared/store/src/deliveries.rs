//! Attempts of a delivery: items with the delivery's partition key.

use aws_sdk_dynamodb::operation::{put_item::PutItemInput, query::QueryInput};
use tollgate_domain::{Delivery, EndpointId, EventId, Tenant, delivery::AttemptRecord};

use crate::{
    Reader, Writer,
    attributes::{n, pk, s},
    entity::Entity,
    error::StoreError,
    format,
};

/// Most attempts in a list of one delivery.
const ATTEMPTS_LISTED_MAX: i32 = 100;

/// The format of the item (see [`format`]).
const FORMAT: u32 = 1;

fn delivery_pk(tenant: Tenant, event: EventId, endpoint: EndpointId) -> String {
    pk(tenant, Delivery::CODE, &format!("{event}#{endpoint}"))
}

impl Reader {
    /// Lists a delivery's attempts, oldest first. One query, 0.5 units per 4 KB.
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
        page.items.unwrap_or_default().into_iter().map(|item| format::decode(item, FORMAT)).collect()
    }
}

impl Writer {
    /// Records an attempt. Repeating it changes nothing. One call, 1 unit per KB.
    pub async fn put_attempt(
        &self,
        tenant: Tenant,
        delivery: &Delivery,
        attempt: &AttemptRecord,
        expires_at_s: i64,
    ) -> Result<(), StoreError> {
        let mut item = format::encode(attempt, FORMAT)?;
        item.insert("pk".into(), s(delivery_pk(tenant, delivery.event, delivery.endpoint)));
        item.insert("sk".into(), s(format!("ATT#{:04}", attempt.number)));
        item.insert("t".into(), s("ATT"));
        item.insert("expires_at".into(), n(expires_at_s));
        let request = PutItemInput::builder().table_name(&self.tables.events).set_item(Some(item));
        self.db.put_item(request).await?.unconditional()?;
        Ok(())
    }
}
