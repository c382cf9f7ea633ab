//! The common code and message of each problem. An API changes those for which its text has its own.

use serde_json::Value;
use tollgate_domain::{
    BadCard, Denied, KeyRefusal, Refusal, Resource, metadata::BadMetadata, money::AMOUNT_MINOR_MAX, payment,
};

use crate::{BODY_BYTES_MAX, FieldError, Issue, Problem};

/// The kind of a problem. APIs have different names for the kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request is wrong.
    InvalidRequest,
    /// The body is too large.
    TooLarge,
    /// The caller is unknown.
    Authentication,
    /// The card was declined.
    Card,
    /// The caller is not allowed to do this.
    Permission,
    /// The resource does not exist.
    Missing,
    /// The idempotency key was used for another request.
    Idempotency,
    /// The rate limit is exceeded.
    RateLimit,
    /// Tollgate failed.
    Api,
}

impl ErrorKind {
    /// The HTTP status that the kind usually has.
    pub const fn status(self) -> u16 {
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
}

impl ErrorKind {
    /// The `type` of `charges` and `direct`, which have different names for a resource that does not exist.
    pub(crate) const fn type_name(self, missing: &'static str) -> &'static str {
        match self {
            Self::InvalidRequest | Self::TooLarge => "invalid_request_error",
            Self::Authentication => "authentication_error",
            Self::Card => "card_error",
            Self::Permission => "permission_error",
            Self::Missing => missing,
            Self::Idempotency => "idempotency_error",
            Self::RateLimit => "rate_limit_error",
            Self::Api => "api_error",
        }
    }
}

/// An answer, before an HTTP response is made of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body, in the API's documented shape.
    pub body: Value,
}

/// A problem with its code and message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// The kind, which decides the status.
    pub kind: ErrorKind,
    /// The code, for programs.
    pub code: &'static str,
    /// The message, a sentence for people.
    pub message: String,
    /// The parameter that is wrong, with dots: `source.token`.
    pub param: Option<String>,
}

fn api_error(kind: ErrorKind, code: &'static str, message: impl Into<String>) -> ApiError {
    ApiError { kind, code, message: message.into(), param: None }
}

fn invalid(code: &'static str, message: impl Into<String>) -> ApiError {
    api_error(ErrorKind::InvalidRequest, code, message)
}

impl ApiError {
    /// The same error, naming a parameter.
    #[must_use]
    pub fn about(self, param: impl Into<String>) -> Self {
        Self { param: Some(param.into()), ..self }
    }

    /// The common error of a problem.
    pub fn of(problem: &Problem) -> Self {
        match problem {
            Problem::Field(error) => Self::of_field(error),
            Problem::Fields(errors) => errors.first().map_or_else(Self::internal, Self::of_field),
            Problem::MalformedBody(message) => invalid("invalid_json", message.as_str()),
            Problem::BodyTooLarge => api_error(
                ErrorKind::TooLarge,
                "request_too_large",
                format!("The request body must have at most {BODY_BYTES_MAX} bytes."),
            ),
            Problem::UnknownRoute => api_error(
                ErrorKind::Missing,
                "route_not_found",
                "There is no such path, or not with this method. Check the method and the path of the request.",
            ),
            Problem::BadIdempotencyKey => invalid(
                "invalid_idempotency_key",
                "The Idempotency-Key header must have 1 to 255 printable ASCII characters.",
            )
            .about("Idempotency-Key"),
            Problem::VersionEnded => {
                api_error(ErrorKind::Missing, "version_ended", "This version of the API has ended.")
            }
            Problem::UnknownApiVersion => {
                invalid("invalid_api_version", "There is no such API version.").about("X-API-Version")
            }
            Problem::RefusedParam(param, refusal) => Self::of_refusal(refusal).about(param.as_str()),
            Problem::Denied(denied) => Self::of_denied(denied),
            Problem::Refused(refusal) => Self::of_refusal(refusal),
            Problem::Internal(_) => Self::internal(),
        }
    }

    /// The error when Tollgate failed.
    pub fn internal() -> Self {
        api_error(
            ErrorKind::Api,
            "internal_server_error",
            "Something went wrong on our side. Retry with exponential backoff and the same Idempotency-Key.",
        )
    }

    fn of_field(error: &FieldError) -> Self {
        let param = error.dotted();
        let code = match &error.issue {
            Issue::Missing => "missing_param",
            Issue::Unknown => "unknown_param",
            Issue::Unsupported => "unsupported_param",
            Issue::Metadata(BadMetadata::TooManyKeys) => "too_many_metadata_keys",
            Issue::Metadata(_) => "invalid_metadata",
            Issue::NotValid(_) if param == "currency" => "invalid_currency",
            Issue::NotValid(_) if param == "email" => "invalid_email",
            Issue::NotA(_)
            | Issue::NotInteger
            | Issue::NotUrl
            | Issue::TooLong(_)
            | Issue::Empty
            | Issue::ControlCharacters
            | Issue::NotOneOf(_)
            | Issue::OutOfRange(..)
            | Issue::TooMany(_)
            | Issue::NotValid(_)
            | Issue::Other(_) => "invalid_param",
        };
        invalid(code, format!("{param} {}", error.issue)).about(param)
    }

