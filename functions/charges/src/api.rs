//! Credentials, headers and errors of the `charges` API.

use serde_json::{Value, json};
use tollgate_domain::{Denied, FrontDoor, Refusal, Timestamp, payment};
use tollgate_gateway::{Credentials, Error};
use tollgate_http::{Api, ApiError, ErrorKind, Problem, Reply, Request, bearer_token};
use tollgate_webhooks::render::charges::{PAYMENT_PREFIX, status_word};

/// The one version there is, and what a request without `X-API-Version` gets.
pub const API_VERSION: &str = "2025-09-01";

/// The `charges` API.
#[derive(Clone, Copy, Debug)]
pub struct Charges;

impl Api for Charges {
    fn front_door(&self) -> FrontDoor {
        FrontDoor::Charges
    }

    fn credentials(&self, request: &Request) -> Result<Option<Credentials>, Problem> {
        Ok(bearer_token(request).map(Credentials::from))
    }

    fn check(&self, request: &Request, _now: Timestamp) -> Result<(), Problem> {
        match request.header("x-api-version") {
            None | Some(API_VERSION) => Ok(()),
            Some(_) => Err(Problem::UnknownApiVersion),
        }
    }

    fn headers(&self, _request: &Request) -> Vec<(&'static str, String)> {
        vec![("x-api-version", API_VERSION.to_owned())]
    }

    fn problem(&self, problem: &Problem, request_id: &str) -> Reply {
        let error = api_error_of(problem);
        let mut body = json!({
            "type": error_type(error.kind),
            "code": error.code,
            "message": error.message,
            "param": error.param,
            "request_id": request_id,
        });
        if let Problem::Gateway(Error::Refused(Refusal::Declined { payment, request_id, .. })) = problem {
            body["payment_id"] = json!(payment.to_prefixed(PAYMENT_PREFIX));
            // A retry is told what the first request was told, by the first request's id.
            body["request_id"] = json!(request_id);
        }
        Reply::new(error.kind.status(), json!({"error": body}))
    }
}

const fn error_type(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidRequest | ErrorKind::TooLarge => "invalid_request_error",
        ErrorKind::Authentication => "authentication_error",
        ErrorKind::Card => "card_error",
        ErrorKind::Permission => "permission_error",
        ErrorKind::Missing => "resource_missing",
        ErrorKind::Idempotency => "idempotency_error",
        ErrorKind::RateLimit => "rate_limit_error",
        ErrorKind::Api => "api_error",
    }
}

/// The common words, but for what this API's text says itself.
fn api_error_of(problem: &Problem) -> ApiError {
    let error = ApiError::of(problem);
    match problem {
        // The one code that the text has for 401.
        Problem::Gateway(Error::Denied(Denied::NoKey)) => ApiError { code: "invalid_api_key", ..error },
        Problem::Gateway(Error::Refused(Refusal::AmountTooSmall { minimum })) => {
            ApiError { message: format!("Amount must be at least {} (minor units)", minimum.minor), ..error }
        }
        Problem::UnknownApiVersion => ApiError {
            message: format!("The X-API-Version header must be {API_VERSION} or absent."),
            ..error
        },
        Problem::Gateway(Error::Refused(Refusal::Payment(payment::Refusal::UnexpectedStatus(status)))) => {
            ApiError {
                message: format!(
                    "The payment's status is {}, which does not allow this.",
                    status_word(*status)
                ),
                ..error
            }
        }
        _ => error,
    }
}

/// `GET /v1/health`'s body.
pub fn health() -> Value {
    json!({"status": "ok", "version": API_VERSION})
}

#[cfg(test)]
mod tests {
    use tollgate_gateway::StoreError;
    use tollgate_http::Content;

    use super::*;

    #[test]
    fn our_own_failures_are_told_in_the_documented_shape_and_without_their_cause() {
        let cause = StoreError::Environment("TOLLGATE_TABLE");
        let reply = Charges.problem(&Problem::Gateway(cause.into()), "req_1");
        let Some(Content::Json(body)) = reply.body else { unreachable!("it is JSON") };
        assert_eq!((reply.status, body["error"]["type"].as_str()), (500, Some("api_error")));
        assert_eq!(body["error"]["code"], "internal_server_error");
        assert_eq!(body["error"]["request_id"], "req_1");
        assert!(!body.to_string().contains("TOLLGATE_TABLE"));
    }
}
