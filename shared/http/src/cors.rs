//! Requests from payers' browsers: cross-origin headers and preflight requests.

use lambda_http::{Body, Error as LambdaError, Response, http::HeaderValue};

use tollgate_domain::FrontDoor;

use crate::plain::run;

/// Lets pages of any origin read the answer: the publishable key in the request is not secret.
pub(crate) fn allow_any_origin(response: &mut Response<Body>) {
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

/// Runs the route for a browser's preflight requests.
///
/// # Errors
/// Those of Lambda's runtime.
pub fn serve_preflight() -> Result<(), LambdaError> {
    run(FrontDoor::Intents.as_str(), |_| async move {
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
