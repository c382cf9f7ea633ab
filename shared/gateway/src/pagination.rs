//! `PageRequest`: the page of a list that a request asks for. And the check of the period that it asks for.

use tollgate_domain::{Id, Refusal, Tenant, Timestamp, id::Kind};
use tollgate_store::{Cursor, Entity, ListQuery};

use crate::{call::Call, error::Error};

/// The page of a list that a request asks for.
#[derive(Debug)]
pub struct PageRequest<K: Kind> {
    /// Items on the page, at most.
    pub limit: usize,
    /// Only items older than this one.
    pub starting_after: Option<Id<K>>,
    /// Only items newer than this one: those nearest to it.
    pub ending_before: Option<Id<K>>,
    /// Items to skip. Each is read; a cursor is cheaper.
    pub offset: usize,
}

impl<K: Kind> PageRequest<K> {
    /// The first page: the newest items.
    pub const fn newest(limit: usize) -> Self {
        Self { limit, starting_after: None, ending_before: None, offset: 0 }
    }
}

impl<K: Kind> Clone for PageRequest<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K: Kind> Copy for PageRequest<K> {}

/// Whether an item was created within a list's bounds, both included.
pub(crate) fn is_created_within(created: Timestamp, from: Option<Timestamp>, to: Option<Timestamp>) -> bool {
    from.is_none_or(|from| created >= from) && to.is_none_or(|to| created <= to)
}

impl Call {
    /// The query of a page. One read if the page has a cursor.
    pub(crate) async fn query_of<E: Entity, K: Kind>(
        &self,
        tenant: Tenant,
        page_request: PageRequest<K>,
    ) -> Result<ListQuery, Error> {
        self.query_named::<E, K>(tenant, page_request, |id| id.to_string()).await
    }

    /// The query of a page of items whose keys `name` derives from the ids in the request.
    pub(crate) async fn query_named<E: Entity, K: Kind>(
        &self,
        tenant: Tenant,
        page_request: PageRequest<K>,
        name: impl Fn(Id<K>) -> String,
    ) -> Result<ListQuery, Error> {
        let mut query = ListQuery::new(page_request.limit);
        query.offset = page_request.offset;
        query.after = self.cursor::<E>(tenant, page_request.starting_after.map(&name)).await?;
        query.before = self.cursor::<E>(tenant, page_request.ending_before.map(&name)).await?;
        Ok(query)
    }

    /// The position of the item with this key.
    async fn cursor<E: Entity>(&self, tenant: Tenant, id: Option<String>) -> Result<Option<Cursor>, Error> {
        let Some(id) = id else { return Ok(None) };
        match self.store.get::<E>(tenant, &id).await? {
            Some(item) => Ok(Some(Cursor { created: item.created(), id })),
            None => Err(Refusal::NoSuchCursor.into()),
        }
    }
}
