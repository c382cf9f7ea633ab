//! The frame around every handler.

use std::{future::Future, pin::Pin, sync::Arc, time::Instant};

use lambda_http::{Body, Error as LambdaError, Response};
use tollgate_domain::{Denied, RequestRef, Timestamp, rate_limit::RateLimitStatus};
use tollgate_gateway::{Cost, Error, Gateway};

use crate::{
    api::{Api, Content, Reply},
    event,
    problem::Problem,
    request::{BODY_BYTES_MAX, Request},
    request_context::{RequestContext, Route, idempotency_key},
};

/// What a handler makes of a request, boxed: a frame that were generic over it would be compiled once more for every route,
/// with the runtime and all that it calls.
type Outcome = Pin<Box<dyn Future<Output = Result<Reply, Problem>> + Send>>;
type Handler = Box<dyn Fn(Arc<RequestContext>) -> Outcome + Send + Sync>;
type Page = Pin<Box<dyn Future<Output = Result<Response<Body>, LambdaError>> + Send>>;
type Render = Box<dyn Fn(Gateway, Request) -> Page + Send + Sync>;

/// Runs a route of a front door until Lambda ends it.
///
/// # Errors
/// What keeps the function from starting: its environment or its secrets.
pub fn serve<H, F>(api: &'static dyn Api, route: Route, handler: H) -> Result<(), LambdaError>
where
    H: Fn(Arc<RequestContext>) -> F + Send + Sync + 'static,
    F: Future<Output = Result<Reply, Problem>> + Send + 'static,
{
    serve_boxed(api, route, Box::new(move |ctx| Box::pin(handler(ctx))))
}

fn serve_boxed(api: &'static dyn Api, route: Route, handler: Handler) -> Result<(), LambdaError> {
    event::block_on(Box::pin(async move {
        let gateway = Gateway::start().await?;
        let frame = Arc::new(RouteService { gateway, api, route, handler });
        event::answer_requests(Box::new(move |request| {
            let frame = frame.clone();
            Box::pin(async move { Ok(frame.answer(request).await) })
        }))
        .await
    }))
}

/// Runs the route that answers every path and method that no other route does, of an API that tells every caller with a key
/// where it stands in its rate window.
///
/// # Errors
/// As those of [`serve`].
pub fn serve_counted_unknown_route(api: &'static dyn Api) -> Result<(), LambdaError> {
    let route = Route::any_key().for_pages_too();
    serve(api, route, |_| std::future::ready(Err(Problem::UnknownRoute)))
}

/// Runs the route that answers every path and method that no other route does. It needs no key and no table.
///
/// # Errors
/// Those of Lambda's runtime.
pub fn serve_unknown_route(api: &'static dyn Api) -> Result<(), LambdaError> {
    event::run(move |request| async move {
        let request_id = request_id_without_gateway();
        let problem =
            if request.body().len() > BODY_BYTES_MAX { Problem::BodyTooLarge } else { Problem::UnknownRoute };
        let reply = api.problem(&problem, &request_id);
        tracing::info!(request_id, status = reply.status, method = request.method, "unknown route");
        Ok(respond(api, &request, &reply, &request_id, None))
    })
}

fn request_id_without_gateway() -> String {
    use tollgate_gateway::{Entropy, OsEntropy};
    let mut bytes = [0; 16];
    OsEntropy.fill(&mut bytes);
    tollgate_domain::EventId::from_bytes(bytes).to_prefixed("req_")
}

/// Runs a page for people: no key, no JSON; `render` makes status, headers and body.
///
/// # Errors
/// As those of [`serve`].
pub fn serve_pages<H, F>(render: H) -> Result<(), LambdaError>
where
    H: Fn(Gateway, Request) -> F + Send + Sync + 'static,
    F: Future<Output = Result<Response<Body>, LambdaError>> + Send + 'static,
{
    serve_pages_boxed(Box::new(move |gateway, request| Box::pin(render(gateway, request))))
}

fn serve_pages_boxed(render: Render) -> Result<(), LambdaError> {
    event::block_on(Box::pin(async move {
        let gateway = Gateway::start().await?;
        let shared = Arc::new((gateway, render));
        event::answer_requests(Box::new(move |request| {
            let shared = shared.clone();
            Box::pin(async move { answer_page(&shared.0, &shared.1, request).await })
        }))
        .await
    }))
}

async fn answer_page(
    gateway: &Gateway,
    render: &Render,
    request: Request,
) -> Result<Response<Body>, LambdaError> {
    let began = Instant::now();
    let gateway = gateway.metered();
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

/// A route that runs.
struct RouteService {
    gateway: Gateway,
    api: &'static dyn Api,
    route: Route,
    handler: Handler,
}

impl RouteService {
    async fn answer(&self, request: Request) -> Response<Body> {
        let (api, route) = (self.api, self.route);
        let began = Instant::now();
        let request_id = self.gateway.new_request_id();
        let credentials = match api.credentials(&request) {
            Ok(credentials) => credentials,
            Err(problem) => {
                return respond(api, &request, &api.problem(&problem, &request_id), &request_id, None);
            }
        };
        let call = self.gateway.begin(
            api.front_door(),
            RequestRef::new(request_id.as_str(), idempotency_key(&request).as_ref()),
            credentials,
            route.permission,
            route.publishable,
        );
        let ctx = Arc::new(RequestContext { request, call });
        let outcome = self.handle(&ctx).await;
        let (reply, rate_limit) = admit(api, &ctx, outcome, &request_id).await;
        let logged = Logged {
            request_id: &request_id,
            status: reply.status,
            replayed: reply.replayed,
            cost: ctx.call.cost(),
            began,
        };
        log(api.front_door().as_str(), &ctx.request.method, &logged);
        let now = ctx.call.now();
        let rate_limit = rate_limit.map(|rate_limit| (rate_limit, now));
        let mut response = respond(api, &ctx.request, &reply, &request_id, rate_limit);
        if route.publishable {
            allow_any_origin(&mut response);
        }
        response
    }

    async fn handle(&self, ctx: &Arc<RequestContext>) -> Result<Reply, Problem> {
        if ctx.request.body().len() > BODY_BYTES_MAX {
            return Err(Problem::BodyTooLarge);
        }
        self.api.check(&ctx.request, ctx.call.now())?;
        (self.handler)(ctx.clone()).await
    }
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
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
}

/// Runs the route that answers a browser's question whether a page may call another one.
///
/// # Errors
/// Those of Lambda's runtime.
pub fn serve_preflight() -> Result<(), LambdaError> {
    event::run(|_| async move {
        let mut response = Response::builder()
            .status(204)
            .header("access-control-allow-methods", "GET, POST")
            .header("access-control-allow-headers", "authorization, content-type, idempotency-key")
            .header("access-control-max-age", "600")
            .body(Body::Empty)?;
        allow_any_origin(&mut response);
        Ok(response)
    })
}

/// Lets an outcome out only to a caller who was let in. Until here a handler may have read for a caller whose key is
/// bad by now; whatever it found is thrown away. A replay is let out over the rate limit, too: it costs no token.
async fn admit(
    api: &dyn Api,
    ctx: &RequestContext,
    outcome: Result<Reply, Problem>,
    request_id: &str,
) -> (Reply, Option<RateLimitStatus>) {
    let replayed = outcome.as_ref().is_ok_and(|reply| reply.replayed);
    let (outcome, rate_limit) = match ctx.call.admitted().await {
        Ok(_) if replayed => (outcome, ctx.call.give_token_back().await),
        Ok(admitted) => (outcome, Some(admitted.rate_limit())),
        Err(Denied::RateLimited { rate_limit, .. }) if replayed => (outcome, Some(rate_limit)),
        // What it may not do at all comes before how often it may.
        Err(Denied::RateLimited { rate_limit, .. }) if is_forbidden(&outcome) => (outcome, Some(rate_limit)),
        // That there is no such thing to be called is true for everybody.
        Err(denied) if is_nowhere(&outcome) && !matches!(denied, Denied::RateLimited { .. }) => {
            (outcome, denied.rate_limit())
        }
        Err(denied) => {
            let rate_limit = denied.rate_limit();
            (Err(Error::from(denied).into()), rate_limit)
        }
    };
    let reply = outcome.unwrap_or_else(|problem| {
        if let Problem::Gateway(
            error @ (Error::Store(_) | Error::Internal(_) | Error::Denied(Denied::Unavailable(_))),
        ) = &problem
        {
            tracing::error!(request_id, %error, "request failed");
        }
        api.problem(&problem, request_id)
    });
    (reply, rate_limit)
}

fn is_forbidden(outcome: &Result<Reply, Problem>) -> bool {
    matches!(
        outcome,
        Err(Problem::Gateway(Error::Denied(Denied::MissingScope { .. } | Denied::PublishableKey { .. })))
    )
}

fn is_nowhere(outcome: &Result<Reply, Problem>) -> bool {
    matches!(outcome, Err(Problem::UnknownRoute | Problem::VersionEnded))
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

fn respond(
    api: &dyn Api,
    request: &Request,
    reply: &Reply,
    request_id: &str,
    rate_limit: Option<(RateLimitStatus, Timestamp)>,
) -> Response<Body> {
    let mut response = Response::builder().status(reply.status).header("x-request-id", request_id);
    for (name, value) in api.headers(request) {
        response = response.header(name, value);
    }
    if let Some((rate_limit, now)) = rate_limit {
        response = response
            .header("x-ratelimit-limit", rate_limit.limit)
            .header("x-ratelimit-remaining", rate_limit.remaining)
            .header("x-ratelimit-reset", rate_limit.reset_s);
        if reply.status == 429 {
            response = response.header("retry-after", rate_limit.retry_after_s(now));
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
    response.header("cache-control", "no-store").body(body).unwrap_or_else(|error| {
        // Every part above is text that HTTP allows.
        tracing::error!(%error, "answer could not be built");
        let mut response = Response::new(Body::Empty);
        *response.status_mut() = lambda_http::http::StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}
