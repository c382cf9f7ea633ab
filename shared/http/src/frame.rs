//! The frame around every handler.

use std::{future::Future, sync::Arc, time::Instant};

use lambda_http::{Body, Response};
use serde_json::Value;
use tollgate_domain::{Cause, Fingerprint, IdempotencyKey, Permission, Scope, Timestamp, rate::Standing};
use tollgate_gateway::{Call, Cost, Denied, Error, Gateway, Idempotency};

use crate::{
    api::{Api, Content, Reply},
    event,
    fields::Fields,
    init_logs,
    problem::Problem,
    request::{BODY_MAX_BYTES, Request},
};

/// Brackets within brackets of a form that are read.
const FORM_MAX_DEPTH: usize = 5;

/// What a route needs.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// The permission that the caller's key must have, if any.
    pub permission: Option<Permission>,
    /// Whether a publishable key will do, so that payers' pages may call it, from wherever they are.
    pub publishable: bool,
}

impl Route {
    /// A route for callers with a permission.
    pub const fn needs(permission: Permission) -> Self {
        Self {
            permission: Some(permission),
            publishable: false,
        }
    }

    /// A route for every caller with a valid key.
    pub const fn any_key() -> Self {
        Self {
            permission: None,
            publishable: false,
        }
    }

    /// The same, open to payers' pages.
    #[must_use]
    pub const fn for_pages_too(self) -> Self {
        Self {
            publishable: true,
            ..self
        }
    }
}

/// A request and the call it makes.
#[derive(Debug)]
pub struct Exchange {
    /// What was sent.
    pub request: Request,
    /// Who calls, and the use cases.
    pub call: Call,
}

/// A body that may have come as a form.
#[derive(Debug)]
pub struct Decoded {
    value: Value,
    textual: bool,
}

impl Decoded {
    /// Its fields.
    pub fn fields(&self) -> Fields {
        let values = self.value.as_object().cloned().unwrap_or_default();
        if self.textual {
            Fields::from_form(values)
        } else {
            Fields::from_json(values)
        }
    }

    /// What it says, for the request's fingerprint.
    pub fn value(&self) -> &Value {
        &self.value
    }
}

impl Exchange {
    /// The body as a JSON object; an absent body is an empty one.
    pub fn json(&self) -> Result<Value, Problem> {
        self.request.json()
    }

    /// The tenant, for reading only.
    pub async fn tenant(&self) -> Result<Scope, Problem> {
        Ok(self.call.tenant().await.map_err(Error::from)?)
    }

    /// Refuses a caller that lacks a permission beyond the route's own.
    pub async fn require(&self, permission: Permission) -> Result<(), Problem> {
        let caller = self.call.authorized().await.map_err(Error::from)?;
        Ok(caller.require(permission).map_err(Error::from)?)
    }

    /// Whether the caller has a permission beyond the route's own.
    pub async fn may(&self, permission: Permission) -> Result<bool, Problem> {
        let caller = self.call.authorized().await.map_err(Error::from)?;
        Ok(caller.may(permission))
    }

    /// The text of a number (or of anything else) at the top of a JSON body, exactly as it was sent: decimal amounts are
    /// never read as binary floats. `None` when there is none.
    pub fn raw(&self, name: &str) -> Option<String> {
        use serde_json::value::RawValue;
        let body: std::collections::HashMap<String, &RawValue> =
            serde_json::from_slice(self.request.body()).ok()?;
        body.get(name).map(|value| value.get().to_owned())
    }

    /// The body as a form with brackets (`metadata[order_id]=…`, `a[]=x`, `a[0]=x`) or as a JSON object, by its type.
    pub fn form_or_json(&self) -> Result<Decoded, Problem> {
        let is_json = self
            .request
            .header("content-type")
            .is_some_and(|t| t.to_ascii_lowercase().contains("json"));
        if is_json {
            return Ok(Decoded {
                value: self.json()?,
                textual: false,
            });
        }
        let text = std::str::from_utf8(self.request.body())
            .map_err(|_| Problem::MalformedBody("The request body is not valid UTF-8.".into()))?;
        let value = serde_qs::Config::new()
            .max_depth(FORM_MAX_DEPTH)
            .use_form_encoding(true)
            .deserialize_str(text)
            .map_err(|e| Problem::MalformedBody(format!("The request body is not a valid form: {e}.")))?;
        Ok(Decoded { value, textual: true })
    }

