//! Payment methods: what their routes take and show.

use serde_json::Value;
use tollgate_apis::intents::{self, CUSTOMER_PREFIX, METHOD_PREFIX};
use tollgate_domain::{
    CustomerId, EnteredCard, PaymentMethod, PaymentMethodId, Refusal, Resource, Tenant, Timestamp,
    payment_method::Billing,
    text::{NAME_CHARS_MAX, PHONE_CHARS_MAX},
};
use tollgate_gateway::{MethodData, MethodFilter, NewMethod};
use tollgate_http::{FieldError, Fields, ID_CHARS_MAX, Issue, Problem, RequestContext};

use crate::{expansions, lists};

/// The kinds that can be made.
const TYPES: &[&str] = &["card", "sepa_debit"];
/// Longest text in place of a card number or an IBAN.
const NUMBER_CHARS_MAX: usize = 64;
/// Longest token.
const TOKEN_CHARS_MAX: usize = 255;

/// The payment method that the path names.
pub fn id_in_path(ctx: &RequestContext) -> Result<PaymentMethodId, Problem> {
    ctx.id_in_path(METHOD_PREFIX, Resource::PaymentMethod)
}

/// Reads a description of a new payment method: the body of a create, or `payment_method_data`.
pub fn read_new(mut body: Fields, tenant: Tenant, now: Timestamp) -> Result<NewMethod, Problem> {
    let kind = body.one_of("type", TYPES)?.ok_or_else(|| body.error("type", Issue::Missing))?;
    let data = if kind == "sepa_debit" {
        let mut debit = body.required_object("sepa_debit")?;
        let iban = debit.required_string("iban", NUMBER_CHARS_MAX)?;
        debit.finish()?;
        MethodData::Sepa { iban }
    } else {
        read_card(body.required_object("card")?, tenant, now)?
    };
    let new = NewMethod {
        data,
        billing: read_billing(&mut body)?.unwrap_or_default(),
        metadata: body.metadata("metadata")?,
    };
    body.finish()?;
    Ok(new)
}

fn read_card(mut card: Fields, tenant: Tenant, now: Timestamp) -> Result<MethodData, Problem> {
    if let Some(token) = card.string("token", TOKEN_CHARS_MAX)? {
        card.finish()?;
        return Ok(MethodData::Token(token));
    }
    let number = card.required_string("number", NUMBER_CHARS_MAX)?;
    let month = card.required_integer("exp_month")?;
    let year = card.required_integer("exp_year")?;
    let cvc = card.string("cvc", NUMBER_CHARS_MAX)?;
    card.finish()?;
    let checked = EnteredCard::check(&number, (month, year), cvc.as_deref(), tenant.mode, now);
    Ok(MethodData::Card(checked.map_err(Refusal::from)?))
}

fn read_billing(body: &mut Fields) -> Result<Option<Billing>, FieldError> {
    let Some(mut details) = body.object("billing_details")? else {
        return Ok(None);
    };
    let billing = Billing {
        email: details.email("email")?,
        name: details.string("name", NAME_CHARS_MAX)?,
        phone: details.string("phone", PHONE_CHARS_MAX)?,
    };
    // Clients send an address. It is accepted and not stored.
    details.take("address");
    details.finish()?;
    Ok(Some(billing))
}

/// Changes to a payment method.
#[derive(Debug)]
pub struct Update {
    /// Whose it is, if that changes.
    pub billing: Option<Billing>,
    /// Metadata to merge.
    pub metadata: Option<Value>,
    /// The links to expand.
    pub expand: Vec<String>,
}

/// Reads the body of an update.
pub fn read_update(mut body: Fields) -> Result<Update, FieldError> {
    let update = Update {
        billing: read_billing(&mut body)?,
        metadata: body.metadata_changes("metadata")?,
        expand: expansions::read(&mut body)?,
    };
    body.finish()?;
    Ok(update)
}

/// Reads the customer of an attach.
pub fn read_attach(mut body: Fields) -> Result<CustomerId, Problem> {
    let customer = body.required_string("customer", ID_CHARS_MAX)?;
    expansions::read(&mut body)?;
    body.finish()?;
    CustomerId::parse(CUSTOMER_PREFIX, &customer)
        .map_err(|_| Refusal::NoSuchReference(Resource::Customer).into())
}

/// Reads the query of a list of a customer's payment methods; `customer` is in the query unless the path names it.
pub fn read_list(
    mut query: Fields,
    in_path: Option<CustomerId>,
) -> Result<(CustomerId, MethodFilter), Problem> {
    let customer = if let Some(customer) = in_path {
        customer
    } else {
        let text = query.required_string("customer", ID_CHARS_MAX)?;
        CustomerId::parse(CUSTOMER_PREFIX, &text).map_err(|_| Refusal::NoSuchReference(Resource::Customer))?
    };
    let page_request = lists::page_request(&mut query, METHOD_PREFIX)?;
    let filter = MethodFilter { page_request, kind: query.one_of("type", TYPES)? };
    expansions::read(&mut query)?;
    query.finish()?;
    Ok((customer, filter))
}

/// A payment method.
pub fn show(tenant: Tenant, method: &PaymentMethod) -> Value {
    intents::payment_method(method, lists::context(tenant))
}
