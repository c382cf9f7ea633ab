//! The errors of the `intents` API.

use serde::Serialize;
use tollgate_domain::{
    BadCard, Denied, KeyRefusal, Refusal, Resource,
    access::LIVE_KEYS_MAX,
    dispute::{DisputeRefusal, EVIDENCE_BYTES_MAX},
    money::AMOUNT_MINOR_MAX,
    payment,
};

use super::{billing_errors, objects::payment_status, payout_errors};
use crate::{Answer, ApiError as CommonError, BODY_BYTES_MAX, FieldError, Issue, Problem, json::to_value};

/// The body of an error.
#[derive(Debug, Serialize)]
struct ErrorBody {
    error: ErrorObject,
}

#[derive(Debug, Serialize)]
struct ErrorObject {
    r#type: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    param: Option<String>,
    /// Seconds to wait, if the rate limit was exceeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<i64>,
}

/// Status and body of a problem.
pub(super) fn answer(problem: &Problem) -> Answer {
    let error = ApiError::of(problem);
    let retry_after = match problem {
        Problem::Denied(Denied::RateLimited { rate_limit, now }) => Some(rate_limit.retry_after_s(*now)),
        _ => None,
    };
    let body = ErrorBody {
        error: ErrorObject {
            r#type: error.error_type,
            message: error.message,
            code: error.code,
            param: error.param,
            retry_after,
        },
    };
    Answer { status: error.status, body: to_value(&body) }
}

/// A problem in this API's words.
struct ApiError {
    status: u16,
    error_type: &'static str,
    code: Option<&'static str>,
    message: String,
    param: Option<String>,
}

const INVALID: &str = "invalid_request_error";

fn api_error(
    status: u16,
    error_type: &'static str,
    code: Option<&'static str>,
    message: impl Into<String>,
) -> ApiError {
    ApiError { status, error_type, code, message: message.into(), param: None }
}

impl ApiError {
    fn about(self, param: impl Into<String>) -> Self {
        Self { param: Some(param.into()), ..self }
    }

    fn of(problem: &Problem) -> Self {
        match problem {
            Problem::Field(error) => Self::of_field(error),
            Problem::Fields(errors) => errors.first().map_or_else(Self::internal, Self::of_field),
            Problem::MalformedBody(message) => api_error(400, INVALID, None, message.as_str()),
            Problem::BodyTooLarge => api_error(
                413,
                INVALID,
                None,
                format!("The request body must have at most {BODY_BYTES_MAX} bytes."),
            ),
            Problem::UnknownRoute => api_error(
                404,
                INVALID,
                Some("route_not_found"),
                "Unrecognized request URL or method. Check the method and the path of the request.",
            ),
            Problem::BadIdempotencyKey => api_error(
                400,
                "idempotency_error",
                None,
                "The Idempotency-Key header must have 1 to 255 printable ASCII characters.",
            ),
            Problem::VersionEnded => api_error(
                410,
                INVALID,
                Some("api_version_ended"),
                "Version 1 of this API ended on 31 December 2026. Use version 2.",
            ),
            Problem::UnknownApiVersion => api_error(400, INVALID, None, "Unknown API version."),
            Problem::Denied(denied) => Self::of_denied(denied),
            Problem::RefusedParam(_, refusal) | Problem::Refused(refusal) => Self::of_refusal(refusal),
            Problem::Internal(_) => Self::internal(),
        }
    }

    fn internal() -> Self {
        api_error(
            500,
            "api_error",
            None,
            "Something went wrong on our side. Retry with the same Idempotency-Key.",
        )
    }

    fn of_field(error: &FieldError) -> Self {
        let param = error.bracketed();
        let (code, message) = match &error.issue {
            Issue::Missing => (Some("parameter_missing"), format!("Missing required param: {param}.")),
            Issue::Unknown => (Some("parameter_unknown"), format!("Received unknown parameter: {param}")),
            Issue::Unsupported => (
                Some("parameter_unsupported"),
                format!("{param} is a parameter that this gateway does not support. Leave it out."),
            ),
            Issue::Empty => (Some("parameter_invalid_empty"), format!("{param} {}", error.issue)),
            Issue::NotInteger => (Some("parameter_invalid_integer"), format!("{param} {}", error.issue)),
            Issue::NotUrl => (Some("url_invalid"), format!("{param} {}", error.issue)),
            Issue::NotA(_)
            | Issue::TooLong(_)
            | Issue::ControlCharacters
            | Issue::NotOneOf(_)
            | Issue::OutOfRange(..)
            | Issue::TooMany(_)
            | Issue::NotValid(_)
            | Issue::Other(_)
            | Issue::Metadata(_) => (None, format!("{param} {}", error.issue)),
        };
        api_error(400, INVALID, code, message).about(param)
    }

