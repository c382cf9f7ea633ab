//! Makes the HTTP response of a reply.

use lambda_http::{Body, Response};
use tollgate_apis::to_canonical;
use tollgate_domain::{Timestamp, rate_limit::RateLimitStatus};

use crate::{
    api::Api,
    reply::{Content, Reply},
    request::Request,
};

pub(crate) fn respond(
    api: &dyn Api,
    request: &Request,
    reply: &Reply,
    request_id: &str,
    rate_limit: Option<(RateLimitStatus, Timestamp)>,
) -> Response<Body> {
    let mut response = Response::builder().status(reply.status).header("x-request-id", request_id);
    let next = match &reply.body {
        Some(Content::Csv { next: Some(next), .. }) => Some(format!("<{next}>; rel=\"next\"")),
        Some(_) | None => None,
    };
    let mut links: Vec<String> = next.into_iter().collect();
    for (name, value) in api.headers(request) {
        // Several links are one header: an HTTP API passes on only one of a name.
        if name == "link" {
            links.insert(0, value);
        } else {
            response = response.header(name, value);
        }
    }
    if !links.is_empty() {
        response = response.header("link", links.join(", "));
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
            let (content_type, text) = match body {
                Content::Json(value) => ("application/json", to_canonical(value)),
                Content::Verbatim(text) => ("application/json", text.clone()),
                Content::Csv { text, .. } => ("text/csv; charset=utf-8; header=present", text.clone()),
            };
            response = response.header("content-type", content_type);
            Body::Text(text)
        }
    };
    response.header("cache-control", "no-store").body(body).unwrap_or_else(|error| {
        // Cannot happen: every header above is valid.
        tracing::error!(%error, "answer could not be built");
        let mut response = Response::new(Body::Empty);
        *response.status_mut() = lambda_http::http::StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}
