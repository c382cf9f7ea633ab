//! What a handler gets: the request and the caller's use cases.

use serde_json::Value;
use tollgate_apis::Problem;
use tollgate_domain::{Fingerprint, Id, IdempotencyKey, Permission, Refusal, Resource, Tenant, id::Kind};
use tollgate_gateway::{Call, Idempotency};

use crate::{fields::Fields, request::Request};

/// Most levels of brackets in a form's field names.
const FORM_DEPTH_MAX: usize = 5;

/// What a route needs.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// The permission that the caller's key must have, if any.
    pub permission: Option<Permission>,
    /// Whether a publishable key is enough, so that payers' pages may call the route from any origin.
    pub publishable: bool,
}

impl Route {
    /// A route for callers with a permission.
    pub const fn needs(permission: Permission) -> Self {
        Self { permission: Some(permission), publishable: false }
    }

    /// A route for every caller with a valid key.
    pub const fn any_key() -> Self {
        Self { permission: None, publishable: false }
    }

    /// The same route, also for publishable keys.
    #[must_use]
    pub const fn for_pages_too(self) -> Self {
        Self { publishable: true, ..self }
    }
}

/// A request with the use cases of its caller.
#[derive(Debug)]
pub struct RequestContext {
    /// The request.
    pub request: Request,
    /// The caller and the use cases.
    pub call: Call,
}

/// A body that was JSON or a form.
#[derive(Debug)]
pub struct Decoded {
    value: Value,
    textual: bool,
}

impl Decoded {
    /// Its fields.
    pub fn fields(&self) -> Fields {
        let values = self.value.as_object().cloned().unwrap_or_default();
        if self.textual { Fields::from_form(values) } else { Fields::from_json(values) }
    }

    /// The body as JSON, for the request's fingerprint.
    pub fn value(&self) -> &Value {
        &self.value
    }
}

impl RequestContext {
    /// The body as a JSON object; an absent body is an empty one.
    pub fn json(&self) -> Result<Value, Problem> {
        self.request.json()
    }

    /// The id in the path. An id of another form names nothing.
    pub fn id_in_path<K: Kind>(&self, prefix: &str, resource: Resource) -> Result<Id<K>, Problem> {
        let id = Id::parse(prefix, self.request.path_parameter("id"));
        id.map_err(|_| Refusal::NotFound(resource).into())
    }

    /// The tenant, for reading only.
    pub async fn tenant(&self) -> Result<Tenant, Problem> {
        Ok(self.call.tenant().await?)
    }

    /// Refuses a caller that lacks a permission beyond the route's own.
    pub async fn require(&self, permission: Permission) -> Result<(), Problem> {
        let caller = self.call.authorized().await?;
        Ok(caller.require(permission)?)
    }

    /// Whether the caller has a permission beyond the route's own.
    pub async fn may(&self, permission: Permission) -> Result<bool, Problem> {
        let caller = self.call.authorized().await?;
        Ok(caller.may(permission))
    }

    /// The text of a top-level field of a JSON body, exactly as it was sent, so that decimal amounts are never read as binary
    /// floats. `None` if it is absent.
    pub fn raw(&self, name: &str) -> Option<String> {
        use serde_json::value::RawValue;
        let body: std::collections::HashMap<String, &RawValue> =
            serde_json::from_slice(self.request.body()).ok()?;
        body.get(name).map(|value| value.get().to_owned())
    }

    /// The body as a form with brackets (`metadata[order_id]=…`, `a[]=x`, `a[0]=x`) or as a JSON object, by its type.
    pub fn form_or_json(&self) -> Result<Decoded, Problem> {
        let is_json =
            self.request.header("content-type").is_some_and(|t| t.to_ascii_lowercase().contains("json"));
        if is_json {
            return Ok(Decoded { value: self.json()?, textual: false });
        }
        let text = std::str::from_utf8(self.request.body())
            .map_err(|_| Problem::MalformedBody("The request body is not valid UTF-8.".into()))?;
        let value = serde_qs::Config::new()
            .max_depth(FORM_DEPTH_MAX)
            .use_form_encoding(true)
            .deserialize_str(text)
            .map_err(|e| Problem::MalformedBody(format!("The request body is not a valid form: {e}.")))?;
        Ok(Decoded { value, textual: true })
    }

    /// The query's parameters.
    pub fn query(&self) -> Fields {
        Fields::from_query(self.request.query())
    }

    /// The query's parameters with brackets: `expand[]=customer`, `created[gte]=…`.
    pub fn nested_query(&self) -> Result<Fields, Problem> {
        let value: Value = serde_qs::Config::new()
            .max_depth(FORM_DEPTH_MAX)
            .use_form_encoding(true)
            .deserialize_str(&self.request.query_string())
            .map_err(|e| Problem::MalformedBody(format!("The query is not valid: {e}.")))?;
        Ok(Fields::from_form(value.as_object().cloned().unwrap_or_default()))
    }

    /// The request's idempotency key with the fingerprint of method, path and body. `body` must not hold a card number or a
    /// security code.
    pub fn idempotency(&self, body: &Value) -> Result<Option<Idempotency>, Problem> {
        if !self.request.has_header("idempotency-key") {
            return Ok(None);
        }
        // An invalid key is an error, not an absent key: the caller relies on it.
        let key = idempotency_key(&self.request).ok_or(Problem::BadIdempotencyKey)?;
        Ok(Some(self.keyed(key, body)))
    }
}

impl RequestContext {
    /// The same for a key that is not in the header, such as an order number.
    pub fn keyed(&self, key: IdempotencyKey, body: &Value) -> Idempotency {
        let route = format!("{} {}", self.request.method, self.request.path);
        let fingerprint = Fingerprint::of(&route, &[sorted(body).to_string().as_bytes()]);
        Idempotency { key, fingerprint }
    }
}

/// The request's idempotency key, if it is valid.
pub(crate) fn idempotency_key(request: &Request) -> Option<IdempotencyKey> {
    IdempotencyKey::parse(request.header("idempotency-key")?)
}

/// The same value with sorted keys, so that the order of fields does not change the fingerprint.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut pairs: Vec<_> = map.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(pairs.into_iter().collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn two_spellings_of_one_body_are_one_request() {
        let a = sorted(&json!({"b": {"y": 1, "x": [2, {"q": 1, "p": 2}]}, "a": 1})).to_string();
        let b = sorted(&json!({"a": 1, "b": {"x": [2, {"p": 2, "q": 1}], "y": 1}})).to_string();
        assert_eq!(a, b);
        assert_ne!(a, sorted(&json!({"a": 2, "b": {}})).to_string());
    }
}