    fn of_denied(denied: &Denied) -> Self {
        match denied {
            Denied::NoKey => api_error(
                401,
                "authentication_error",
                None,
                "You did not provide an API key. Send it as Authorization: Bearer <key>, or as the user of Basic auth.",
            ),
            Denied::InvalidKey { .. } => {
                api_error(401, "authentication_error", Some("api_key_invalid"), "Invalid API key provided.")
            }
            Denied::MissingScope { needed, .. } => api_error(
                403,
                "permission_error",
                None,
                format!("The API key lacks the scope {}.", needed.as_str()),
            ),
            Denied::PublishableKey { .. } => api_error(
                403,
                "permission_error",
                Some("secret_key_required"),
                "A publishable key may not do this. Use a secret key from your server.",
            ),
            Denied::RateLimited { .. } => api_error(429, "rate_limit_exceeded", None, "Too many requests."),
            Denied::Unavailable(_) => Self::internal(),
        }
    }

    fn of_key(refusal: KeyRefusal) -> Self {
        match refusal {
            KeyRefusal::TooMany => api_error(
                400,
                INVALID,
                Some("too_many_api_keys"),
                format!(
                    "There can be at most {LIVE_KEYS_MAX} API keys in each mode that are neither revoked nor expired. Revoke one first."
                ),
            ),
            KeyRefusal::Ended => api_error(
                400,
                INVALID,
                Some("api_key_ended"),
                "The API key is revoked or has expired, and cannot be rolled. Make a new one.",
            ),
            KeyRefusal::CallerEnds => api_error(
                403,
                "permission_error",
                Some("lasting_api_key_required"),
                "An access token, or an API key that is about to end, makes no API keys. Use another secret key.",
            ),
        }
    }

    fn missing(resource: Resource) -> Self {
        let message = format!("No such {}.", resource.noun());
        api_error(404, INVALID, Some("resource_missing"), message)
    }

