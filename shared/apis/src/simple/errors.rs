//! The errors of the `simple` API: one sentence each.

use serde::Serialize;
use tollgate_domain::{Decline, Refusal, Resource, payment};

use crate::{Answer, ApiError, Problem, json::to_value};

/// The body of an error.
#[derive(Debug, Serialize)]
struct ErrorBody {
    error: String,
}

/// Status and body of a problem.
pub(super) fn answer(problem: &Problem) -> Answer {
    let error = ApiError::of(problem);
    let body = ErrorBody { error: sentence(problem).unwrap_or(error.message) };
    Answer { status: error.kind.status(), body: to_value(&body) }
}

/// The sentence of the text, if it has one for this problem.
fn sentence(problem: &Problem) -> Option<String> {
    let sentence = match problem {
        Problem::Field(error) => match error.path.first().map(String::as_str) {
            Some("source") => "Invalid payment source",
            _ => return None,
        },
        Problem::Refused(refusal) => match refusal {
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
                | payment::Refusal::Disputed
                | payment::Refusal::UnexpectedStatus(_) => "Invalid refund amount",
                payment::Refusal::NotCapturable { .. }
                | payment::Refusal::NoMethod
                | payment::Refusal::HasCustomer
                | payment::Refusal::SenselessOutcome => return None,
            },
            _ => return None,
        },
        _ => return None,
    };
    Some(sentence.to_owned())
}
