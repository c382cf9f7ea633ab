//! Credentials, access tokens and errors of the `direct` API.

use serde_json::{Value, json};
use tollgate_domain::{FrontDoor, Money, Refusal, Resource};
use tollgate_gateway::{ACCESS_TOKEN_S, Credentials, Error};
use tollgate_http::{
    Api, ApiError, ErrorKind, FieldError, Fields, Issue, Problem, Reply, Request, bearer_token,
};

/// Longest client id or secret that is looked at, in characters.
const CREDENTIAL_CHARS_MAX: usize = 256;

/// The `direct` API.
#[derive(Clone, Copy, Debug)]
pub struct Direct;

impl Api for Direct {
    fn front_door(&self) -> FrontDoor {
        FrontDoor::Direct
    }

    fn credentials(&self, request: &Request) -> Result<Option<Credentials>, Problem> {
        Ok(bearer_token(request).map(Credentials::from))
    }

    fn problem(&self, problem: &Problem, _request_id: &str) -> Reply {
        let error = api_error_of(problem);
        let body = json!({
            "type": error_type(error.kind),
            "code": error.code,
            "message": error.message,
            "param": error.param,
        });
        Reply::new(error.kind.status(), json!({"error": body}))
    }
}

/// `POST /v1/auth/token`: the same API, but for where the credentials are.
#[derive(Clone, Copy, Debug)]
pub struct TokenEndpoint;

impl Api for TokenEndpoint {
    fn front_door(&self) -> FrontDoor {
        FrontDoor::Direct
    }

    /// The body's `client_id` is the merchant's id, its `client_secret` one of the merchant's secret keys.
    fn credentials(&self, request: &Request) -> Result<Option<Credentials>, Problem> {
        let mut body = Fields::of(&request.json()?);
        let merchant = body.required_string("client_id", CREDENTIAL_CHARS_MAX)?;
        let secret = body.required_string("client_secret", CREDENTIAL_CHARS_MAX)?;
        Ok(Some(Credentials { secret, merchant: Some(merchant) }))
    }

    fn problem(&self, problem: &Problem, request_id: &str) -> Reply {
        Direct.problem(problem, request_id)
    }
}

/// The answer that gives out an access token.
pub fn access_token(token: &str) -> Value {
    json!({"access_token": token, "token_type": "Bearer", "expires_in": ACCESS_TOKEN_S})
}

const fn error_type(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidRequest | ErrorKind::TooLarge => "invalid_request_error",
        ErrorKind::Authentication => "authentication_error",
        ErrorKind::Card => "card_error",
        ErrorKind::Permission => "permission_error",
        ErrorKind::Missing => "not_found_error",
        ErrorKind::Idempotency => "idempotency_error",
        ErrorKind::RateLimit => "rate_limit_error",
        ErrorKind::Api => "api_error",
    }
}

/// The common words, but for what this API's text says itself.
fn api_error_of(problem: &Problem) -> ApiError {
    let error = ApiError::of(problem);
    match problem {
        Problem::Gateway(Error::Refused(Refusal::AmountTooSmall { minimum })) => ApiError {
            message: format!("Amount must be at least {}", price(*minimum)),
            ..error
        },
        Problem::Gateway(Error::Refused(Refusal::NoSuchReference(Resource::Customer))) => {
            error.about("customer.id")
        }
        Problem::About(_, Error::Refused(Refusal::InvalidToken)) => ApiError {
            message: "The token is not valid. Send the token that the wallet gave you, never a card number.".to_owned(),
            ..error
        },
        Problem::About(_, Error::Refused(Refusal::NoProcessor)) => ApiError {
            message: "No network is connected for live payments with this payment method. Use a test key (sk_test_…)."
                .to_owned(),
            ..error
        },
        Problem::Field(FieldError {
            issue: Issue::OutOfRange(..),
            ..
        }) => ApiError {
            code: "out_of_range",
            ..error
        },
        _ => error,
    }
}

/// `$0.50 USD`, as the text has it; without a sign for other currencies.
fn price(amount: Money) -> String {
    let sign = if amount.currency.code() == "USD" { "$" } else { "" };
    format!("{sign}{amount}")
}