    fn of_refusal(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::NotFound(Resource::Account) => Self::missing(Resource::Account).about("account"),
            Refusal::NotFound(resource) => Self::missing(*resource).about("id"),
            Refusal::NoSuchReference(resource @ (Resource::BankAccount | Resource::Account)) => {
                Self::missing(*resource).about("destination")
            }
            Refusal::NoSuchReference(resource) => {
                Self::missing(*resource).about(resource.noun().replace(' ', "_"))
            }
            Refusal::NoSuchCursor => api_error(
                400,
                INVALID,
                Some("resource_missing"),
                "The cursor is the id of nothing in this list.",
            )
            .about("starting_after"),
            Refusal::IdempotencyKeyReused | Refusal::IdempotencyKeyTaken => api_error(
                400,
                "idempotency_error",
                None,
                "Keys for idempotent requests can only be used with the same parameters they were first used with.",
            ),
            Refusal::IdempotencyKeyInUse => api_error(
                409,
                "idempotency_error",
                Some("idempotency_key_in_use"),
                "A request with this Idempotency-Key is still running. Send it again in a moment.",
            ),
            Refusal::AmountTooSmall { minimum } => api_error(
                400,
                INVALID,
                Some("amount_too_small"),
                format!("Amount must be at least {}.", minimum.minor),
            )
            .about("amount"),
            Refusal::AmountTooLarge => api_error(
                400,
                INVALID,
                Some("amount_too_large"),
                format!("Amount must be at most {AMOUNT_MINOR_MAX}."),
            )
            .about("amount"),
            Refusal::InvalidToken => {
                api_error(400, INVALID, Some("resource_missing"), "No such payment method.")
                    .about("payment_method")
            }
            Refusal::NoProcessor => {
                api_error(400, INVALID, None, "Live payments are not enabled for this account.")
            }
            Refusal::Declined { decline, .. } => {
                api_error(402, "card_error", Some(decline.code()), decline.message())
            }
            Refusal::Payment(refusal) => Self::of_payment(*refusal),
            Refusal::Card(bad) => {
                let common = CommonError::of(&Problem::Refused(refusal.clone()));
                let param = match bad {
                    BadCard::Number | BadCard::Scheme => "number",
                    BadCard::ExpiryMonth => "exp_month",
                    BadCard::ExpiryYear | BadCard::Expired => "exp_year",
                    BadCard::Cvc => "cvc",
                };
                api_error(402, "card_error", Some(common.code), common.message).about(param)
            }
            Refusal::Dispute(refusal) => Self::of_dispute(*refusal),
            Refusal::Method(_)
            | Refusal::InvalidIban
            | Refusal::RefundSettled(_)
            | Refusal::RefundSent
            | Refusal::ClientSecret
            | Refusal::NoStoredCard
            | Refusal::InvalidAmount
            | Refusal::ProcessorNotConfigured => {
                let common = CommonError::of(&Problem::Refused(refusal.clone()));
                let param = common.param.map(|param| param.replace('.', "["));
                let error = api_error(400, INVALID, Some(common.code), common.message);
                match param {
                    Some(param) if param.contains('[') => error.about(format!("{param}]")),
                    Some(param) => error.about(param),
                    None => error,
                }
            }
            Refusal::Metadata(bad) => Self::of_field(&FieldError::of_metadata(bad.clone())),
            Refusal::TooManyEndpoints => api_error(
                400,
                INVALID,
                None,
                format!(
                    "There can be at most {} webhook endpoints in each mode. Delete one first.",
                    tollgate_domain::endpoint::ENDPOINTS_MAX
                ),
            ),
            Refusal::ApiKey(refusal) => Self::of_key(*refusal),
            Refusal::Payout(refusal) => Self::said(payout_errors::of_payout(*refusal)),
            Refusal::Billing(refusal) => Self::said(billing_errors::of_billing(refusal)),
            Refusal::BankAccount(refusal) => Self::said(payout_errors::of_bank_account(*refusal)),
            Refusal::UnsafeEndpoint(why) => {
                api_error(400, INVALID, Some("url_invalid"), why.as_str()).about("url")
            }
        }
    }

    fn of_dispute(refusal: DisputeRefusal) -> Self {
        match refusal {
            DisputeRefusal::Closed => api_error(400, INVALID, None, "This dispute is already closed."),
            DisputeRefusal::Submitted => {
                api_error(400, INVALID, None, "Evidence was submitted: the bank decides about this dispute.")
            }
            DisputeRefusal::TooLate => {
                api_error(400, INVALID, None, "The time for evidence is over.").about("evidence")
            }
            DisputeRefusal::NoEvidence => {
                api_error(400, INVALID, Some("parameter_missing"), "There is no evidence to submit.")
                    .about("evidence")
            }
            DisputeRefusal::TooLong(_) => api_error(
                400,
                INVALID,
                None,
                format!("The evidence of a dispute may have {EVIDENCE_BYTES_MAX} bytes at most."),
            )
            .about("evidence"),
        }
    }

    fn said((code, param, message): payout_errors::Said) -> Self {
        let error = api_error(400, INVALID, code, message);
        if let Some(param) = param { error.about(param) } else { error }
    }

    fn of_payment(refusal: payment::Refusal) -> Self {
        match refusal {
            payment::Refusal::UnexpectedStatus(status) => api_error(
                400,
                INVALID,
                Some("payment_intent_unexpected_state"),
                format!(
                    "This PaymentIntent has a status of {}, which does not allow this.",
                    payment_status(status)
                ),
            ),
            payment::Refusal::NotCapturable { capturable } => api_error(
                400,
                INVALID,
                Some("amount_too_large"),
                format!("Between 1 and {capturable} can be captured."),
            )
            .about("amount_to_capture"),
            payment::Refusal::NoMethod => api_error(
                400,
                INVALID,
                Some("parameter_missing"),
                "The PaymentIntent has no payment method. Send payment_method.",
            )
            .about("payment_method"),
            payment::Refusal::RefundTooLarge { refundable } => api_error(
                400,
                INVALID,
                Some("amount_too_large"),
                format!("At most {refundable} can be refunded."),
            )
            .about("amount"),
            payment::Refusal::AlreadyRefunded => api_error(
                400,
                INVALID,
                Some("charge_already_refunded"),
                "The payment has already been refunded.",
            ),
            payment::Refusal::Disputed => api_error(
                400,
                INVALID,
                Some("charge_disputed"),
                "The payment is disputed: nothing is left to refund.",
            ),
            payment::Refusal::RefundNotPositive => {
                api_error(400, INVALID, Some("parameter_invalid_integer"), "Amount must be at least 1.")
                    .about("amount")
            }
            payment::Refusal::HasCustomer => api_error(
                400,
                INVALID,
                None,
                "The payment belongs to another customer, and cannot change to this one.",
            )
            .about("customer"),
            payment::Refusal::SenselessOutcome => Self::internal(),
        }
    }
}
