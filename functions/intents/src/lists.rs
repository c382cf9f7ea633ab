//! Lists: their parameters and their envelope.

use serde_json::Value;
use tollgate_apis::intents::{Context, list};
use tollgate_domain::{Id, Tenant, Timestamp, id::Kind};
use tollgate_gateway::{Page, PageRequest};
use tollgate_http::{FieldError, Fields, ID_CHARS_MAX, Issue, Problem, RequestContext};

use crate::versions::Version;

/// Largest offset.
const OFFSET_MAX: i64 = 10_000;

/// The parameters of a list. Only version 1 has `offset`.
pub fn query(ctx: &RequestContext) -> Result<Fields, Problem> {
    let query = ctx.nested_query()?;
    if query.has("offset") && Version::of(&ctx.request.path) != Some(Version::One) {
        return Err(query.error("offset", Issue::Unknown).into());
    }
    Ok(query)
}

/// Reads `limit` (1 to 100, 10 when absent), `starting_after` and `ending_before`, and in version 1 `offset`.
pub fn page_request<K: Kind>(query: &mut Fields, prefix: &str) -> Result<PageRequest<K>, FieldError> {
    let offset = query.integer_in("offset", 0, OFFSET_MAX)?;
    let limit = query.integer_in("limit", 1, 100)?.unwrap_or(10);
    let mut id = |name: &str| match query.string(name, ID_CHARS_MAX)? {
        None => Ok(None),
        Some(text) => Id::parse(prefix, &text)
            .map(Some)
            .map_err(|_| query.error(name, Issue::NotValid("the id of something in this list"))),
    };
    let starting_after = id("starting_after")?;
    let ending_before = id("ending_before")?;
    if starting_after.is_some() && ending_before.is_some() {
        return Err(query.error(
            "ending_before",
            Issue::Other("must not be sent together with starting_after".to_owned()),
        ));
    }
    Ok(PageRequest {
        limit: usize::try_from(limit).unwrap_or(1),
        starting_after,
        ending_before,
        offset: offset.and_then(|n| usize::try_from(n).ok()).unwrap_or(0),
    })
}

/// An id that narrows a list; `None` when it is absent. An id of another form is refused.
pub fn id<K: Kind>(query: &mut Fields, name: &str, prefix: &str) -> Result<Option<Id<K>>, FieldError> {
    match query.string(name, ID_CHARS_MAX)? {
        None => Ok(None),
        Some(text) => Id::parse(prefix, &text)
            .map(Some)
            .map_err(|_| query.error(name, Issue::NotValid("an id of the right kind"))),
    }
}

/// Reads `created`: a time, or an object with `gt`, `gte`, `lt`, `lte`. The returned range includes both ends.
pub fn created(query: &mut Fields) -> Result<(Option<Timestamp>, Option<Timestamp>), FieldError> {
    if !query.has("created") {
        return Ok((None, None));
    }
    let second_end = |at: Timestamp| at.plus_ms(999);
    if !query.is_object("created") {
        let at = query.unix_time("created")?;
        return Ok((at, at.map(second_end)));
    }
    let Some(mut range) = query.object("created")? else {
        return Ok((None, None));
    };
    let (gt, gte) = (range.unix_time("gt")?, range.unix_time("gte")?);
    let (lt, lte) = (range.unix_time("lt")?, range.unix_time("lte")?);
    range.finish()?;
    Ok((
        gte.or_else(|| gt.map(|at| at.plus_ms(1000))),
        lte.map(second_end).or_else(|| lt.map(|at| at.plus_ms(-1))),
    ))
}

/// A page of a list. Its `url` is the request's own path.
pub fn page<E>(ctx: &RequestContext, page: &Page<E>, show: impl FnMut(&E) -> Value) -> Value {
    list(page.items.iter().map(show).collect(), page.next.is_some(), &ctx.request.path)
}

/// The context of objects that show only the mode.
pub fn context(tenant: Tenant) -> Context<'static> {
    Context { livemode: tenant.mode.is_live(), ..Context::default() }
}
