//! Customers: what their routes take and show.

use serde_json::{Value, json};
use tollgate_apis::intents::{self, CUSTOMER_PREFIX, Context};
use tollgate_domain::{
    Customer, CustomerId, Resource, Tenant,
    customer::{Profile, ProfileUpdate},
    text::{DESCRIPTION_CHARS_MAX, EMAIL_BYTES_MAX, NAME_CHARS_MAX, PHONE_CHARS_MAX},
};
use tollgate_gateway::CustomerFilter;
use tollgate_http::{FieldError, Fields, Problem, RequestContext};

use crate::{
    contact::{read_address, read_customer_shipping},
    expansions, lists, parameters,
};

/// Longest name of a business or a person, in characters.
const BUSINESS_CHARS_MAX: usize = 150;
/// Most preferred languages.
const LOCALES_MAX: usize = 20;
/// Longest name of a language.
const LOCALE_CHARS_MAX: usize = 35;
const TAX_EXEMPT: &[&str] = &["exempt", "none", "reverse"];

/// The customer that the path names.
pub fn id_in_path(ctx: &RequestContext) -> Result<CustomerId, Problem> {
    ctx.id_in_path(CUSTOMER_PREFIX, Resource::Customer)
}

/// Reads the body of a create.
pub fn read_create(mut body: Fields) -> Result<Profile, FieldError> {
    let profile = Profile {
        email: body.email("email")?,
        name: body.string("name", NAME_CHARS_MAX)?,
        phone: body.string("phone", PHONE_CHARS_MAX)?,
        metadata: body.metadata("metadata")?,
        description: body.string("description", DESCRIPTION_CHARS_MAX)?,
        address: read_address(&mut body, "address")?,
        shipping: read_customer_shipping(&mut body, "shipping")?,
        preferred_locales: read_locales(&mut body)?.unwrap_or_default(),
        tax_exempt: body.one_of("tax_exempt", TAX_EXEMPT)?.map(str::to_owned),
        business_name: body.string("business_name", BUSINESS_CHARS_MAX)?,
        individual_name: body.string("individual_name", BUSINESS_CHARS_MAX)?,
    };
    expansions::read(&mut body)?;
    body.finish_without(parameters::CUSTOMER)?;
    Ok(profile)
}

fn read_locales(body: &mut Fields) -> Result<Option<Vec<String>>, FieldError> {
    if body.take_unset("preferred_locales") {
        return Ok(Some(Vec::new()));
    }
    body.strings("preferred_locales", LOCALES_MAX, LOCALE_CHARS_MAX)
}

/// Reads the body of an update.
pub fn read_update(mut body: Fields) -> Result<ProfileUpdate, FieldError> {
    let update = ProfileUpdate {
        email: body.change("email", |b| b.email("email"))?,
        name: body.change("name", |b| b.string("name", NAME_CHARS_MAX))?,
        phone: body.change("phone", |b| b.string("phone", PHONE_CHARS_MAX))?,
        metadata: body.metadata_changes("metadata")?,
        description: body.change("description", |b| b.string("description", DESCRIPTION_CHARS_MAX))?,
        address: body.change("address", |b| read_address(b, "address"))?,
        shipping: body.change("shipping", |b| read_customer_shipping(b, "shipping"))?,
        preferred_locales: read_locales(&mut body)?,
        tax_exempt: body
            .change("tax_exempt", |b| Ok(b.one_of("tax_exempt", TAX_EXEMPT)?.map(str::to_owned)))?,
        business_name: body.change("business_name", |b| b.string("business_name", BUSINESS_CHARS_MAX))?,
        individual_name: body
            .change("individual_name", |b| b.string("individual_name", BUSINESS_CHARS_MAX))?,
    };
    expansions::read(&mut body)?;
    body.finish_without(parameters::CUSTOMER)?;
    Ok(update)
}

/// Reads the query of a list.
pub fn read_list(mut query: Fields) -> Result<CustomerFilter, FieldError> {
    let page_request = lists::page_request(&mut query, CUSTOMER_PREFIX)?;
    let (created_from, created_to) = lists::created(&mut query)?;
    let filter = CustomerFilter {
        page_request,
        email: query.string("email", EMAIL_BYTES_MAX)?,
        created_from,
        created_to,
    };
    expansions::read(&mut query)?;
    query.finish_without(parameters::LIST_CUSTOMERS)?;
    Ok(filter)
}

/// A customer.
pub fn show(tenant: Tenant, customer: &Customer) -> Value {
    intents::customer(customer, Context::of(tenant))
}

/// The answer to a delete.
pub fn show_deleted(id: CustomerId) -> Value {
    json!({"id": id.to_prefixed(CUSTOMER_PREFIX), "object": "customer", "deleted": true})
}
