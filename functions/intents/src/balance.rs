//! Balances and balance transactions: what their routes take and show.

use serde_json::Value;
use tollgate_apis::intents::{self, Context, PAYOUT_PREFIX, TRANSACTION_PREFIX, TRANSACTION_TYPES};
use tollgate_domain::{
    BalanceTransaction, BalanceTransactionId, Resource, Tenant,
    ledger::{CurrencyBalance, TransactionSource},
};
use tollgate_gateway::{Balance, Page, TransactionFilter};
use tollgate_http::{FieldError, Fields, ID_CHARS_MAX, Issue, Problem, Reply, RequestContext};

use crate::{
    expansions::{self, Linked},
    lists,
};

/// Rows of a page of CSV, unless the request says otherwise.
const CSV_ROWS: usize = 100;

/// How a list is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// As every list.
    Json,
    /// As a table for spreadsheets.
    Csv,
}

/// The balance transaction that the path names.
pub fn id_in_path(ctx: &RequestContext) -> Result<BalanceTransactionId, Problem> {
    ctx.id_in_path(TRANSACTION_PREFIX, Resource::BalanceTransaction)
}

/// The format that a request prefers: its parameter `format`, or the first type of `Accept` that is one of both.
fn read_format(accept: Option<&str>, query: &mut Fields) -> Result<Format, FieldError> {
    match query.one_of("format", &["json", "csv"])? {
        Some("csv") => return Ok(Format::Csv),
        Some(_) => return Ok(Format::Json),
        None => {}
    }
    let types = accept.unwrap_or_default().split(',');
    let mut types =
        types.map(|range| range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    let preferred = types.find(|name| matches!(name.as_str(), "text/csv" | "application/json" | "*/*"));
    Ok(if preferred.as_deref() == Some("text/csv") { Format::Csv } else { Format::Json })
}

/// What a balance transaction is about: a charge, its intent, a refund, a dispute, or a payout.
fn read_source(query: &mut Fields) -> Result<Option<TransactionSource>, FieldError> {
    let Some(text) = query.string("source", ID_CHARS_MAX)? else { return Ok(None) };
    let source = expansions::source_of(&text).map(Some);
    source.ok_or_else(|| {
        query.error("source", Issue::NotValid("the id of a charge, a refund, a dispute or a payout"))
    })
}

/// Reads the query of a list, how it is to be answered, and the links to expand.
pub fn read_list(ctx: &RequestContext) -> Result<(TransactionFilter, Format, Vec<String>), Problem> {
    let mut query = lists::query(ctx)?;
    let format = read_format(ctx.request.header("accept"), &mut query)?;
    let rows = if query.has("limit") { None } else { Some(CSV_ROWS) };
    let mut page_request = lists::page_request(&mut query, TRANSACTION_PREFIX)?;
    if let (Format::Csv, Some(rows)) = (format, rows) {
        page_request.limit = rows;
    }
    let (created_from, created_to) = lists::created(&mut query)?;
    let currency = if query.has("currency") { Some(query.required_currency("currency")?) } else { None };
    let filter = TransactionFilter {
        page_request,
        source: read_source(&mut query)?,
        kinds: query.one_of("type", TRANSACTION_TYPES)?.map(intents::transaction_kinds),
        currency,
        payout: lists::id(&mut query, "payout", PAYOUT_PREFIX)?,
        created_from,
        created_to,
    };
    let expand = expansions::read(&mut query)?;
    if format == Format::Csv && !expand.is_empty() {
        return Err(query.error("expand", Issue::Other("cannot be expanded in CSV".to_owned())).into());
    }
    query.finish()?;
    Ok((filter, format, expand))
}

/// Balances.
pub fn show_balance(balances: &[Balance], tenant: Tenant) -> Value {
    let balances: Vec<CurrencyBalance> = balances.iter().map(Balance::in_currency).collect();
    intents::balance(&balances, Context::of(tenant))
}

/// A page of balance transactions in the wanted format.
pub async fn show_page(
    ctx: &RequestContext,
    page: &Page<BalanceTransaction>,
    format: Format,
    expand: &[String],
) -> Result<Reply, Problem> {
    if format == Format::Json {
        let mut answer = lists::page(ctx, page, intents::balance_transaction);
        let expand = expansions::permitted(ctx, expand, Linked::TRANSACTION.list()).await?;
        expansions::expand(ctx, &mut answer, &expand).await?;
        return Ok(Reply::ok(answer));
    }
    let text = intents::balance_transactions_csv(&page.items)
        .map_err(|error| Problem::Internal(format!("CSV was not written: {error}")))?;
    Ok(Reply::csv(text, next_page(ctx, page)))
}

/// The address of the next page in the request's direction, relative to the request's own.
fn next_page(ctx: &RequestContext, page: &Page<BalanceTransaction>) -> Option<String> {
    let cursor = page.next.as_ref()?;
    let goes_back = ctx.request.query().iter().any(|(name, _)| name == "ending_before");
    let (name, id) = if goes_back {
        ("ending_before", page.items.first()?.id.to_string())
    } else {
        ("starting_after", cursor.id.clone())
    };
    let without = ["starting_after", "ending_before", "offset"];
    let query = ctx.request.query_string_with(&without, name, &format!("{TRANSACTION_PREFIX}{id}"));
    Some(format!("?{query}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_the_parameter_or_what_is_accepted_first() {
        let read = |accept: Option<&str>, format: Option<&str>| {
            let pairs: Vec<_> = format.iter().map(|f| ("format".to_owned(), (*f).to_owned())).collect();
            read_format(accept, &mut Fields::from_query(&pairs)).ok()
        };
        assert_eq!(read(None, None), Some(Format::Json));
        assert_eq!(read(Some("text/csv"), None), Some(Format::Csv));
        assert_eq!(read(Some("text/html, Text/CSV; header=present, */*"), None), Some(Format::Csv));
        assert_eq!(read(Some("application/json, text/csv"), None), Some(Format::Json));
        assert_eq!(read(Some("*/*, text/csv"), None), Some(Format::Json));
        assert_eq!(read(Some("text/csv"), Some("json")), Some(Format::Json));
        assert_eq!(read(None, Some("csv")), Some(Format::Csv));
        assert_eq!(read(None, Some("xml")), None);
    }
}
