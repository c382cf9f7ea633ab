//! Credentials and errors of the `simple` API.

use serde_json::{json, value::RawValue};
use tollgate_domain::{Decline, FrontDoor, Money, Refusal, Resource, payment};
use tollgate_gateway::{Credentials, Error};
use tollgate_http::{Api, ApiError, Problem, Reply, Request, bearer_token};

/// The `simple` API.
#[derive(Clone, Copy, Debug)]
pub struct Simple;

impl Api for Simple {
    fn front_door(&self) -> FrontDoor {
        FrontDoor::Simple
    }

    fn credentials(&self, request: &Request) -> Result<Option<Credentials>, Problem> {
        Ok(bearer_token(request).map(Credentials::from))
    }

    fn problem(&self, problem: &Problem, _request_id: &str) -> Reply {
        let error = ApiError::of(problem);
        let message = sentence(problem).unwrap_or(error.message);
        Reply::new(error.kind.status(), json!({"error": message}))
    }
}

/// The sentences of the text, for what it has a sentence for.
fn sentence(problem: &Problem) -> Option<String> {
    let sentence = match problem {
        Problem::Field(error) => match error.path.first().map(String::as_str) {
            Some("source") => "Invalid payment source",
            _ => return None,
        },
        Problem::Gateway(Error::Refused(refusal)) => match refusal {
            Refusal::InvalidToken | Refusal::NoProcessor => "Invalid payment source",
            Refusal::NotFound(Resource::Payment) | Refusal::NoSuchReference(Resource::Payment) => {
                "Payment not found"
            }
            Refusal::Declined { decline, .. } => match decline {
                Decline::CardDeclined => "Card declined",
                Decline::InsufficientFunds => "Insufficient funds",
                Decline::ExpiredCard => "Expired card",
                _ => decline.message(),
            },
            Refusal::AmountTooSmall { .. } => "Amount must be above zero",
            Refusal::AmountTooLarge => "Amount is too large",
            // The text has one error for every amount that cannot be refunded, whatever the reason.
            Refusal::InvalidAmount => "Invalid refund amount",
            Refusal::Payment(refusal) => match refusal {
                payment::Refusal::RefundTooLarge { .. }
                | payment::Refusal::RefundNotPositive
                | payment::Refusal::AlreadyRefunded
                | payment::Refusal::UnexpectedStatus(_) => "Invalid refund amount",
                payment::Refusal::NotCapturable { .. }
                | payment::Refusal::NoMethod
                | payment::Refusal::SenselessOutcome => return None,
            },
            _ => return None,
        },
        _ => return None,
    };
    Some(sentence.to_owned())
}

/// An amount as a JSON number with exactly its currency's digits: `100.00`, `1000`.
pub(crate) fn number(amount: Money) -> Result<Box<RawValue>, Problem> {
    RawValue::from_string(amount.to_decimal()).map_err(|e| Error::Internal(e.to_string()).into())
}
