//! Lists: cursors and their envelope ("Pagination" in the text).

use serde_json::Value;
use tollgate_apis::charges::list;
use tollgate_domain::{Id, Timestamp};
use tollgate_gateway::Page;
use tollgate_http::{FieldError, Fields, ID_CHARS_MAX, Issue};

/// Most items of a page.
const LIMIT_MAX: i64 = 100;
/// Items on a page by default.
const LIMIT_DEFAULT: i64 = 20;
/// Reads `limit`.
pub(crate) fn limit(query: &mut Fields) -> Result<usize, FieldError> {
    let limit = query.integer_in("limit", 1, LIMIT_MAX)?.unwrap_or(LIMIT_DEFAULT);
    Ok(usize::try_from(limit).unwrap_or(1))
}

/// Reads an id of a kind.
pub(crate) fn id<K>(query: &mut Fields, name: &str, prefix: &str) -> Result<Option<Id<K>>, FieldError> {
    let Some(text) = query.string(name, ID_CHARS_MAX)? else {
        return Ok(None);
    };
    Id::parse(prefix, &text)
        .map(Some)
        .map_err(|_| query.error(name, Issue::NotValid("an id that this API gave out")))
}

/// Reads `created[gte]` or `created[lte]`: Unix seconds.
pub(crate) fn created(query: &mut Fields, bound: Bound) -> Result<Option<Timestamp>, FieldError> {
    let name = match bound {
        Bound::From => "created[gte]",
        Bound::To => "created[lte]",
    };
    let seconds = query.integer_in(name, 0, 9_999_999_999)?;
    Ok(seconds.map(|s| match bound {
        Bound::From => Timestamp::from_s(s),
        // The range includes the whole last second.
        Bound::To => Timestamp::from_s(s).plus_ms(999),
    }))
}

/// The end of a range of instants.
#[derive(Clone, Copy)]
pub(crate) enum Bound {
    From,
    To,
}

/// A page in its envelope.
pub fn page<E>(page: Page<E>, prefix: &str, render: impl Fn(&E) -> Value) -> Value {
    let data = page.items.iter().map(render).collect();
    list(data, page.next.map(|cursor| format!("{prefix}{}", cursor.id)))
}
