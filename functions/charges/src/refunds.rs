//! Refunds: what their routes take.

use tollgate_apis::charges::{PAYMENT_PREFIX, REFUND_PREFIX, REFUND_REASONS, refund_status};
use tollgate_domain::{RefundId, Refusal, Resource, refund::RefundStatus};
use tollgate_gateway::{CreateRefund, PageRequest, RefundFilter};
use tollgate_http::{FieldError, Fields, ID_CHARS_MAX, Issue, Problem, RequestContext};

use crate::lists;

/// The statuses of the text.
const STATUSES: &[&str] = &["succeeded", "pending", "failed"];

/// The refund that the path names.
pub fn id_in_path(ctx: &RequestContext) -> Result<RefundId, Problem> {
    ctx.id_in_path(REFUND_PREFIX, Resource::Refund)
}

/// Reads the body of a create.
pub fn read_create(mut body: Fields) -> Result<CreateRefund, Problem> {
    let payment = body.required_string("payment_id", ID_CHARS_MAX)?;
    // An id of another form names no payment.
    let payment = tollgate_domain::PaymentId::parse(PAYMENT_PREFIX, &payment);
    let new = CreateRefund {
        payment: payment.map_err(|_| Refusal::NoSuchReference(Resource::Payment))?,
        amount: body.integer("amount")?.into(),
        reason: body.one_of("reason", REFUND_REASONS)?.map(str::to_owned),
        metadata: body.metadata("metadata")?,
    };
    body.finish()?;
    Ok(new)
}

/// Reads the query of a list.
pub fn read_list(mut query: Fields) -> Result<RefundFilter, FieldError> {
    let filter = RefundFilter {
        page_request: PageRequest {
            limit: lists::limit(&mut query)?,
            starting_after: lists::id(&mut query, "starting_after", REFUND_PREFIX)?,
            ending_before: None,
            offset: 0,
        },
        created_from: None,
        created_to: None,
        payment: lists::id(&mut query, "payment_id", PAYMENT_PREFIX)?,
        status: match query.one_of("status", STATUSES)? {
            None => None,
            Some(word) => {
                let all = [RefundStatus::Succeeded, RefundStatus::Pending, RefundStatus::Failed];
                let status = all.into_iter().find(|status| refund_status(*status) == word);
                Some(status.ok_or_else(|| query.error("status", Issue::NotOneOf(STATUSES)))?)
            }
        },
    };
    query.finish()?;
    Ok(filter)
}
