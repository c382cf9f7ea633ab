//! Disputes: what their routes take and show.

use std::collections::BTreeMap;

use serde_json::Value;
use tollgate_apis::intents::{self, CHARGE_PREFIX, Context, DISPUTE_PREFIX, PAYMENT_PREFIX};
use tollgate_domain::{
    Dispute, DisputeId, PaymentId, Resource, Tenant,
    dispute::{DisputeStatus, EVIDENCE_CHARS_MAX, EVIDENCE_FIELDS},
};
use tollgate_gateway::{AnswerDispute, DisputeFilter};
use tollgate_http::{FieldError, Fields, Problem, RequestContext};

use crate::{expansions, lists, parameters};

/// The dispute that the path names.
pub fn id_in_path(ctx: &RequestContext) -> Result<DisputeId, Problem> {
    ctx.id_in_path(DISPUTE_PREFIX, Resource::Dispute)
}

/// Reads evidence: texts by their published names; an empty one, or `null`, removes what was said before.
fn read_evidence(body: &mut Fields) -> Result<BTreeMap<String, String>, FieldError> {
    let mut changes = BTreeMap::new();
    let Some(mut evidence) = body.object("evidence")? else { return Ok(changes) };
    for field in EVIDENCE_FIELDS {
        if evidence.take_unset(field) {
            changes.insert((*field).to_owned(), String::new());
        } else if let Some(text) = evidence.string(field, EVIDENCE_CHARS_MAX)? {
            changes.insert((*field).to_owned(), text);
        }
    }
    evidence.finish_without(parameters::EVIDENCE)?;
    Ok(changes)
}

/// Reads the body of an update, and the links to expand.
pub fn read_update(mut body: Fields) -> Result<(AnswerDispute, Vec<String>), FieldError> {
    let answer = AnswerDispute {
        evidence: read_evidence(&mut body)?,
        submit: body.boolean("submit")?,
        metadata: body.metadata_changes("metadata")?,
    };
    let expand = expansions::read(&mut body)?;
    body.finish_without(parameters::UPDATE_DISPUTE)?;
    Ok((answer, expand))
}

/// Reads the query of a list, and the links to expand.
pub fn read_list(mut query: Fields) -> Result<(DisputeFilter, Vec<String>), FieldError> {
    let page_request = lists::page_request(&mut query, DISPUTE_PREFIX)?;
    let (created_from, created_to) = lists::created(&mut query)?;
    let intent: Option<PaymentId> = lists::id(&mut query, "payment_intent", PAYMENT_PREFIX)?;
    let charge: Option<PaymentId> = lists::id(&mut query, "charge", CHARGE_PREFIX)?;
    let filter = DisputeFilter {
        page_request,
        payment: intent.or(charge),
        status: query.one_of("status", DisputeStatus::NAMES)?.and_then(DisputeStatus::parse),
        created_from,
        created_to,
    };
    let expand = expansions::read(&mut query)?;
    query.finish()?;
    Ok((filter, expand))
}

/// A dispute.
pub fn show(tenant: Tenant, dispute: &Dispute) -> Value {
    intents::dispute(dispute, Context::of(tenant))
}