    fn of_denied(denied: &Denied) -> Self {
        match denied {
            Denied::NoKey => api_error(
                ErrorKind::Authentication,
                "missing_api_key",
                "No API key was sent. Send it in the header Authorization: Bearer <key>.",
            ),
            Denied::InvalidKey { .. } => api_error(
                ErrorKind::Authentication,
                "invalid_api_key",
                "The API key is not valid: it does not exist, was revoked or has expired.",
            ),
            Denied::MissingScope { needed, .. } => api_error(
                ErrorKind::Permission,
                "scope_missing",
                format!("The API key lacks the scope {}. Use a key that has it.", needed.as_str()),
            ),
            Denied::PublishableKey { .. } => api_error(
                ErrorKind::Permission,
                "scope_missing",
                "A publishable key may not do this. Use a secret key (sk_…) from your server.",
            ),
            Denied::RateLimited { rate_limit, now } => api_error(
                ErrorKind::RateLimit,
                "too_many_requests",
                format!(
                    "More than {} requests in a minute. Retry in {} seconds.",
                    rate_limit.limit,
                    rate_limit.retry_after_s(*now)
                ),
            ),
            Denied::Unavailable(_) => Self::internal(),
        }
    }

    fn of_key(refusal: KeyRefusal) -> Self {
        match refusal {
            KeyRefusal::TooMany => {
                invalid("too_many_api_keys", "There are too many API keys. Revoke one first.")
            }
            KeyRefusal::Ended => invalid("api_key_ended", "The API key is revoked or has expired."),
            KeyRefusal::CallerEnds => api_error(
                ErrorKind::Permission,
                "lasting_api_key_required",
                "An access token, or an API key that is about to end, makes no API keys.",
            ),
        }
    }

