//! Credentials, headers and errors of the `charges` API.

use serde_json::{Value, json};
use tollgate_domain::{FrontDoor, metadata::BadMetadata, money::MAX_AMOUNT_MINOR, payment};
use tollgate_gateway::{Denied, Error, Refusal, Thing};
use tollgate_http::{Api, FieldError, Issue, Problem, Reply, Request, bearer_token};
use tollgate_webhooks::render::charges::{PAYMENT_PREFIX, payment_status};

/// The one version there is, and what a request without `X-API-Version` gets.
pub const API_VERSION: &str = "2025-09-01";

/// The `charges` API.
#[derive(Clone, Copy, Debug)]
pub struct Charges;

impl Api for Charges {
    const FRONT_DOOR: FrontDoor = FrontDoor::Charges;

    fn credentials(request: &Request) -> Option<String> {
        bearer_token(request).map(str::to_owned)
    }

    fn check(request: &Request) -> Result<(), Problem> {
        match request.header("x-api-version") {
            None | Some(API_VERSION) => Ok(()),
            Some(_) => Err(Problem::UnknownApiVersion),
        }
    }

    fn headers() -> &'static [(&'static str, &'static str)] {
        &[("x-api-version", API_VERSION)]
    }

    fn problem(problem: &Problem, request_id: &str) -> Reply {
        let said = Said::of(problem);
        let mut error = json!({
            "type": said.kind.error_type(),
            "code": said.code,
            "message": said.message,
            "param": said.param,
            "request_id": request_id,
        });
        if let Problem::Gateway(Error::Refused(Refusal::Declined {
            payment, request_id, ..
        })) = problem
        {
            error["payment_id"] = json!(payment.spell(PAYMENT_PREFIX));
            // A retry is told what the first request was told, by the first request's id.
            error["request_id"] = json!(request_id);
        }
        Reply::new(said.kind.status(), json!({"error": error}))
    }
}

/// The rows of the text's table of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    InvalidRequest,
    TooLarge,
    Authentication,
    Card,
    Permission,
    Missing,
    Idempotency,
    RateLimit,
    Api,
}

impl Kind {
    const fn status(self) -> u16 {
        match self {
            Self::InvalidRequest => 400,
            Self::Authentication => 401,
            Self::Card => 402,
            Self::Permission => 403,
            Self::Missing => 404,
            Self::Idempotency => 409,
            Self::TooLarge => 413,
            Self::RateLimit => 429,
            Self::Api => 500,
        }
    }

    const fn error_type(self) -> &'static str {
        match self {
            Self::InvalidRequest | Self::TooLarge => "invalid_request_error",
            Self::Authentication => "authentication_error",
            Self::Card => "card_error",
            Self::Permission => "permission_error",
            Self::Missing => "resource_missing",
            Self::Idempotency => "idempotency_error",
            Self::RateLimit => "rate_limit_error",
            Self::Api => "api_error",
        }
    }
}

/// A problem in this API's words.
struct Said {
    kind: Kind,
    code: &'static str,
    message: String,
    param: Option<String>,
}

fn said(kind: Kind, code: &'static str, message: impl Into<String>) -> Said {
    Said {
        kind,
        code,
        message: message.into(),
        param: None,
    }
}

impl Said {
    fn about(self, param: impl Into<String>) -> Self {
        Self {
            param: Some(param.into()),
            ..self
        }
    }

    fn of(problem: &Problem) -> Self {
        match problem {
            Problem::Field(error) => Self::of_field(error),
            Problem::MalformedBody(message) => said(Kind::InvalidRequest, "invalid_json", message.as_str()),
            Problem::BodyTooLarge => said(
                Kind::TooLarge,
                "request_too_large",
                format!(
                    "The request body must have at most {} bytes.",
                    tollgate_http::BODY_MAX_BYTES
                ),
            ),
            Problem::UnknownRoute => said(
                Kind::Missing,
                "route_not_found",
                "There is no such path, or not with this method. Check the method and the path of the request.",
            ),
            Problem::BadIdempotencyKey => said(
                Kind::InvalidRequest,
                "invalid_idempotency_key",
                "The Idempotency-Key header must have 1 to 255 printable ASCII characters.",
            )
            .about("Idempotency-Key"),
            Problem::UnknownApiVersion => said(
                Kind::InvalidRequest,
                "invalid_api_version",
                format!("The X-API-Version header must be {API_VERSION} or absent."),
            )
            .about("X-API-Version"),
            Problem::Gateway(error) => match error {
                Error::Denied(denied) => Self::of_denied(denied),
                Error::Refused(refusal) => Self::of_refusal(refusal),
                Error::Store(_) | Error::Internal(_) => Self::internal(),
            },
        }
    }

    fn internal() -> Self {
        said(
            Kind::Api,
            "internal_server_error",
            "Something went wrong on our side. Retry with exponential backoff and the same Idempotency-Key.",
        )
    }

    fn of_field(error: &FieldError) -> Self {
        let param = error.dotted();
        let code = match &error.issue {
            Issue::Missing => "missing_param",
            Issue::Unknown => "unknown_param",
            Issue::Metadata(BadMetadata::TooManyKeys) => "too_many_metadata_keys",
            Issue::Metadata(_) => "invalid_metadata",
            Issue::NotValid(_) if param == "currency" => "invalid_currency",
            Issue::NotValid(_) if param == "email" => "invalid_email",
            Issue::NotA(_)
            | Issue::TooLong(_)
            | Issue::Empty
            | Issue::ControlCharacters
            | Issue::NotOneOf(_)
            | Issue::OutOfRange(..)
            | Issue::TooMany(_)
            | Issue::NotValid(_) => "invalid_param",
        };
        said(Kind::InvalidRequest, code, format!("{param} {}", error.issue)).about(param)
    }

