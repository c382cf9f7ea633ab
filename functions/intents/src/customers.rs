//! Customers: what their routes take and show.

use serde_json::{Value, json};
use tollgate_domain::{
    Customer, CustomerId, Scope,
    customer::Profile,
    text::{EMAIL_MAX_BYTES, NAME_MAX_CHARS, PHONE_MAX_CHARS},
};
use tollgate_gateway::{CustomerFilter, Refusal, Thing};
use tollgate_http::{Exchange, FieldError, Fields, Problem};
use tollgate_webhooks::render::intents::{self as render, CUSTOMER_PREFIX};

use crate::lists;

/// The customer that the path names.
pub fn id_in_path(exchange: &Exchange) -> Result<CustomerId, Problem> {
    CustomerId::parse(CUSTOMER_PREFIX, exchange.request.path_parameter("id"))
        .map_err(|_| Refusal::NotFound(Thing::Customer).into())
}

/// Reads the body of a create.
pub fn read_create(mut body: Fields) -> Result<Profile, FieldError> {
    let profile = Profile {
        email: body.email("email")?,
        name: body.string("name", NAME_MAX_CHARS)?,
        phone: body.string("phone", PHONE_MAX_CHARS)?,
        metadata: body.metadata("metadata")?,
    };
    lists::expansions(&mut body)?;
    body.finish()?;
    Ok(profile)
}

/// What an update does to a field.
#[derive(Debug)]
enum Change {
    /// It was not sent.
    Keep,
    /// It was sent; empty unsets it.
    Set(Option<String>),
}

impl Change {
    fn over(&self, now: Option<&String>) -> Option<String> {
        match self {
            Self::Keep => now.cloned(),
            Self::Set(value) => value.clone(),
        }
    }
}

impl From<Option<String>> for Change {
    fn from(sent: Option<String>) -> Self {
        sent.map_or(Self::Keep, |text| Self::Set(Some(text)))
    }
}

/// Changes to a customer.
#[derive(Debug)]
pub struct Update {
    email: Change,
    name: Change,
    phone: Change,
    metadata: Option<Value>,
}

/// Reads the body of an update.
pub fn read_update(mut body: Fields) -> Result<Update, FieldError> {
    let mut text = |name: &str, max| {
        Ok::<_, FieldError>(if body.take_unset(name) {
            Change::Set(None)
        } else {
            body.string(name, max)?.into()
        })
    };
    let (name, phone) = (text("name", NAME_MAX_CHARS)?, text("phone", PHONE_MAX_CHARS)?);
    let update = Update {
        email: if body.take_unset("email") {
            Change::Set(None)
        } else {
            body.email("email")?.into()
        },
        name,
        phone,
        metadata: body.metadata_changes("metadata")?,
    };
    lists::expansions(&mut body)?;
    body.finish()?;
    Ok(update)
}

impl Update {
    /// The profile with the changes.
    pub fn apply(&self, profile: &Profile) -> Result<Profile, Problem> {
        Ok(Profile {
            email: self.email.over(profile.email.as_ref()),
            name: self.name.over(profile.name.as_ref()),
            phone: self.phone.over(profile.phone.as_ref()),
            metadata: profile
                .metadata
                .updated(self.metadata.as_ref())
                .map_err(Refusal::from)?,
        })
    }
}

/// Reads the query of a list.
pub fn read_list(mut query: Fields) -> Result<CustomerFilter, FieldError> {
    let window = lists::window(&mut query, CUSTOMER_PREFIX)?;
    let (created_from, created_to) = lists::created(&mut query)?;
    let filter = CustomerFilter {
        limit: window.limit,
        starting_after: window.starting_after,
        ending_before: window.ending_before,
        email: query.string("email", EMAIL_MAX_BYTES)?,
        created_from,
        created_to,
    };
    lists::expansions(&mut query)?;
    query.finish()?;
    Ok(filter)
}

/// A customer.
pub fn show(scope: Scope, customer: &Customer) -> Value {
    render::customer(customer, lists::context(scope))
}

/// What a delete answers.
pub fn show_deleted(id: CustomerId) -> Value {
    json!({"id": id.spell(CUSTOMER_PREFIX), "object": "customer", "deleted": true})
}
