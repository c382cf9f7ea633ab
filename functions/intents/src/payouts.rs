//! Payouts: what their routes take and show.

use serde_json::Value;
use tollgate_apis::intents::{self, Context, PAYOUT_PREFIX, PAYOUT_STATUSES};
use tollgate_domain::{
    Money, Payout, PayoutId, Refusal, Resource, Tenant,
    money::AMOUNT_MINOR_MAX,
    payout::{PayoutDestination, PayoutRefusal, PayoutStatus, STATEMENT_DESCRIPTOR_CHARS_MAX},
    text::DESCRIPTION_CHARS_MAX,
};
use tollgate_gateway::{CreatePayout, PayoutFilter};
use tollgate_http::{FieldError, Fields, ID_CHARS_MAX, Issue, Problem, RequestContext};

use crate::{destinations::destination_of, expansions, lists, parameters};

/// The payout that the path names.
pub fn id_in_path(ctx: &RequestContext) -> Result<PayoutId, Problem> {
    ctx.id_in_path(PAYOUT_PREFIX, Resource::Payout)
}

/// Reads `destination`. An id of another form names no bank account.
fn read_destination(fields: &mut Fields) -> Result<Option<PayoutDestination>, Problem> {
    let Some(text) = fields.string("destination", ID_CHARS_MAX)? else { return Ok(None) };
    Ok(Some(destination_of(&text).ok_or(Refusal::NoSuchReference(Resource::BankAccount))?))
}

/// Reads `destination` of a list.
fn read_listed_destination(query: &mut Fields) -> Result<Option<PayoutDestination>, FieldError> {
    let Some(text) = query.string("destination", ID_CHARS_MAX)? else { return Ok(None) };
    let destination = destination_of(&text).map(Some);
    destination.ok_or_else(|| query.error("destination", Issue::NotValid("an id of the right kind")))
}

/// Refuses what the convention has and this gateway has not: instant payouts, and balances other than the card's.
fn refuse_other_ways(body: &mut Fields) -> Result<(), Problem> {
    if body.one_of("method", &["standard", "instant"])? == Some("instant") {
        return Err(Refusal::from(PayoutRefusal::Instant).into());
    }
    let source = body.one_of("source_type", &["card", "bank_account", "fpx"])?;
    if source.is_some_and(|source| source != "card") {
        let issue = "names a balance that this gateway does not have. Leave it out.";
        return Err(body.error("source_type", Issue::Other(issue.to_owned())).into());
    }
    Ok(())
}

/// Reads the body of a create, and the links to expand.
pub fn read_create(mut body: Fields) -> Result<(CreatePayout, Vec<String>), Problem> {
    let minor = body.integer_in("amount", 1, AMOUNT_MINOR_MAX)?;
    let minor = minor.ok_or_else(|| body.error("amount", Issue::Missing))?;
    let amount = Money { minor, currency: body.required_currency("currency")? };
    refuse_other_ways(&mut body)?;
    let new = CreatePayout {
        amount,
        destination: read_destination(&mut body)?,
        description: body.string("description", DESCRIPTION_CHARS_MAX)?,
        statement_descriptor: body.string("statement_descriptor", STATEMENT_DESCRIPTOR_CHARS_MAX)?,
        metadata: body.metadata("metadata")?,
    };
    let expand = expansions::read(&mut body)?;
    body.finish_without(parameters::CREATE_PAYOUT)?;
    Ok((new, expand))
}

/// Reads the body of an update: `metadata` alone can change.
pub fn read_update(mut body: Fields) -> Result<(Option<Value>, Vec<String>), FieldError> {
    let changes = body.metadata_changes("metadata")?;
    let expand = expansions::read(&mut body)?;
    body.finish()?;
    Ok((changes, expand))
}

/// Reads the query of a list.
pub fn read_list(mut query: Fields) -> Result<(PayoutFilter, Vec<String>), Problem> {
    let page_request = lists::page_request(&mut query, PAYOUT_PREFIX)?;
    let (created_from, created_to) = lists::created(&mut query)?;
    let (arrival_from, arrival_to) = lists::times(&mut query, "arrival_date")?;
    let filter = PayoutFilter {
        page_request,
        destination: read_listed_destination(&mut query)?,
        status: query.one_of("status", PAYOUT_STATUSES)?.and_then(PayoutStatus::parse),
        arrival_from,
        arrival_to,
        created_from,
        created_to,
    };
    let expand = expansions::read(&mut query)?;
    query.finish()?;
    Ok((filter, expand))
}

/// A payout.
pub fn show(tenant: Tenant, payout: &Payout) -> Value {
    intents::payout(payout, Context::of(tenant))
}
