//! Transfers: what their routes take and show.

use serde_json::Value;
use tollgate_apis::intents::{self, Context, TRANSFER_PREFIX};
use tollgate_domain::{Resource, Tenant, Transfer, TransferId};
use tollgate_gateway::TransferFilter;
use tollgate_http::{FieldError, Fields, Problem, RequestContext};

use crate::{expansions, lists, parameters};

/// The transfer that the path names.
pub fn id_in_path(ctx: &RequestContext) -> Result<TransferId, Problem> {
    ctx.id_in_path(TRANSFER_PREFIX, Resource::Transfer)
}

/// Reads the query of a list, and the links to expand.
pub fn read_list(mut query: Fields) -> Result<(TransferFilter, Vec<String>), FieldError> {
    let page_request = lists::page_request(&mut query, TRANSFER_PREFIX)?;
    let (created_from, created_to) = lists::created(&mut query)?;
    let filter = TransferFilter { page_request, created_from, created_to };
    let expand = expansions::read(&mut query)?;
    query.finish_without(parameters::LIST_TRANSFERS)?;
    Ok((filter, expand))
}

/// A transfer.
pub fn show(tenant: Tenant, transfer: &Transfer) -> Value {
    intents::transfer(transfer, Context::of(tenant))
}
