//! Charges: what their routes take and show.

use serde_json::Value;
use tollgate_apis::intents::{self, CHARGE_PREFIX, CUSTOMER_PREFIX, Context, PAYMENT_PREFIX};
use tollgate_domain::{
    Payment, PaymentId, Resource, Tenant,
    payment::{Amendment, DetailsUpdate},
    text::DESCRIPTION_CHARS_MAX,
};
use tollgate_gateway::{CaptureIntent, ChargeUpdate, PaymentFilter};
use tollgate_http::{FieldError, Fields, Problem, RequestContext};

use crate::{contact, expansions, lists, parameters, payment_details::Said, payment_intents};

/// The statuses by which charges are listed.
const STATUSES: &[&str] = &["succeeded", "pending", "failed"];
/// What a merchant may report of a fraud.
const REPORTS: &[&str] = &["fraudulent", "safe"];

/// The charge that the path names.
pub fn id_in_path(ctx: &RequestContext) -> Result<PaymentId, Problem> {
    ctx.id_in_path(CHARGE_PREFIX, Resource::Charge)
}

/// Reads the body of an update, and the links to expand.
pub fn read_update(mut body: Fields) -> Result<(ChargeUpdate, Vec<String>), Problem> {
    let customer = payment_intents::read_customer(&mut body)?;
    let mut details = DetailsUpdate {
        shipping: body.change("shipping", |b| contact::read_shipping(b, "shipping"))?,
        ..DetailsUpdate::default()
    };
    if let Some(mut fraud) = body.object("fraud_details")? {
        details.user_report =
            fraud.change("user_report", |f| Ok(f.one_of("user_report", REPORTS)?.map(str::to_owned)))?;
        fraud.finish()?;
    }
    let annotation = Amendment {
        customer,
        description: body.change("description", |b| b.string("description", DESCRIPTION_CHARS_MAX))?,
        receipt_email: body.change("receipt_email", |b| b.email("receipt_email"))?,
        details,
        ..Amendment::default()
    };
    let update = ChargeUpdate { annotation, metadata: body.metadata_changes("metadata")? };
    let expand = expansions::read(&mut body)?;
    body.finish_without(parameters::CHARGES)?;
    Ok((update, expand))
}

/// Reads the body of a capture, and the links to expand.
pub fn read_capture(mut body: Fields) -> Result<(CaptureIntent, Vec<String>), FieldError> {
    let statement = Said { charging: false, statement: true };
    let capture = CaptureIntent {
        amount: body.integer("amount")?,
        metadata: None,
        annotation: Amendment {
            receipt_email: body.change("receipt_email", |b| b.email("receipt_email"))?,
            details: statement.read(&mut body)?,
            ..Amendment::default()
        },
    };
    let expand = expansions::read(&mut body)?;
    body.finish_without(parameters::CAPTURE_CHARGE)?;
    Ok((capture, expand))
}

/// A list of charges that is asked for.
pub struct Listed {
    /// Which.
    pub filter: PaymentFilter,
    /// Only that of this payment.
    pub payment: Option<PaymentId>,
    /// The links to expand.
    pub expand: Vec<String>,
}

/// Reads the query of a list.
pub fn read_list(mut query: Fields) -> Result<Listed, FieldError> {
    let page_request = lists::page_request(&mut query, CHARGE_PREFIX)?;
    let (created_from, created_to) = lists::created(&mut query)?;
    let wanted = lists::read_wanted(&mut query, STATUSES)?;
    let order = wanted.order();
    let keep = wanted.keep(intents::charge_status);
    let filter = PaymentFilter {
        page_request,
        customer: lists::id(&mut query, "customer", CUSTOMER_PREFIX)?,
        order,
        keep: Some(Box::new(move |payment| {
            payment.was_charged() && keep.as_ref().is_none_or(|keep| keep(payment))
        })),
        created_from,
        created_to,
    };
    let payment = lists::id(&mut query, "payment_intent", PAYMENT_PREFIX)?;
    let expand = expansions::read(&mut query)?;
    query.finish_without(parameters::CHARGES)?;
    Ok(Listed { filter, payment, expand })
}

/// A charge.
pub fn show(tenant: Tenant, payment: &Payment) -> Value {
    intents::charge(payment, Context::of(tenant))
}
