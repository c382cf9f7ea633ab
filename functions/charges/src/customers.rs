//! Customers: what their routes take.

use tollgate_apis::charges::CUSTOMER_PREFIX;
use tollgate_domain::{
    CustomerId, Resource,
    customer::{Profile, ProfileUpdate},
    text::{NAME_CHARS_MAX, PHONE_CHARS_MAX},
};
use tollgate_gateway::{CustomerFilter, PageRequest};
use tollgate_http::{FieldError, Fields, Problem, RequestContext};

use crate::lists::{self, Bound};

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
        ..Profile::default()
    };
    body.finish()?;
    Ok(profile)
}

/// Reads the body of an update: as RFC 7396 merges objects, an absent field stays and `null` unsets it; metadata is
/// merged key by key.
pub fn read_update(mut body: Fields) -> Result<ProfileUpdate, FieldError> {
    let update = ProfileUpdate {
        email: body.change("email", |b| b.email("email"))?,
        name: body.change("name", |b| b.string("name", NAME_CHARS_MAX))?,
        phone: body.change("phone", |b| b.string("phone", PHONE_CHARS_MAX))?,
        metadata: body.take("metadata"),
        ..ProfileUpdate::default()
    };
    body.finish()?;
    Ok(update)
}

/// Reads the query of a list.
pub fn read_list(mut query: Fields) -> Result<CustomerFilter, FieldError> {
    let filter = CustomerFilter {
        page_request: PageRequest {
            limit: lists::limit(&mut query)?,
            starting_after: lists::id(&mut query, "starting_after", CUSTOMER_PREFIX)?,
            ending_before: None,
            offset: 0,
        },
        created_to: None,
        email: query.string("email", tollgate_domain::text::EMAIL_BYTES_MAX)?,
        created_from: lists::created(&mut query, Bound::From)?,
    };
    query.finish()?;
    Ok(filter)
}
