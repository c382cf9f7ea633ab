//! Customers: what their routes take.

use tollgate_domain::{
    CustomerId,
    customer::Profile,
    text::{NAME_MAX_CHARS, PHONE_MAX_CHARS},
};
use tollgate_gateway::{CustomerFilter, Refusal, Thing};
use tollgate_http::{Exchange, FieldError, Fields, Problem};
use tollgate_webhooks::render::charges::CUSTOMER_PREFIX;

use crate::lists::{self, Bound};

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
    body.finish()?;
    Ok(profile)
}

/// What becomes of one field.
#[derive(Clone, Debug)]
enum Change {
    Keep,
    Unset,
    Set(String),
}

impl Change {
    fn apply(&self, now: Option<&String>) -> Option<String> {
        match self {
            Self::Keep => now.cloned(),
            Self::Unset => None,
            Self::Set(text) => Some(text.clone()),
        }
    }
}

/// What an update changes.
#[derive(Clone, Debug)]
pub struct Update {
    email: Change,
    name: Change,
    phone: Change,
    metadata: Option<serde_json::Value>,
}

/// Reads the body of an update: as RFC 7396 merges objects, an absent field stays and `null` unsets it; metadata is
/// merged key by key.
pub fn read_update(mut body: Fields) -> Result<Update, FieldError> {
    fn field(
        body: &mut Fields,
        name: &str,
        read: impl Fn(&mut Fields) -> Result<Option<String>, FieldError>,
    ) -> Result<Change, FieldError> {
        Ok(if body.take_unset(name) {
            Change::Unset
        } else {
            read(body)?.map_or(Change::Keep, Change::Set)
        })
    }
    let unset_metadata = body.take_unset("metadata");
    let update = Update {
        email: field(&mut body, "email", |b| b.email("email"))?,
        name: field(&mut body, "name", |b| b.string("name", NAME_MAX_CHARS))?,
        phone: field(&mut body, "phone", |b| b.string("phone", PHONE_MAX_CHARS))?,
        metadata: if unset_metadata {
            Some(serde_json::Value::Null)
        } else {
            body.take("metadata")
        },
    };
    body.finish()?;
    Ok(update)
}

impl Update {
    /// The profile after the change.
    pub fn apply(&self, profile: &Profile) -> Result<Profile, Problem> {
        let metadata = match &self.metadata {
            None => profile.metadata.clone(),
            Some(serde_json::Value::Null) => tollgate_domain::Metadata::default(),
            Some(change) => profile
                .metadata
                .merged(change)
                .map_err(|bad| Fields::from_json(serde_json::Map::new()).bad_metadata("metadata", bad))?,
        };
        Ok(Profile {
            email: self.email.apply(profile.email.as_ref()),
            name: self.name.apply(profile.name.as_ref()),
            phone: self.phone.apply(profile.phone.as_ref()),
            metadata,
        })
    }
}

/// Reads the query of a list.
pub fn read_list(mut query: Fields) -> Result<CustomerFilter, FieldError> {
    let filter = CustomerFilter {
        limit: lists::limit(&mut query)?,
        starting_after: lists::id(&mut query, "starting_after", CUSTOMER_PREFIX)?,
        ending_before: None,
        created_to: None,
        email: query.string("email", tollgate_domain::text::EMAIL_MAX_BYTES)?,
        created_from: lists::created(&mut query, Bound::From)?,
    };
    query.finish()?;
    Ok(filter)
}
