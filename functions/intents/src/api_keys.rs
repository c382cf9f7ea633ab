//! API keys: what their routes take and show.

use serde_json::Value;
use tollgate_apis::intents::{self, KEY_PREFIX as PREFIX};
use tollgate_domain::{KeyId, KeyKind, Permission, Resource, Timestamp, id::KeyKind as KeyMarker};
use tollgate_gateway::{ApiKey, IssuedKey, PageRequest};
use tollgate_http::{FieldError, Fields, Issue, Problem, RequestContext};

use crate::{expansions, lists};

/// The kinds of key.
const KINDS: &[&str] = &["secret", "publishable"];
/// Longest overlap, in seconds: a week.
const OVERLAP_S_MAX: i64 = 7 * 24 * 60 * 60;

/// The key that the path names.
pub fn id_in_path(ctx: &RequestContext) -> Result<KeyId, Problem> {
    ctx.id_in_path(PREFIX, Resource::ApiKey)
}

/// Reads the body of a create: `type` and `scopes[]`, all of them for a secret key when absent.
pub fn read_create(mut body: Fields) -> Result<(KeyKind, Vec<Permission>), FieldError> {
    let publishable = body.one_of("type", KINDS)? == Some("publishable");
    let names = body.strings("scopes", Permission::ALL.len(), 64)?;
    let scopes = match names {
        _ if publishable => Vec::new(),
        None => Permission::ALL.to_vec(),
        Some(names) => {
            let read: Option<Vec<_>> = names.iter().map(|name| Permission::parse(name)).collect();
            read.ok_or_else(|| {
                body.error("scopes", Issue::NotValid("a list of scopes, such as payments:read"))
            })?
        }
    };
    body.finish()?;
    let kind = if publishable { KeyKind::Publishable } else { KeyKind::Secret };
    Ok((kind, scopes))
}

/// Reads the query of a list.
pub fn read_list(mut query: Fields) -> Result<PageRequest<KeyMarker>, FieldError> {
    let page_request = lists::page_request(&mut query, PREFIX)?;
    expansions::read(&mut query)?;
    query.finish()?;
    Ok(page_request)
}

/// Reads `expires_in`: seconds for which the rolled key or secret stays valid.
pub fn read_roll(mut body: Fields) -> Result<Option<i64>, FieldError> {
    let overlap = body.integer_in("expires_in", 0, OVERLAP_S_MAX)?;
    body.finish()?;
    Ok(overlap)
}

/// A key, without its secret.
pub fn show(key: &ApiKey) -> Value {
    object(key, None).to_json()
}

/// A key with its secret, as its create and a roll show it.
pub fn show_created(issued: &IssuedKey) -> Value {
    object(&issued.key, Some(issued.secret.clone())).to_json()
}

fn object(key: &ApiKey, secret: Option<String>) -> intents::ApiKey {
    intents::ApiKey {
        id: key.id.to_prefixed(PREFIX),
        object: "api_key",
        r#type: match key.kind {
            KeyKind::Secret => "secret",
            KeyKind::Publishable => "publishable",
        },
        livemode: key.mode.is_live(),
        last4: key.hint.clone(),
        scopes: key.scopes.iter().map(|scope| scope.as_str()).collect(),
        created: key.created.s(),
        expires_at: key.expires_at.map(Timestamp::s),
        revoked_at: key.revoked_at.map(Timestamp::s),
        secret,
    }
}