    #[allow(clippy::too_many_lines)] // A table: one row for each refusal.
    fn of_refusal(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::NotFound(resource) | Refusal::NoSuchReference(resource) => {
                let found = api_error(
                    ErrorKind::Missing,
                    not_found_code(*resource),
                    format!("There is no such {}.", resource.noun()),
                );
                let is_in_path = matches!(refusal, Refusal::NotFound(_));
                let reference = || format!("{}_id", resource.noun().replace(' ', "_"));
                found.about(if is_in_path { "id".to_owned() } else { reference() })
            }
            Refusal::NoSuchCursor => invalid("invalid_cursor",
                "starting_after must be the id of something that this list holds.",
            )
            .about("starting_after"),
            Refusal::IdempotencyKeyReused | Refusal::IdempotencyKeyTaken => api_error(
                ErrorKind::Idempotency,
                "key_reused",
                "This Idempotency-Key was used with another request. Use a new key for a new request.",
            )
            .about("Idempotency-Key"),
            Refusal::IdempotencyKeyInUse => api_error(
                ErrorKind::Idempotency,
                "key_in_use",
                "A request with this Idempotency-Key is still running. Send it again in a moment.",
            )
            .about("Idempotency-Key"),
            Refusal::AmountTooSmall { minimum } => invalid("amount_too_small",
                format!("Amount must be at least {minimum}"),
            )
            .about("amount"),
            Refusal::AmountTooLarge => invalid("amount_too_large",
                format!("Amount must be at most {AMOUNT_MINOR_MAX} (minor units)"),
            )
            .about("amount"),
            Refusal::InvalidToken => invalid("invalid_token",
                "The token is not valid. Send a token of this source type, never a card number.",
            )
            .about("source.token"),
            Refusal::NoProcessor => invalid("live_payments_not_enabled",
                "No network is connected for live payments with this source. Use a test key (sk_test_…).",
            )
            .about("source"),
            Refusal::Declined { decline, .. } => {
                api_error(ErrorKind::Card, decline.code(), decline.message()).about("source")
            }
            Refusal::Payment(refusal) => Self::of_payment(*refusal),
            Refusal::Card(bad) => Self::of_card(*bad),
            Refusal::NoStoredCard => invalid("missing_param",
                "card is required: no card of this customer is stored.",
            )
            .about("card"),
            Refusal::InvalidAmount => invalid("invalid_param",
                "amount must be a decimal number with no more digits than the currency has.",
            )
            .about("amount"),
            Refusal::ProcessorNotConfigured => invalid("provider_not_configured",
                "The merchant account is not configured for this payment provider.",
            )
            .about("payment_provider"),
            Refusal::Method(tollgate_domain::payment_method::MethodRefusal::TypeNotAccepted) => invalid("payment_intent_incompatible_payment_method",
                "The type of the payment method is none of those that the payment accepts (payment_method_types).",
            )
            .about("payment_method"),
            Refusal::Method(refusal) => invalid("payment_method_unexpected_state",
                sentence(refusal),
            )
            .about("payment_method"),
            Refusal::InvalidIban => invalid("invalid_bank_account_iban",
                "The IBAN is not valid.",
            )
            .about("sepa_debit.iban"),
            Refusal::RefundSettled(_) => invalid("refund_unexpected_status",
                "The refund is settled and cannot be canceled.",
            ),
            Refusal::RefundSent => invalid("refund_unexpected_status",
                "The refund was sent to the payment provider and cannot be canceled.",
            ),
            Refusal::Dispute(refusal) => {
                invalid("dispute_unexpected_status", sentence(refusal)).about("evidence")
            }
            Refusal::ClientSecret => invalid("client_secret_mismatch",
                "The client secret is not the one of this payment.",
            )
            .about("client_secret"),
            Refusal::Metadata(bad) => Self::of_field(&FieldError::of_metadata(bad.clone())),
            Refusal::Payout(refusal) => invalid("payout_not_possible", sentence(refusal)),
            Refusal::Billing(refusal) => invalid("billing_not_possible", sentence(refusal)),
            Refusal::BankAccount(refusal) => invalid("bank_account_not_possible", sentence(refusal)),
            Refusal::TooManyEndpoints => invalid("too_many_webhook_endpoints",
                "There are too many webhook endpoints.",
            ),
            Refusal::ApiKey(refusal) => Self::of_key(*refusal),
            Refusal::UnsafeEndpoint(why) => {
                invalid("invalid_param", why.as_str()).about("url")
            }
        }
    }

    fn of_card(bad: BadCard) -> Self {
        let (code, param, message) = match bad {
            BadCard::Number => {
                ("invalid_number", "card.number", "The card number is not a valid card number.")
            }
            BadCard::Scheme => ("unsupported_card", "card.number", "Cards of this scheme are not accepted."),
            BadCard::ExpiryMonth => (
                "invalid_expiry_month",
                "card.exp_month",
                "The card's expiration month must be between 1 and 12.",
            ),
            BadCard::ExpiryYear => {
                ("invalid_expiry_year", "card.exp_year", "The card's expiration year is not a valid year.")
            }
            BadCard::Expired => ("expired_card", "card.exp_year", "The card has expired. Use another card."),
            BadCard::Cvc => (
                "invalid_cvc",
                "card.cvc",
                "The card's security code must have 3 digits, or 4 on American Express.",
            ),
        };
        invalid(code, message).about(param)
    }

    fn of_payment(refusal: payment::Refusal) -> Self {
        match refusal {
            payment::Refusal::UnexpectedStatus(status) => invalid(
                "payment_unexpected_status",
                format!("The payment's status is {}, which does not allow this.", status.as_str()),
            ),
            payment::Refusal::RefundTooLarge { refundable } => invalid(
                "refund_amount_too_large",
                format!("Amount must be at most {refundable} (minor units), what is left to refund."),
            )
            .about("amount"),
            payment::Refusal::AlreadyRefunded => {
                invalid("payment_already_refunded", "The payment has already been refunded in full.")
                    .about("payment_id")
            }
            payment::Refusal::Disputed => {
                invalid("payment_disputed", "The payment is disputed: nothing is left to refund.")
                    .about("payment_id")
            }
            payment::Refusal::NotCapturable { capturable } => invalid(
                "capture_amount_invalid",
                format!("Between 1 and {capturable} (minor units) can be captured."),
            )
            .about("amount_to_capture"),
            payment::Refusal::NoMethod => {
                invalid("missing_param", "payment_method is required: the payment has none.")
                    .about("payment_method")
            }
            payment::Refusal::RefundNotPositive => {
                invalid("amount_too_small", "Amount must be at least 1 (minor units)").about("amount")
            }
            payment::Refusal::HasCustomer => {
                invalid("payment_has_customer", "The payment belongs to another customer.")
                    .about("customer_id")
            }
            payment::Refusal::SenselessOutcome => Self::internal(),
        }
    }
}

/// An error's text as a sentence.
fn sentence(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), chars.as_str()),
        None => text,
    }
}

const fn not_found_code(resource: Resource) -> &'static str {
    match resource {
        Resource::Payment => "payment_not_found",
        Resource::Refund => "refund_not_found",
        Resource::Customer => "customer_not_found",
        Resource::Charge => "charge_not_found",
        Resource::PaymentMethod => "payment_method_not_found",
        Resource::Event => "event_not_found",
        Resource::ApiKey => "api_key_not_found",
        Resource::WebhookEndpoint => "webhook_endpoint_not_found",
        Resource::BalanceTransaction => "balance_transaction_not_found",
        Resource::Dispute => "dispute_not_found",
        Resource::Payout => "payout_not_found",
        Resource::BankAccount => "bank_account_not_found",
        Resource::Transfer => "transfer_not_found",
        Resource::Account => "account_not_found",
        Resource::Product => "product_not_found",
        Resource::Price => "price_not_found",
    }
}
