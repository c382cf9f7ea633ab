//! Which page of a list is wanted.

use tollgate_domain::{Id, Tenant, id::Kind};
use tollgate_store::{Cursor, Entity, ListQuery};

use crate::{
    call::Call,
    error::{Error, Refusal},
};

/// Where a page of a list begins and ends.
#[derive(Debug)]
pub struct Window<K: Kind> {
    /// At most so many.
    pub limit: usize,
    /// Only those older than this one.
    pub starting_after: Option<Id<K>>,
    /// Only those newer than this one, the nearest to it.
    pub ending_before: Option<Id<K>>,
    /// Skip so many. Each is read; a cursor is cheaper.
    pub offset: usize,
}

impl<K: Kind> Window<K> {
    /// The newest ones.
    pub const fn newest(limit: usize) -> Self {
        Self { limit, starting_after: None, ending_before: None, offset: 0 }
    }
}

impl<K: Kind> Clone for Window<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K: Kind> Copy for Window<K> {}

impl Call {
    /// The query of a page. One read for its cursor, if it has one.
    pub(crate) async fn query_of<E: Entity, K: Kind>(
        &self,
        tenant: Tenant,
        window: Window<K>,
    ) -> Result<ListQuery, Error> {
        self.query_named::<E, K>(tenant, window, |id| id.to_string()).await
    }

    /// The same for things whose own ids are made of those that the window names.
    pub(crate) async fn query_named<E: Entity, K: Kind>(
        &self,
        tenant: Tenant,
        window: Window<K>,
        name: impl Fn(Id<K>) -> String,
    ) -> Result<ListQuery, Error> {
        let mut query = ListQuery::new(window.limit);
        query.offset = window.offset;
        query.after = self.cursor::<E>(tenant, window.starting_after.map(&name)).await?;
        query.before = self.cursor::<E>(tenant, window.ending_before.map(&name)).await?;
        Ok(query)
    }

    /// The place of the thing called `id`.
    async fn cursor<E: Entity>(&self, tenant: Tenant, id: Option<String>) -> Result<Option<Cursor>, Error> {
        let Some(id) = id else { return Ok(None) };
        match self.store.get::<E>(tenant, &id, true).await? {
            Some(resource) => Ok(Some(Cursor { created: resource.created(), id })),
            None => Err(Refusal::NoSuchCursor.into()),
        }
    }
}
