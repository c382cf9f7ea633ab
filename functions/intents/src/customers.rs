//! Customers: what their routes take and show.

use serde_json::{Value, json};
use tollgate_apis::intents::{self, CUSTOMER_PREFIX};
use tollgate_domain::{
    Customer, CustomerId, Resource, Tenant,
    customer::{Profile, ProfileUpdate},
    text::{EMAIL_BYTES_MAX, NAME_CHARS_MAX, PHONE_CHARS_MAX},
};
use tollgate_gateway::CustomerFilter;
use tollgate_http::{FieldError, Fields, Problem, RequestContext};

use crate::{expansions, lists};

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
    };
    expansions::read(&mut body)?;
    body.finish()?;
    Ok(profile)
}

/// Reads the body of an update.
pub fn read_update(mut body: Fields) -> Result<ProfileUpdate, FieldError> {
    let update = ProfileUpdate {
        email: body.change("email", |b| b.email("email"))?,
        name: body.change("name", |b| b.string("name", NAME_CHARS_MAX))?,
        phone: body.change("phone", |b| b.string("phone", PHONE_CHARS_MAX))?,
        metadata: body.metadata_changes("metadata")?,
    };
    expansions::read(&mut body)?;
    body.finish()?;
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
    query.finish()?;
    Ok(filter)
}

/// A customer.
pub fn show(tenant: Tenant, customer: &Customer) -> Value {
    intents::customer(customer, lists::context(tenant))
}

/// The answer to a delete.
pub fn show_deleted(id: CustomerId) -> Value {
    json!({"id": id.to_prefixed(CUSTOMER_PREFIX), "object": "customer", "deleted": true})
}
