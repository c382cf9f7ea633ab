//! Lists, newest first: a tenant's resources of one type, or a parent's children.

use aws_sdk_dynamodb::operation::query::QueryInput;
use tollgate_domain::{
    CustomerId, EndpointId, PaymentId, ProductId, Tenant, Timestamp, ledger::TransactionSource,
    payout::PayoutDestination,
};

use crate::{
    Reader,
    attributes::{s, sortable},
    entity::{DETACHED_FROM, Entity, destination_key, email_key, from_item, parent_key},
    error::StoreError,
    order_index::{Part, order_partition},
};

/// Items per query where a filter may drop some.
const FILTERED_PAGE: usize = 100;
/// Items per query where many are skipped. A page ends earlier at one megabyte.
const SKIPPED_PAGE: usize = 1000;
/// Most queries per list. A filter that drops nearly everything stops there and returns a cursor.
const QUERIES_MAX: usize = 10;
/// A sort key before every instant. DynamoDB refuses an empty string as the value of a key.
const START_OF_TIME: &str = "0";
/// A sort key after every instant.
const END_OF_TIME: &str = "9999999999999~";

/// A place in a list: just after this resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// When the resource was created.
    pub created: Timestamp,
    /// The resource's id.
    pub id: String,
}

/// Where the resources to list are found.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Parent {
    /// Among a parent's children, in `gsi2`.
    Resource(String),
    /// Among the payments with an order number (see [`crate::order_index`]).
    Order(String),
}

/// What to list.
#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    /// Most items of the page.
    pub limit: usize,
    /// Only resources created at this instant or later.
    pub created_from: Option<Timestamp>,
    /// Only resources created at this instant or earlier.
    pub created_to: Option<Timestamp>,
    /// Only resources after this place.
    pub after: Option<Cursor>,
    /// Only the nearest resources before this place, which are newer. They are still listed newest first.
    pub before: Option<Cursor>,
    /// Number of resources to skip. They are all read; a cursor is cheaper.
    pub offset: usize,
    parent: Option<Parent>,
}

