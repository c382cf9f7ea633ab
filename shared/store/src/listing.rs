//! Lists: a tenant's things of one type, or a parent's children, newest first.

use aws_sdk_dynamodb::operation::query::QueryInput;
use tollgate_domain::{CustomerId, EndpointId, PaymentId, Tenant, Timestamp};

use crate::{
    Reader,
    entity::{DETACHED_FROM, Entity, email_key, from_item, parent_key, sortable},
    error::StoreError,
    items::s,
};

/// Items read at a time when a filter may drop some.
const FILTERED_PAGE: usize = 100;
/// Items read at a time when many are skipped; a megabyte ends a page before that.
const SKIPPED_PAGE: usize = 1000;
/// Queries of one list call. A filter that drops nearly everything ends there, with a cursor to go on from.
const QUERIES_MAX: usize = 10;
/// Sorts after every instant.
const END_OF_TIME: &str = "9999999999999~";

/// A place in a list: after this thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// When the thing was made.
    pub created: Timestamp,
    /// Its id.
    pub id: String,
}

/// Which children to list, if not all of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parent(String);

/// What to list.
#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    /// At most so many.
    pub limit: usize,
    /// Only those made at this instant or later.
    pub created_from: Option<Timestamp>,
    /// Only those made at this instant or earlier.
    pub created_to: Option<Timestamp>,
    /// Only those after this place.
    pub after: Option<Cursor>,
    /// Only those before this place (newer ones), the nearest to it; still shown newest first.
    pub before: Option<Cursor>,
    /// Skip so many. Each is read; a cursor is cheaper.
    pub offset: usize,
    parent: Option<Parent>,
}

impl ListQuery {
    /// At most `limit` of the newest.
    pub fn new(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    /// Only a customer's payments.
    #[must_use]
    pub fn of_customer(self, tenant: Tenant, id: CustomerId) -> Self {
        let parent = parent_key(tenant, <tollgate_domain::Customer as Entity>::CODE, &id.to_string());
        Self { parent: Some(Parent(parent)), ..self }
    }

    /// Only the payment methods that were detached from a customer.
    #[must_use]
    pub fn detached_from(self, tenant: Tenant, id: CustomerId) -> Self {
        Self { parent: Some(Parent(parent_key(tenant, DETACHED_FROM, &id.to_string()))), ..self }
    }

    /// Only a payment's refunds.
    #[must_use]
    pub fn of_payment(self, tenant: Tenant, id: PaymentId) -> Self {
        let parent = parent_key(tenant, <tollgate_domain::Payment as Entity>::CODE, &id.to_string());
        Self { parent: Some(Parent(parent)), ..self }
    }

    /// Only an endpoint's deliveries.
    #[must_use]
    pub fn of_endpoint(self, tenant: Tenant, id: EndpointId) -> Self {
        let parent = parent_key(tenant, <tollgate_domain::WebhookEndpoint as Entity>::CODE, &id.to_string());
        Self { parent: Some(Parent(parent)), ..self }
    }

    /// Only customers with an e-mail address, in whatever case.
    #[must_use]
    pub fn of_email(self, tenant: Tenant, email: &str) -> Self {
        Self { parent: Some(Parent(email_key(tenant, email))), ..self }
    }
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<E> {
    /// The things.
    pub items: Vec<E>,
    /// Where the next page begins, if there may be one.
    pub next: Option<Cursor>,
}

impl Reader {
    /// Lists things of a type for which `keep` holds. One query when nothing is filtered, up to [`QUERIES_MAX`] else;
    /// 0.5 units per 4 KB read. The index trails the table by moments.
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
            // One more than wanted tells whether there is more; another one because the cursor's own item may be read. Most
            // filters drop little: only where that is not enough, more is read at a time.
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

    /// The page before a place, read from the place backwards. There is a next page of it if there is a newer thing yet.
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
            Some(Parent(parent)) => ("gsi2", parent.clone(), format!("{}#", E::CODE)),
        };
        let mut low = query.created_from.map_or_else(String::new, sortable);
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
            // BETWEEN includes its ends: the cursor's own item was shown on the page before.
            if after.is_none_or(|cursor| cursor.id != entity.key_id()) {
                items.push(entity);
            }
        }
        Ok((items, more))
    }
}
