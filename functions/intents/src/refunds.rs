//! Refunds: what their routes take and show.

use serde_json::Value;
use tollgate_apis::intents::{self, CHARGE_PREFIX, Context, PAYMENT_PREFIX, REFUND_PREFIX, REFUND_REASONS};
use tollgate_domain::{PaymentId, Refund, RefundId, Refusal, Resource, Tenant};
use tollgate_gateway::{CreateRefund, RefundFilter};
use tollgate_http::{FieldError, Fields, ID_CHARS_MAX, Issue, Problem, RequestContext};

use crate::{expansions, lists, parameters};

/// The refund that the path names.
pub fn id_in_path(ctx: &RequestContext) -> Result<RefundId, Problem> {
    ctx.id_in_path(REFUND_PREFIX, Resource::Refund)
}

/// The payment, named as an intent or as its charge.
fn read_payment(fields: &mut Fields) -> Result<Option<PaymentId>, Problem> {
    for (name, prefix) in [("payment_intent", PAYMENT_PREFIX), ("charge", CHARGE_PREFIX)] {
        if let Some(text) = fields.string(name, ID_CHARS_MAX)? {
            let id = PaymentId::parse(prefix, &text);
            return Ok(Some(id.map_err(|_| Refusal::NoSuchReference(Resource::Payment))?));
        }
    }
    Ok(None)
}

/// Reads the body of a create, and the links to expand.
pub fn read_create(mut body: Fields) -> Result<(CreateRefund, Vec<String>), Problem> {
    let payment = read_payment(&mut body)?.ok_or_else(|| body.error("payment_intent", Issue::Missing))?;
    let new = CreateRefund {
        payment,
        amount: body.integer("amount")?.into(),
        reason: body.one_of("reason", REFUND_REASONS)?.map(str::to_owned),
        metadata: body.metadata("metadata")?,
    };
    let expand = expansions::read(&mut body)?;
    body.finish_without(parameters::CREATE_REFUND)?;
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
pub fn read_list(mut query: Fields) -> Result<(RefundFilter, Vec<String>), Problem> {
    let page_request = lists::page_request(&mut query, REFUND_PREFIX)?;
    let (created_from, created_to) = lists::created(&mut query)?;
    let payment = read_payment(&mut query)?;
    let filter = RefundFilter { page_request, payment, status: None, created_from, created_to };
    let expand = expansions::read(&mut query)?;
    query.finish()?;
    Ok((filter, expand))
}

/// A refund.
pub fn show(tenant: Tenant, refund: &Refund) -> Value {
    intents::refund(refund, Context::of(tenant))
}