    /// The query's parameters.
    pub fn query(&self) -> Fields {
        Fields::from_query(self.request.query())
    }

    /// The query's parameters with their brackets read: `expand[]=customer`, `created[gte]=…`.
    pub fn nested_query(&self) -> Result<Fields, Problem> {
        let mut text = url::form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(self.request.query());
        let value: Value = serde_qs::Config::new()
            .max_depth(FORM_MAX_DEPTH)
            .use_form_encoding(true)
            .deserialize_str(&text.finish())
            .map_err(|e| Problem::MalformedBody(format!("The query is not valid: {e}.")))?;
        Ok(Fields::from_form(value.as_object().cloned().unwrap_or_default()))
    }

    /// The request's idempotency key and what it asks for: method, path and meaning of the body, which must hold no card
    /// number and no security code.
    pub fn idempotency(&self, body: &Value) -> Result<Option<Idempotency>, Problem> {
        if !self.request.has_header("idempotency-key") {
            return Ok(None);
        }
        // A header that is not text is a bad key, not an absent one: the caller counts on it.
        let key = idempotency_key(&self.request).ok_or(Problem::BadIdempotencyKey)?;
        Ok(Some(self.keyed(key, body)))
    }
}

impl Exchange {
    /// The same for a key that is not in the header: an order's own number, say.
    pub fn keyed(&self, key: IdempotencyKey, body: &Value) -> Idempotency {
        let route = format!("{} {}", self.request.method, self.request.path);
        let fingerprint = Fingerprint::of(&route, &[sorted(body).to_string().as_bytes()]);
        Idempotency { key, fingerprint }
    }
}

/// The key that a request came with, if it is one.
fn idempotency_key(request: &Request) -> Option<IdempotencyKey> {
    IdempotencyKey::parse(request.header("idempotency-key")?)
}