    fn of_denied(denied: &Denied) -> Self {
        match denied {
            Denied::NoKey => said(
                Kind::Authentication,
                "missing_api_key",
                "No API key was sent. Send it in the header Authorization: Bearer <key>.",
            ),
            Denied::InvalidKey => said(
                Kind::Authentication,
                "invalid_api_key",
                "The API key is not valid: it does not exist, was revoked or has expired.",
            ),
            Denied::MissingScope { needed, .. } => said(
                Kind::Permission,
                "scope_missing",
                format!(
                    "The API key lacks the scope {}. Use a key that has it.",
                    needed.as_str()
                ),
            ),
            Denied::PublishableKey { .. } => said(
                Kind::Permission,
                "scope_missing",
                "A publishable key may not do this. Use a secret key (sk_…) from your server.",
            ),
            Denied::RateLimited { standing, now } => said(
                Kind::RateLimit,
                "too_many_requests",
                format!(
                    "More than {} requests in a minute. Retry in {} seconds.",
                    standing.limit,
                    standing.retry_after_s(*now)
                ),
            ),
            Denied::Unavailable(_) => Self::internal(),
        }
    }

    fn of_refusal(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::NotFound(thing) | Refusal::NoSuchReference(thing) => {
                let found = said(
                    Kind::Missing,
                    not_found_code(*thing),
                    format!("There is no such {}.", thing.noun()),
                );
                match refusal {
                    Refusal::NotFound(_) => found.about("id"),
                    _ => found.about(format!("{}_id", thing.noun().replace(' ', "_"))),
                }
            }
            Refusal::NoSuchCursor => said(
                Kind::InvalidRequest,
                "invalid_cursor",
                "starting_after must be the id of something that this list holds.",
            )
            .about("starting_after"),
            Refusal::IdempotencyKeyReused => said(
                Kind::Idempotency,
                "key_reused",
                "This Idempotency-Key was used with another request. Use a new key for a new request.",
            )
            .about("Idempotency-Key"),
            Refusal::AmountTooSmall { minimum } => said(
                Kind::InvalidRequest,
                "amount_too_small",
                format!("Amount must be at least {minimum} (minor units)"),
            )
            .about("amount"),
            Refusal::AmountTooLarge => said(
                Kind::InvalidRequest,
                "amount_too_large",
                format!("Amount must be at most {MAX_AMOUNT_MINOR} (minor units)"),
            )
            .about("amount"),
            Refusal::InvalidToken => said(
                Kind::InvalidRequest,
                "invalid_token",
                "The token is not valid. Send a token of this source type, never a card number.",
            )
            .about("source.token"),
            Refusal::NoNetwork => said(
                Kind::InvalidRequest,
                "live_payments_not_enabled",
                "No network is connected for live payments with this source. Use a test key (sk_test_…).",
            )
            .about("source"),
            Refusal::Declined { decline, .. } => {
                said(Kind::Card, decline.code(), decline.message()).about("source")
            }
            Refusal::Payment(refusal) => Self::of_payment(*refusal),
            Refusal::TooManyEndpoints => said(
                Kind::InvalidRequest,
                "too_many_webhook_endpoints",
                "There are too many webhook endpoints.",
            ),
            Refusal::UnsafeEndpoint(why) => {
                said(Kind::InvalidRequest, "invalid_param", why.as_str()).about("url")
            }
        }
    }

    fn of_payment(refusal: payment::Refusal) -> Self {
        match refusal {
            payment::Refusal::UnexpectedStatus(status) => said(
                Kind::InvalidRequest,
                "payment_unexpected_status",
                format!(
                    "The payment's status is {}, which does not allow this.",
                    payment_status(status)
                ),
            ),
            payment::Refusal::RefundTooLarge { refundable } => said(
                Kind::InvalidRequest,
                "refund_amount_too_large",
                format!("Amount must be at most {refundable} (minor units), what is left to refund."),
            )
            .about("amount"),
            payment::Refusal::AlreadyRefunded => said(
                Kind::InvalidRequest,
                "payment_already_refunded",
                "The payment has already been refunded in full.",
            )
            .about("payment_id"),
            payment::Refusal::RefundNotPositive => said(
                Kind::InvalidRequest,
                "amount_too_small",
                "Amount must be at least 1 (minor units)",
            )
            .about("amount"),
            payment::Refusal::SenselessOutcome => Self::internal(),
        }
    }
}

const fn not_found_code(thing: Thing) -> &'static str {
    match thing {
        Thing::Payment => "payment_not_found",
        Thing::Refund => "refund_not_found",
        Thing::Customer => "customer_not_found",
        Thing::WebhookEndpoint => "webhook_endpoint_not_found",
    }
}

/// `GET /v1/health`'s body.
pub fn health() -> Value {
    json!({"status": "ok", "version": API_VERSION})
}

#[cfg(test)]
mod tests {
    use tollgate_gateway::StoreError;

    use super::*;

    #[test]
    fn our_own_failures_are_told_in_the_documented_shape_and_without_their_cause() {
        let cause = StoreError::Environment("TOLLGATE_TABLE");
        let reply = Charges::problem(&Problem::Gateway(cause.into()), "req_1");
        let body = reply.body.unwrap();
        assert_eq!(
            (reply.status, body["error"]["type"].as_str()),
            (500, Some("api_error"))
        );
        assert_eq!(body["error"]["code"], "internal_server_error");
        assert_eq!(body["error"]["request_id"], "req_1");
        assert!(!body.to_string().contains("TOLLGATE_TABLE"));
    }
}
