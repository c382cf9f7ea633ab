//! Lists: their parameters and their envelope.

use serde_json::Value;
use tollgate_apis::intents::list;
use tollgate_domain::{Id, Payment, Timestamp, id::Kind, metadata::VALUE_CHARS_MAX};
use tollgate_gateway::{Keep, Page, PageRequest};
use tollgate_http::{FieldError, Fields, ID_CHARS_MAX, Issue, Problem, RequestContext};

use crate::versions::Version;

/// Most pairs of metadata by which a list is narrowed.
const METADATA_PAIRS_MAX: usize = 5;
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

/// The bounds of a range, as they were sent.
struct Bounds<T> {
    gt: Option<T>,
    gte: Option<T>,
    lt: Option<T>,
    lte: Option<T>,
}

/// Reads an object with `gt`, `gte`, `lt` and `lte`; `None` when it is absent.
fn read_bounds<T>(
    query: &mut Fields,
    name: &str,
    read: impl Fn(&mut Fields, &str) -> Result<Option<T>, FieldError>,
) -> Result<Option<Bounds<T>>, FieldError> {
    let Some(mut range) = query.object(name)? else {
        return Ok(None);
    };
    let bounds = Bounds {
        gt: read(&mut range, "gt")?,
        gte: read(&mut range, "gte")?,
        lt: read(&mut range, "lt")?,
        lte: read(&mut range, "lte")?,
    };
    range.finish()?;
    Ok(Some(bounds))
}

/// Reads `created`: a time, or an object with `gt`, `gte`, `lt`, `lte`. The returned range includes both ends. `gt`
/// counts only without `gte`, and `lt` only without `lte`.
pub fn created(query: &mut Fields) -> Result<(Option<Timestamp>, Option<Timestamp>), FieldError> {
    times(query, "created")
}

/// Reads a time, or an object with bounds, as [`created`] does.
pub fn times(query: &mut Fields, name: &str) -> Result<(Option<Timestamp>, Option<Timestamp>), FieldError> {
    if !query.has(name) {
        return Ok((None, None));
    }
    let second_end = |at: Timestamp| at.plus_ms(999);
    if !query.is_object(name) {
        let at = query.unix_time(name)?;
        return Ok((at, at.map(second_end)));
    }
    let Some(Bounds { gt, gte, lt, lte }) = read_bounds(query, name, Fields::unix_time)? else {
        return Ok((None, None));
    };
    Ok((
        gte.or_else(|| gt.map(|at| at.plus_ms(1000))),
        lte.map(second_end).or_else(|| lt.map(|at| at.plus_ms(-1))),
    ))
}

/// Which payments a list shows, by what is no key of it. The list reads a limited number and gives a cursor to go on.
#[derive(Debug, Default)]
pub struct Wanted {
    status: Option<&'static str>,
    amount: Option<(i64, i64)>,
    metadata: Vec<(String, String)>,
}

/// Reads `status`, `amount` (a number, or an object with `gt`, `gte`, `lt`, `lte`) and `metadata[key]`.
pub fn read_wanted(query: &mut Fields, statuses: &'static [&'static str]) -> Result<Wanted, FieldError> {
    let status = query.one_of("status", statuses)?;
    let amount = if query.is_object("amount") {
        read_range(query)?
    } else {
        query.integer("amount")?.map(|minor| (minor, minor))
    };
    let mut metadata = Vec::new();
    if let Some(mut pairs) = query.object("metadata")? {
        for name in pairs.names() {
            if let Some(value) = pairs.string(&name, VALUE_CHARS_MAX)? {
                metadata.push((name, value));
            }
        }
        pairs.finish()?;
    }
    if metadata.len() > METADATA_PAIRS_MAX {
        return Err(query.error("metadata", Issue::TooMany(METADATA_PAIRS_MAX)));
    }
    Ok(Wanted { status, amount, metadata })
}

/// The bounds of an amount, both included. Of two lower bounds the higher one counts, of two upper bounds the lower one.
fn read_range(query: &mut Fields) -> Result<Option<(i64, i64)>, FieldError> {
    let Some(Bounds { gt, gte, lt, lte }) = read_bounds(query, "amount", Fields::integer)? else {
        return Ok(None);
    };
    let from = gte.into_iter().chain(gt.map(|minor| minor.saturating_add(1))).max();
    let to = lte.into_iter().chain(lt.map(|minor| minor.saturating_sub(1))).min();
    Ok(Some((from.unwrap_or(i64::MIN), to.unwrap_or(i64::MAX))))
}

impl Wanted {
    /// The order number that all of them have in their metadata.
    pub fn order(&self) -> Option<String> {
        self.metadata.iter().find(|(name, _)| name == "order_id").map(|(_, value)| value.clone())
    }

    /// Whether a list shows a payment, whose status the closure says in the list's words; `None` if it shows all.
    pub fn keep(self, status_of: fn(&Payment) -> &'static str) -> Option<Keep> {
        let Self { status, amount, metadata } = self;
        if status.is_none() && amount.is_none() && metadata.is_empty() {
            return None;
        }
        Some(Box::new(move |payment| {
            status.is_none_or(|status| status == status_of(payment))
                && amount.is_none_or(|(from, to)| (from..=to).contains(&payment.amount.minor))
                && has_metadata(payment, &metadata)
        }))
    }
}

fn has_metadata(payment: &Payment, wanted: &[(String, String)]) -> bool {
    if wanted.is_empty() {
        return true;
    }
    let metadata = payment.metadata_json();
    wanted.iter().all(|(name, value)| match &metadata[name.as_str()] {
        Value::String(text) => text == value,
        Value::Null => false,
        other => {
            let text = other.to_string();
            text == *value
        }
    })
}

/// A page of a list. Its `url` is the request's own path.
pub fn page<E>(ctx: &RequestContext, page: &Page<E>, show: impl FnMut(&E) -> Value) -> Value {
    list(page.items.iter().map(show).collect(), page.next.is_some(), &ctx.request.path)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sent(name: &str, range: &Value) -> Fields {
        Fields::from_form(json!({ name: range }).as_object().cloned().unwrap())
    }

    #[test]
    fn of_two_bounds_of_an_amount_the_narrower_one_counts() {
        let read = |range| read_range(&mut sent("amount", &range)).ok().flatten();
        assert_eq!(read(json!({"gt": "5", "gte": "3", "lt": "9", "lte": "10"})), Some((6, 8)));
        assert_eq!(read(json!({"gt": "2", "gte": "4", "lt": "12", "lte": "10"})), Some((4, 10)));
        assert_eq!(read(json!({"lte": "10"})), Some((i64::MIN, 10)));
        assert_eq!(read(json!({"gt": "5", "above": "1"})), None);
    }

    #[test]
    fn of_two_bounds_of_a_time_the_one_that_is_included_counts() {
        let read = |range| {
            let (from, to) = created(&mut sent("created", &range)).ok()?;
            Some((from.map(Timestamp::ms), to.map(Timestamp::ms)))
        };
        assert_eq!(
            read(json!({"gt": "5", "gte": "3", "lt": "9", "lte": "10"})),
            Some((Some(3000), Some(10_999)))
        );
        assert_eq!(read(json!({"gt": "5", "lt": "9"})), Some((Some(6000), Some(8999))));
        assert_eq!(read(json!({"gt": "5", "above": "1"})), None);
    }
}