impl ListQuery {
    /// The newest `limit` resources.
    pub fn new(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    /// Only a customer's payments.
    #[must_use]
    pub fn of_customer(self, tenant: Tenant, id: CustomerId) -> Self {
        let parent = parent_key(tenant, <tollgate_domain::Customer as Entity>::CODE, &id.to_string());
        Self { parent: Some(Parent::Resource(parent)), ..self }
    }

    /// Only the payment methods that were detached from this customer.
    #[must_use]
    pub fn detached_from(self, tenant: Tenant, id: CustomerId) -> Self {
        Self { parent: Some(Parent::Resource(parent_key(tenant, DETACHED_FROM, &id.to_string()))), ..self }
    }

    /// Only a payment's refunds.
    #[must_use]
    pub fn of_payment(self, tenant: Tenant, id: PaymentId) -> Self {
        let parent = parent_key(tenant, <tollgate_domain::Payment as Entity>::CODE, &id.to_string());
        Self { parent: Some(Parent::Resource(parent)), ..self }
    }

    /// Only a product's prices.
    #[must_use]
    pub fn of_product(self, tenant: Tenant, id: ProductId) -> Self {
        let parent = parent_key(tenant, <tollgate_domain::billing::Product as Entity>::CODE, &id.to_string());
        Self { parent: Some(Parent::Resource(parent)), ..self }
    }

    /// Only a bank account's payouts.
    #[must_use]
    pub fn of_destination(self, tenant: Tenant, destination: PayoutDestination) -> Self {
        let parent = destination_key(tenant, destination);
        Self { parent: Some(Parent::Resource(parent)), ..self }
    }

    /// Only the payments whose entry has this order number, which a filter has to compare with their metadata.
    #[must_use]
    pub fn of_order(self, tenant: Tenant, order: &str) -> Self {
        Self { parent: Some(Parent::Order(order_partition(tenant, order))), ..self }
    }

    /// Only a source's balance transactions.
    #[must_use]
    pub fn of_source(self, tenant: Tenant, source: TransactionSource) -> Self {
        Self { parent: Some(Parent::Resource(source.key(tenant))), ..self }
    }

    /// Only an endpoint's deliveries.
    #[must_use]
    pub fn of_endpoint(self, tenant: Tenant, id: EndpointId) -> Self {
        let parent = parent_key(tenant, <tollgate_domain::WebhookEndpoint as Entity>::CODE, &id.to_string());
        Self { parent: Some(Parent::Resource(parent)), ..self }
    }

    /// Only customers with this e-mail address, in any case.
    #[must_use]
    pub fn of_email(self, tenant: Tenant, email: &str) -> Self {
        Self { parent: Some(Parent::Resource(email_key(tenant, email))), ..self }
    }
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<E> {
    /// The resources.
    pub items: Vec<E>,
    /// Where the next page starts; `None` on the last page.
    pub next: Option<Cursor>,
}

impl Reader {
    /// Lists resources of a type for which `keep` holds. One query without a filter, up to [`QUERIES_MAX`]
    /// with one; 0.5 units per 4 KB read. The index lags the table by moments.
    pub async fn list<E: Entity>(
        &self,
        tenant: Tenant,
        query: &ListQuery,
        keep: Option<&(dyn Fn(&E) -> bool + Sync)>,
    ) -> Result<Page<E>, StoreError> {
        if let Some(before) = &query.before {
            return self.list_before(tenant, query, before, keep).await;
        }
        let wanted = query.limit;
        let mut items: Vec<E> = Vec::new();
        let mut after = query.after.clone();
        let mut to_skip = query.offset;
        for at in 0..=QUERIES_MAX + query.offset.div_ceil(FILTERED_PAGE) {
            // One more than wanted shows whether there is a next page; another, because the cursor's own item
            // may be read. Most filters drop little, so larger pages are read only if that is not enough.
            let read_at_most = match keep {
                Some(_) if at > 0 => SKIPPED_PAGE.min(FILTERED_PAGE + to_skip),
                _ => SKIPPED_PAGE.min(wanted + 2 + to_skip),
            };
            let (page, more_in_index) =
                self.list_page::<E>(tenant, query, after.as_ref(), read_at_most, false).await?;
            for item in page {
                let place = Cursor { created: item.created(), id: item.key_id() };
                if keep.is_none_or(|keep| keep(&item)) {
                    if to_skip > 0 {
                        to_skip -= 1;
                        after = Some(place);
                        continue;
                    }
                    if items.len() == wanted {
                        let next =
                            items.last().map(|last| Cursor { created: last.created(), id: last.key_id() });
                        return Ok(Page { items, next });
                    }
                    items.push(item);
                }
                after = Some(place);
            }
            if !more_in_index {
                return Ok(Page { items, next: None });
            }
        }
        Ok(Page { items, next: after })
    }

    /// The page before a place, read backwards. It has a next page if there are newer resources.
    async fn list_before<E: Entity>(
        &self,
        tenant: Tenant,
        query: &ListQuery,
        before: &Cursor,
        keep: Option<&(dyn Fn(&E) -> bool + Sync)>,
    ) -> Result<Page<E>, StoreError> {
        let mut items: Vec<E> = Vec::new();
        let mut place = before.clone();
        for _ in 0..QUERIES_MAX {
            let read_at_most = if keep.is_some() { FILTERED_PAGE } else { query.limit + 2 };
            let (page, more_in_index) =
                self.list_page::<E>(tenant, query, Some(&place), read_at_most, true).await?;
            for item in page {
                place = Cursor { created: item.created(), id: item.key_id() };
                if keep.is_none_or(|keep| keep(&item)) {
                    if items.len() == query.limit {
                        items.reverse();
                        return Ok(Page { items, next: Some(place) });
                    }
                    items.push(item);
                }
            }
            if !more_in_index {
                break;
            }
        }
        items.reverse();
        Ok(Page { items, next: None })
    }

    async fn list_page<E: Entity>(
        &self,
        tenant: Tenant,
        query: &ListQuery,
        after: Option<&Cursor>,
        read_at_most: usize,
        newer: bool,
    ) -> Result<(Vec<E>, bool), StoreError> {
        let (index, pk, prefix) = match &query.parent {
            None => ("gsi1", format!("{tenant}{}", E::CODE), String::new()),
            Some(Parent::Resource(parent)) => ("gsi2", parent.clone(), format!("{}#", E::CODE)),
            Some(Parent::Order(partition)) => ("", partition.clone(), String::new()),
        };
        let mut low = query.created_from.map_or_else(|| START_OF_TIME.to_owned(), sortable);
        let mut high =
            query.created_to.map_or_else(|| END_OF_TIME.to_owned(), |at| format!("{}~", sortable(at)));
        if let Some(cursor) = after {
            let place = format!("{}#{}", sortable(cursor.created), cursor.id);
            if newer {
                low = low.max(place);
            } else {
                high = high.min(place);
            }
        }
        if low > high {
            return Ok((Vec::new(), false));
        }
        if index.is_empty() {
            let part = Part { partition: &pk, low, high, newer, limit: read_at_most };
            let (mut items, more) = self.list_of_order::<E>(tenant, part).await?;
            items.retain(|entity| after.is_none_or(|cursor| cursor.id != entity.key_id()));
            return Ok((items, more));
        }
        let request = QueryInput::builder()
            .table_name(self.table_of::<E>())
            .index_name(index)
            .key_condition_expression(format!("{index}pk = :pk AND {index}sk BETWEEN :low AND :high"))
            .expression_attribute_values(":pk", s(pk))
            .expression_attribute_values(":low", s(format!("{prefix}{low}")))
            .expression_attribute_values(":high", s(format!("{prefix}{high}")))
            .scan_index_forward(newer)
            .limit(i32::try_from(read_at_most).unwrap_or(i32::MAX));
        let page = self.db.query(request).await?;
        let more = page.last_evaluated_key.is_some_and(|key| !key.is_empty());
        let mut items = Vec::new();
        for item in page.items.unwrap_or_default() {
            let entity: E = from_item(item)?;
            // BETWEEN includes its bounds, but the cursor's item was on the previous page.
            if after.is_none_or(|cursor| cursor.id != entity.key_id()) {
                items.push(entity);
            }
        }
        Ok((items, more))
    }
}
