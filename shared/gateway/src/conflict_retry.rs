//! Retries of conditional writes: read, decide, write; after a conflict decide again on what is stored now.

use std::{fmt::Display, future::Future};

use tollgate_domain::Tenant;
use tollgate_store::{Entity, Replaced, StoreError, Writer};

use crate::error::Error;

/// Attempts of a conditional write before a request gives up. Each conflict means that another request
/// succeeded.
pub(crate) const TRIES_MAX: u32 = 16;

/// The result of one attempt.
pub(crate) enum Write<T, S> {
    /// The work is done; the loop returns this.
    Done(T),
    /// Another change was written first; the next attempt gets what is stored now.
    Conflict(S),
}

impl<T, E> Write<T, Option<E>> {
    /// The result of a conditional put: `value` if it was written, otherwise the item as it is now, if it
    /// still exists.
    pub(crate) fn after(replaced: Replaced<E>, value: T) -> Self {
        match replaced {
            Replaced::Done => Self::Done(value),
            Replaced::Conflict(now) => Self::Conflict(now),
        }
    }
}

/// Calls `attempt` until it is done. Returns `Write::Conflict` with the last state after [`TRIES_MAX`]
/// conflicts.
pub(crate) async fn retry_conflicts_bounded<T, S, E, F>(
    first: S,
    mut attempt: impl FnMut(S) -> F,
) -> Result<Write<T, S>, E>
where
    F: Future<Output = Result<Write<T, S>, E>>,
{
    let mut current = first;
    for _ in 0..TRIES_MAX {
        match attempt(current).await? {
            Write::Done(value) => return Ok(Write::Done(value)),
            Write::Conflict(now) => current = now,
        }
    }
    Ok(Write::Conflict(current))
}

/// Calls `attempt` until it is done. Fails as contended, naming `key`, after [`TRIES_MAX`] conflicts.
pub(crate) async fn retry_conflicts<T, S, E, F>(
    key: impl Display,
    first: S,
    attempt: impl FnMut(S) -> F,
) -> Result<T, E>
where
    E: From<Error>,
    F: Future<Output = Result<Write<T, S>, E>>,
{
    match retry_conflicts_bounded(first, attempt).await? {
        Write::Done(value) => Ok(value),
        Write::Conflict(_) => Err(contended(key).into()),
    }
}

/// Replaces an item by the next version that `decide` returns, and decides again after a conflict. `false` if
/// `decide` returns `None` or the item is gone. `key` names the item in errors.
pub(crate) async fn replace_retrying<I, F>(
    writer: &Writer,
    tenant: Tenant,
    key: impl Display,
    item: I,
    mut decide: impl FnMut(I) -> F,
) -> Result<bool, Error>
where
    I: Entity,
    F: Future<Output = Result<Option<I>, Error>>,
{
    retry_conflicts(key, Some(item), |item| {
        let decided = item.map(&mut decide);
        async move {
            let Some(decided) = decided else { return Ok(Write::Done(false)) };
            let Some(next) = decided.await? else { return Ok(Write::Done(false)) };
            Ok(Write::after(writer.replace(tenant, &next).await?, true))
        }
    })
    .await
}

/// The failure of a write that met [`TRIES_MAX`] conflicts.
fn contended(key: impl Display) -> Error {
    StoreError::Contended { key: key.to_string(), attempts: TRIES_MAX }.into()
}
