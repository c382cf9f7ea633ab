//! The errors of the `direct` API.

use serde::Serialize;
use tollgate_domain::{Money, Refusal, Resource};

use crate::{Answer, ApiError, FieldError, Issue, Problem, json::to_value};

/// The body of an error.
#[derive(Debug, Serialize)]
struct ErrorBody {
    error: ErrorObject,
}

#[derive(Debug, Serialize)]
struct ErrorObject {
    r#type: &'static str,
    code: &'static str,
    message: String,
    param: Option<String>,
}

/// Status and body of a problem.
pub(super) fn answer(problem: &Problem) -> Answer {
    let error = api_error(problem);
    let body = ErrorBody {
        error: ErrorObject {
            r#type: error.kind.type_name("not_found_error"),
            code: error.code,
            message: error.message,
            param: error.param,
        },
    };
    Answer { status: error.kind.status(), body: to_value(&body) }
}

/// The common error, except where the text of this API has its own.
fn api_error(problem: &Problem) -> ApiError {
    let error = ApiError::of(problem);
    let with_message = |error, message: &str| ApiError { message: message.to_owned(), ..error };
    match problem {
        Problem::Refused(Refusal::AmountTooSmall { minimum }) => {
            with_message(error, &format!("Amount must be at least {}", price(*minimum)))
        }
        Problem::Refused(Refusal::NoSuchReference(Resource::Customer)) => error.about("customer.id"),
        Problem::RefusedParam(_, Refusal::InvalidToken) => with_message(
            error,
            "The token is not valid. Send the token that the wallet gave you, never a card number.",
        ),
        Problem::RefusedParam(_, Refusal::NoProcessor) => with_message(
            error,
            "No network is connected for live payments with this payment method. Use a test key (sk_test_…).",
        ),
        Problem::Field(FieldError { issue: Issue::OutOfRange(..), .. }) => {
            ApiError { code: "out_of_range", ..error }
        }
        _ => error,
    }
}

/// `$0.50 USD`, as the text has it; without a sign for other currencies.
fn price(amount: Money) -> String {
    let sign = if amount.currency.code() == "USD" { "$" } else { "" };
    format!("{sign}{amount}")
}
