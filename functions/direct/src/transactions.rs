//! The list of transactions.

use tollgate_apis::direct::payment_status;
use tollgate_domain::Timestamp;
use tollgate_gateway::{PageRequest, PaymentFilter, charged_and};
use tollgate_http::{FieldError, Fields, Issue};

/// Transactions on a page by default.
const DEFAULT_LIMIT: usize = 10;
/// Largest offset.
const OFFSET_MAX: i64 = 10_000;
/// The statuses of the text.
const STATUSES: &[&str] = &["pending", "succeeded", "failed"];
/// Longest text in place of a day.
const DAY_CHARS_MAX: usize = 32;

/// Reads the query of a list. Unknown parameters are ignored.
pub fn read_list(mut query: Fields) -> Result<PaymentFilter, FieldError> {
    let from = read_day(&mut query, "from_date")?;
    let to = read_day(&mut query, "to_date")?;
    let limit = query.integer_in("limit", 1, 100)?;
    let offset = query.integer_in("offset", 0, OFFSET_MAX)?;
    Ok(PaymentFilter {
        page_request: PageRequest {
            offset: offset.and_then(|n| usize::try_from(n).ok()).unwrap_or(0),
            ..PageRequest::newest(limit.and_then(|n| usize::try_from(n).ok()).unwrap_or(DEFAULT_LIMIT))
        },
        customer: None,
        order: None,
        keep: charged_and(query.one_of("status", STATUSES)?, payment_status),
        created_from: from.map(|(first, _)| first),
        created_to: to.map(|(_, last)| last),
    })
}

/// A whole UTC day.
fn read_day(query: &mut Fields, name: &str) -> Result<Option<(Timestamp, Timestamp)>, FieldError> {
    let Some(text) = query.string(name, DAY_CHARS_MAX)? else {
        return Ok(None);
    };
    Timestamp::day(&text)
        .map(Some)
        .ok_or_else(|| query.error(name, Issue::NotValid("a date such as 2024-11-30")))
}
