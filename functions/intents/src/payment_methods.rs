//! Payment methods: what their routes take and show.

use serde_json::Value;
use tollgate_apis::intents::{self, CUSTOMER_PREFIX, Context, METHOD_PREFIX};
use tollgate_domain::{
    CustomerId, EnteredCard, PaymentMethod, PaymentMethodId, Refusal, Resource, Tenant, Timestamp,
};
use tollgate_gateway::{MethodData, MethodFilter, MethodUpdate, NewMethod};
use tollgate_http::{FieldError, Fields, ID_CHARS_MAX, Issue, Problem, RequestContext};

use crate::{contact::read_billing, expansions, lists, parameters};

/// The types of payment method that this gateway takes. Wallets present cards.
pub(crate) const TYPES: &[&str] = &["card", "sepa_debit"];
/// How a payment method may be shown again.
const REDISPLAYS: &[&str] = &["always", "limited", "unspecified"];
/// Longest text in place of a card number or an IBAN.
const NUMBER_CHARS_MAX: usize = 64;
/// Longest token.
const TOKEN_CHARS_MAX: usize = 255;

/// Parts of a card that this gateway cannot honour.
const CARD_UNSUPPORTED: &[&str] = &["networks"];

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
        allow_redisplay: body.one_of("allow_redisplay", REDISPLAYS)?.map(str::to_owned),
    };
    expansions::read(&mut body)?;
    body.finish_without(&[parameters::CREATE_METHOD, parameters::METHOD_TYPES].concat())?;
    Ok(new)
}

fn read_card(mut card: Fields, tenant: Tenant, now: Timestamp) -> Result<MethodData, Problem> {
    if let Some(token) = card.string("token", TOKEN_CHARS_MAX)? {
        card.finish_without(CARD_UNSUPPORTED)?;
        return Ok(MethodData::Token(token));
    }
    let number = card.required_string("number", NUMBER_CHARS_MAX)?;
    let month = card.required_integer("exp_month")?;
    let year = card.required_integer("exp_year")?;
    let cvc = card.string("cvc", NUMBER_CHARS_MAX)?;
    card.finish_without(CARD_UNSUPPORTED)?;
    let checked = EnteredCard::check(&number, (month, year), cvc.as_deref(), tenant.mode, now);
    Ok(MethodData::Card(checked.map_err(Refusal::from)?))
}

/// Reads the body of an update, and the links to expand.
pub fn read_update(mut body: Fields) -> Result<(MethodUpdate, Vec<String>), FieldError> {
    let mut update = MethodUpdate {
        billing: read_billing(&mut body)?,
        allow_redisplay: body.one_of("allow_redisplay", REDISPLAYS)?.map(str::to_owned),
        metadata: body.metadata_changes("metadata")?,
        ..MethodUpdate::default()
    };
    if let Some(mut card) = body.object("card")? {
        let (month, year) = (card.integer_in("exp_month", 1, 12)?, card.integer_in("exp_year", 1970, 2099)?);
        update.expiry = (
            month.and_then(|month| u8::try_from(month).ok()),
            year.and_then(|year| u16::try_from(year).ok()),
        );
        card.finish_without(CARD_UNSUPPORTED)?;
    }
    let expand = expansions::read(&mut body)?;
    body.finish_without(parameters::UPDATE_METHOD)?;
    Ok((update, expand))
}

/// Reads the customer of an attach.
pub fn read_attach(mut body: Fields) -> Result<CustomerId, Problem> {
    let customer = body.required_string("customer", ID_CHARS_MAX)?;
    expansions::read(&mut body)?;
    body.finish_without(parameters::METHODS)?;
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
    let filter = MethodFilter {
        page_request,
        kind: query.one_of("type", TYPES)?,
        allow_redisplay: query.one_of("allow_redisplay", REDISPLAYS)?,
    };
    expansions::read(&mut query)?;
    query.finish_without(parameters::METHODS)?;
    Ok((customer, filter))
}

/// A payment method.
pub fn show(tenant: Tenant, method: &PaymentMethod) -> Value {
    intents::payment_method(method, Context::of(tenant))
}