/// The same value with every object's keys in order: two spellings of one request have one fingerprint.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut pairs: Vec<_> = map
                .iter()
                .map(|(key, value)| (key.clone(), sorted(value)))
                .collect();
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(pairs.into_iter().collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

/// Runs a route of a front door until Lambda ends it.
pub async fn serve<A, H, F>(route: Route, handler: H) -> Result<(), lambda_http::Error>
where
    A: Api,
    H: Fn(Arc<Exchange>) -> F + Send + Sync + 'static,
    F: Future<Output = Result<Reply, Problem>> + Send + 'static,
{
    init_logs();
    let gateway = Gateway::start().await?;
    let handler = Arc::new(handler);
    event::run(move |request| {
        let (gateway, handler) = (gateway.clone(), handler.clone());
        async move { Ok(answer::<A, H, F>(&gateway, route, &*handler, request).await) }
    })
    .await
}

/// Runs the route that answers every path and method that no other route does. It needs no key and no table.
pub async fn serve_unknown_route<A: Api>() -> Result<(), lambda_http::Error> {
    init_logs();
    event::run(|request| async move {
        let request_id = request_id_without_gateway();
        let problem = if request.body().len() > BODY_MAX_BYTES {
            Problem::BodyTooLarge
        } else {
            Problem::UnknownRoute
        };
        let reply = A::problem(&problem, &request_id);
        tracing::info!(
            request_id,
            status = reply.status,
            method = request.method,
            "unknown route"
        );
        Ok(respond::<A>(&reply, &request_id, None))
    })
    .await
}

/// The same for a front door whose every answer tells a known caller where it stands in its rate window. It counts as a request.
/// Whoever is not known is told of the route all the same.
pub async fn serve_unknown_route_to_callers<A: Api>() -> Result<(), lambda_http::Error> {
    serve::<A, _, _>(Route::any_key(), |_| async { Err(Problem::UnknownRoute) }).await
}

fn request_id_without_gateway() -> String {
    use tollgate_gateway::{Entropy, OsEntropy};
    let mut bytes = [0; 16];
    OsEntropy.fill(&mut bytes);
    tollgate_domain::EventId::from_bytes(bytes).spell("req_")
}

/// Runs a page for people: no key, no JSON; `render` makes status, headers and body.
pub async fn serve_pages<H, F>(render: H) -> Result<(), lambda_http::Error>
where
    H: Fn(Gateway, Request) -> F + Send + Sync + 'static,
    F: Future<Output = Result<Response<Body>, lambda_http::Error>> + Send + 'static,
{
    init_logs();
    let gateway = Gateway::start().await?;
    let render = Arc::new(render);
    event::run(move |request: Request| {
        let (gateway, render) = (gateway.metered(), render.clone());
        async move {
            let began = Instant::now();
            let method = request.method.clone();
            let page = render(gateway.clone(), request).await?;
            // The path holds the link's token and is not logged.
            let logged = Logged {
                request_id: "",
                status: page.status().as_u16(),
                replayed: false,
                cost: gateway.cost(),
                began,
            };
            log("pages", &method, &logged);
            Ok(page)
        }
    })
    .await
}

async fn answer<A, H, F>(gateway: &Gateway, route: Route, handler: &H, request: Request) -> Response<Body>
where
    A: Api,
    H: Fn(Arc<Exchange>) -> F,
    F: Future<Output = Result<Reply, Problem>>,
{
    let began = Instant::now();
    let request_id = gateway.new_request_id();
    let credentials = match A::credentials(&request) {
        Ok(credentials) => credentials,
        Err(problem) => return respond::<A>(&A::problem(&problem, &request_id), &request_id, None),
    };
    let call = gateway.begin(
        A::FRONT_DOOR,
        Cause::new(request_id.as_str(), idempotency_key(&request).as_ref()),
        credentials,
        route.permission,
        route.publishable,
    );
    let exchange = Arc::new(Exchange { request, call });
    let outcome = run::<A, H, F>(&exchange, handler).await;
    let (reply, standing) = admit::<A>(&exchange, outcome, &request_id).await;
    let logged = Logged {
        request_id: &request_id,
        status: reply.status,
        replayed: reply.replayed,
        cost: exchange.call.cost(),
        began,
    };
    log(A::FRONT_DOOR.as_str(), &exchange.request.method, &logged);
    let now = exchange.call.now();
    let mut response = respond::<A>(&reply, &request_id, standing.map(|standing| (standing, now)));
    if route.publishable {
        allow_any_origin(&mut response);
    }
    response
}

/// A page of whatever origin may read the answer: the key that it came with is no secret.
fn allow_any_origin(response: &mut Response<Body>) {
    use lambda_http::http::HeaderValue;
    for (name, value) in [
        ("access-control-allow-origin", "*"),
        (
            "access-control-expose-headers",
            "x-request-id, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset, retry-after",
        ),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
}

/// Runs the route that answers a browser's question whether a page may call another one.
pub async fn serve_preflight() -> Result<(), lambda_http::Error> {
    init_logs();
    event::run(|_| async move {
        let mut response = Response::builder()
            .status(204)
            .header("access-control-allow-methods", "GET, POST")
            .header(
                "access-control-allow-headers",
                "authorization, content-type, idempotency-key",
            )
            .header("access-control-max-age", "600")
            .body(Body::Empty)?;
        allow_any_origin(&mut response);
        Ok(response)
    })
    .await
}

async fn run<A, H, F>(exchange: &Arc<Exchange>, handler: &H) -> Result<Reply, Problem>
where
    A: Api,
    H: Fn(Arc<Exchange>) -> F,
    F: Future<Output = Result<Reply, Problem>>,
{
    if exchange.request.body().len() > BODY_MAX_BYTES {
        return Err(Problem::BodyTooLarge);
    }
    A::check(&exchange.request)?;
    handler(exchange.clone()).await
}

/// Lets an outcome out only to a caller who was let in. Until here a handler may have read for a caller whose key is
/// bad by now; whatever it found is thrown away. A replay is let out over the rate limit, too: it costs no token.
async fn admit<A: Api>(
    exchange: &Exchange,
    outcome: Result<Reply, Problem>,
    request_id: &str,
) -> (Reply, Option<Standing>) {
    let replayed = outcome.as_ref().is_ok_and(|reply| reply.replayed);
    let (outcome, standing) = match exchange.call.admitted().await {
        Ok(_) if replayed => (outcome, exchange.call.give_token_back().await),
        Ok(admitted) => (outcome, Some(admitted.standing())),
        Err(Denied::RateLimited { standing, .. }) if replayed => (outcome, Some(standing)),
        // There is no such route for anybody, so who asks does not matter; how often does.
        Err(denied) if is_of_no_route(&outcome) && !matches!(denied, Denied::RateLimited { .. }) => {
            (outcome, denied.standing())
        }
        // What it may not do at all comes before how often it may.
        Err(Denied::RateLimited { standing, .. }) if is_forbidden(&outcome) => (outcome, Some(standing)),
        Err(denied) => {
            let standing = denied.standing();
            (Err(Error::from(denied).into()), standing)
        }
    };
    let reply = outcome.unwrap_or_else(|problem| {
        if let Problem::Gateway(
            error @ (Error::Store(_) | Error::Internal(_) | Error::Denied(Denied::Unavailable(_))),
        ) = &problem
        {
            tracing::error!(request_id, %error, "request failed");
        }
        A::problem(&problem, request_id)
    });
    (reply, standing)
}

fn is_of_no_route(outcome: &Result<Reply, Problem>) -> bool {
    matches!(outcome, Err(Problem::UnknownRoute))
}

fn is_forbidden(outcome: &Result<Reply, Problem>) -> bool {
    matches!(
        outcome,
        Err(Problem::Gateway(Error::Denied(
            Denied::MissingScope { .. } | Denied::PublishableKey { .. }
        )))
    )
}

/// What is logged of a request.
struct Logged<'a> {
    request_id: &'a str,
    status: u16,
    replayed: bool,
    cost: Cost,
    began: Instant,
}

/// One line for every request: what it was, what came of it, what it cost. Never a body, a key, a path or a header.
fn log(api: &str, method: &str, logged: &Logged<'_>) {
    tracing::info!(
        api,
        method,
        function = std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default(),
        request_id = logged.request_id,
        status = logged.status,
        replayed = logged.replayed,
        duration_ms = u64::try_from(logged.began.elapsed().as_millis()).unwrap_or(u64::MAX),
        calls = logged.cost.operations.join(","),
        depth = logged.cost.depth,
        read_units = logged.cost.read_units,
        write_units = logged.cost.write_units,
        "request"
    );
}

fn respond<A: Api>(
    reply: &Reply,
    request_id: &str,
    standing: Option<(Standing, Timestamp)>,
) -> Response<Body> {
    let mut response = Response::builder()
        .status(reply.status)
        .header("x-request-id", request_id);
    for (name, value) in A::headers() {
        response = response.header(*name, *value);
    }
    if let Some((standing, now)) = standing {
        response = response
            .header("x-ratelimit-limit", standing.limit)
            .header("x-ratelimit-remaining", standing.remaining)
            .header("x-ratelimit-reset", standing.reset_s);
        if reply.status == 429 {
            response = response.header("retry-after", standing.retry_after_s(now));
        }
    }
    if reply.replayed {
        response = response.header("idempotent-replayed", "true");
    }
    let body = match &reply.body {
        None => Body::Empty,
        Some(body) => {
            response = response.header("content-type", "application/json");
            Body::Text(match body {
                Content::Json(value) => tollgate_webhooks::to_js_string(value),
                Content::Verbatim(text) => text.clone(),
            })
        }
    };
    response
        .header("cache-control", "no-store")
        .body(body)
        .unwrap_or_else(|error| {
            // Every part above is text that HTTP allows.
            tracing::error!(%error, "answer could not be built");
            let mut response = Response::new(Body::Empty);
            *response.status_mut() = lambda_http::http::StatusCode::INTERNAL_SERVER_ERROR;
            response
        })
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
