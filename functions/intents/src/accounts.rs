//! Connected accounts: what their routes take.

use serde_json::Value;
use tollgate_apis::intents::ACCOUNT_PREFIX;
use tollgate_domain::{MerchantId, Metadata, Refusal, Resource};
use tollgate_gateway::AccountFilter;
use tollgate_http::{FieldError, Fields, ID_CHARS_MAX, Issue, Problem, RequestContext};

use crate::{expansions, lists, parameters};

/// The account that the path names.
pub fn id_in_path(ctx: &RequestContext) -> Result<MerchantId, Problem> {
    let named = MerchantId::parse(ACCOUNT_PREFIX, ctx.request.path_parameter("account"));
    Ok(named.map_err(|_| Refusal::NotFound(Resource::Account))?)
}

/// Reads the body of a create: `account`, which the other merchant told, and `metadata`.
pub fn read_create(mut body: Fields) -> Result<(MerchantId, Metadata), FieldError> {
    let text = body.required_string("account", ID_CHARS_MAX)?;
    let id = MerchantId::parse(ACCOUNT_PREFIX, &text);
    let id =
        id.map_err(|_| body.error("account", Issue::NotValid("the id of another merchant's account")))?;
    let metadata = body.metadata("metadata")?;
    expansions::read(&mut body)?;
    body.finish_without(parameters::ACCOUNT)?;
    Ok((id, metadata))
}

/// Reads the body of an update: `metadata` alone can change.
pub fn read_update(mut body: Fields) -> Result<Option<Value>, FieldError> {
    let changes = body.metadata_changes("metadata")?;
    expansions::read(&mut body)?;
    body.finish_without(parameters::ACCOUNT)?;
    Ok(changes)
}

/// Reads the body of an acceptance, which has no parameters.
pub fn read_accept(mut body: Fields) -> Result<(), FieldError> {
    expansions::read(&mut body)?;
    body.finish()
}

/// Reads the query of a list.
pub fn read_list(mut query: Fields) -> Result<AccountFilter, FieldError> {
    let page_request = lists::page_request(&mut query, ACCOUNT_PREFIX)?;
    let (created_from, created_to) = lists::created(&mut query)?;
    expansions::read(&mut query)?;
    query.finish()?;
    Ok(AccountFilter { page_request, created_from, created_to })
}
