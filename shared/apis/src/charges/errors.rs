//! The errors of the `charges` API.

use serde::Serialize;
use tollgate_domain::{Denied, Refusal, payment};

use super::{
    names::{PAYMENT_PREFIX, VERSION},
    objects::status_name,
};
use crate::{Answer, ApiError, Problem, json::to_value};

/// The body of an error.
#[derive(Debug, Serialize)]
struct ErrorBody<'a> {
    error: ErrorObject<'a>,
}

#[derive(Debug, Serialize)]
struct ErrorObject<'a> {
    r#type: &'static str,
    code: &'static str,
    message: String,
    param: Option<String>,
    /// The request that failed. A retry of a declined payment gets the id of the first request.
    request_id: &'a str,
    /// The failed payment, if the card was declined.
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_id: Option<String>,
}

/// Status and body of a problem.
pub(super) fn answer(problem: &Problem, request_id: &str) -> Answer {
    let error = api_error(problem);
    let (request_id, payment_id) = match problem {
        Problem::Refused(Refusal::Declined { payment, request_id, .. }) => {
            (request_id.as_str(), Some(payment.to_prefixed(PAYMENT_PREFIX)))
        }
        _ => (request_id, None),
    };
    let body = ErrorBody {
        error: ErrorObject {
            r#type: error.kind.type_name("resource_missing"),
            code: error.code,
            message: error.message,
            param: error.param,
            request_id,
            payment_id,
        },
    };
    Answer { status: error.kind.status(), body: to_value(&body) }
}

/// The common error, except where the text of this API has its own.
fn api_error(problem: &Problem) -> ApiError {
    let error = ApiError::of(problem);
    match problem {
        // The text has one code for 401.
        Problem::Denied(Denied::NoKey) => ApiError { code: "invalid_api_key", ..error },
        Problem::Refused(Refusal::AmountTooSmall { minimum }) => {
            ApiError { message: format!("Amount must be at least {} (minor units)", minimum.minor), ..error }
        }
        Problem::UnknownApiVersion => {
            ApiError { message: format!("The X-API-Version header must be {VERSION} or absent."), ..error }
        }
        Problem::Refused(Refusal::Payment(payment::Refusal::UnexpectedStatus(status))) => ApiError {
            message: format!("The payment's status is {}, which does not allow this.", status_name(*status)),
            ..error
        },
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_failures_are_answered_in_the_documented_shape_and_without_their_cause() {
        let answer = answer(&Problem::Internal("TOLLGATE_TABLE is not set".into()), "req_1");
        let error = &answer.body["error"];
        assert_eq!((answer.status, error["type"].as_str()), (500, Some("api_error")));
        assert_eq!(
            (&error["code"], &error["request_id"]),
            (&"internal_server_error".into(), &"req_1".into())
        );
        assert!(!answer.body.to_string().contains("TOLLGATE_TABLE"));
    }
}
