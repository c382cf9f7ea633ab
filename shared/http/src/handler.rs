//! Runs the handler of a route: authentication, limits and the answer around it.

use std::{future::Future, pin::Pin, sync::Arc, time::Instant};

use lambda_http::{Body, Error as LambdaError, Response};
use tollgate_apis::{BODY_BYTES_MAX, Problem};
use tollgate_domain::{Permission, RequestRef, Timestamp};
use tollgate_gateway::{Cost, Gateway};

use crate::{
    access_log::{Logged, log},
    admission::admit,
    api::Api,
    cors::allow_any_origin,
    event,
    reply::Reply,
    request::Request,
    request_context::{RequestContext, Route, idempotency_key},
    response::respond,
};

/// The future of a handler. It is boxed: code that is generic over handlers would be compiled again for every route, with the
/// runtime and all that it calls.
type Outcome = Pin<Box<dyn Future<Output = Result<Reply, Problem>> + Send>>;
type Handler = Box<dyn Fn(Arc<RequestContext>) -> Outcome + Send + Sync>;

/// Runs a route of a front door until Lambda ends it.
///
/// # Errors
/// The function cannot start: its environment or its secrets are missing or invalid.
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
        let service = Arc::new(RouteService { gateway, api, route, handler });
        event::answer_requests(Box::new(move |request| {
            let service = service.clone();
            Box::pin(async move { Ok(service.answer(request).await) })
        }))
        .await
    }))
}

/// A route that runs.
struct RouteService {
    gateway: Gateway,
    api: &'static dyn Api,
    route: Route,
    handler: Handler,
}

/// What is known of a request when it is answered.
struct Answered<'a> {
    request_id: &'a str,
    cost: Cost,
    now: Timestamp,
    began: Instant,
}

impl RouteService {
    async fn answer(&self, request: Request) -> Response<Body> {
        let (api, route) = (self.api, self.route);
        let began = Instant::now();
        let request_id = self.gateway.new_request_id();
        let credentials = match api.credentials(&request) {
            Ok(credentials) => credentials,
            Err(problem) => {
                let reply = api.problem(&problem, &request_id);
                let (cost, now) = (Cost::default(), self.gateway.now());
                self.log(&request, &reply, Answered { request_id: &request_id, cost, now, began });
                return respond(api, &request, &reply, &request_id, None);
            }
        };
        let call = self.gateway.begin(
            api.published().front_door(),
            RequestRef::new(request_id.as_str(), idempotency_key(&request).as_ref()),
            credentials,
            route.permission,
            route.publishable,
        );
        let ctx = Arc::new(RequestContext { request, call });
        let outcome = self.handle(&ctx).await;
        let (reply, rate_limit) = admit(api, &ctx, outcome, &request_id).await;
        let (cost, now) = (ctx.call.cost(), ctx.call.now());
        self.log(&ctx.request, &reply, Answered { request_id: &request_id, cost, now, began });
        let rate_limit = rate_limit.map(|rate_limit| (rate_limit, now));
        let mut response = respond(api, &ctx.request, &reply, &request_id, rate_limit);
        if route.publishable {
            allow_any_origin(&mut response);
        }
        response
    }

    fn log(&self, request: &Request, reply: &Reply, answered: Answered<'_>) {
        let Answered { request_id, cost, now, began } = answered;
        log(&Logged {
            api: self.api.published().front_door().as_str(),
            method: &request.method,
            request_id,
            status: reply.status,
            replayed: reply.replayed,
            writes_payments: self.route.permission == Some(Permission::PaymentsWrite),
            cost,
            now,
            began,
        });
    }

    async fn handle(&self, ctx: &Arc<RequestContext>) -> Result<Reply, Problem> {
        if ctx.request.body().len() > BODY_BYTES_MAX {
            return Err(Problem::BodyTooLarge);
        }
        self.api.check(&ctx.request, ctx.call.now())?;
        (self.handler)(ctx.clone()).await
    }
}
