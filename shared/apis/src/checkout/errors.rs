//! The errors of the `checkout` API.

use serde::Serialize;
use serde_json::{Map, Value};
use tollgate_domain::{Denied, Refusal, Resource, payment};

use crate::{Answer, ApiError, FieldError, Issue, Problem, json::to_value};

/// The body of an error.
#[derive(Debug, Serialize)]
struct ErrorBody {
    success: bool,
    message: String,
    /// The messages for each wrong parameter, by its name with dots.
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Map<String, Value>>,
}

fn error(status: u16, message: impl Into<String>, errors: Option<Map<String, Value>>) -> Answer {
    Answer { status, body: to_value(&ErrorBody { success: false, message: message.into(), errors }) }
}

/// Status and body of a problem.
pub(super) fn answer(problem: &Problem) -> Answer {
    if let Some(errors) = wrong_fields(problem) {
        return error(422, "Validation failed", Some(messages_by_field(&errors)));
    }
    match problem {
        Problem::Denied(Denied::NoKey | Denied::InvalidKey { .. }) => {
            error(401, "Invalid API credentials", None)
        }
        Problem::Refused(
            Refusal::NotFound(Resource::Payment) | Refusal::NoSuchReference(Resource::Payment),
        ) => error(404, "Transaction not found", None),
        Problem::Refused(Refusal::Payment(
            payment::Refusal::UnexpectedStatus(_)
            | payment::Refusal::AlreadyRefunded
            | payment::Refusal::Disputed,
        )) => error(400, "Cannot refund transaction: Transaction is not in a completed state", None),
        _ => {
            let common = ApiError::of(problem);
            error(common.kind.status(), common.message, None)
        }
    }
}

fn messages_by_field(errors: &[FieldError]) -> Map<String, Value> {
    let mut fields = Map::new();
    for error in errors {
        let messages = fields.entry(error.dotted()).or_insert_with(|| Value::Array(Vec::new()));
        if let Some(messages) = messages.as_array_mut() {
            messages.push(Value::String(sentence(error)));
        }
    }
    fields
}

/// The parameters that a problem is about, where this API answers 422 and names them.
fn wrong_fields(problem: &Problem) -> Option<Vec<FieldError>> {
    let about = |name: &str, text: String| Some(vec![FieldError::new(name, Issue::Other(text))]);
    match problem {
        Problem::Field(error) => Some(vec![error.clone()]),
        Problem::Fields(errors) => Some(errors.clone()),
        Problem::Refused(refusal) => match refusal {
            Refusal::AmountTooSmall { minimum } => {
                about("amount", format!("must be at least {}", minimum.to_decimal()))
            }
            Refusal::AmountTooLarge => about("amount", "is too large".to_owned()),
            Refusal::InvalidAmount => about(
                "amount",
                "must be a number with no more decimal places than the currency has".to_owned(),
            ),
            Refusal::Payment(payment::Refusal::RefundTooLarge { .. }) => {
                about("amount", "must not be greater than what is left to refund".to_owned())
            }
            Refusal::Payment(payment::Refusal::RefundNotPositive) => {
                about("amount", "must be above zero".to_owned())
            }
            Refusal::ProcessorNotConfigured => about(
                "payment_provider",
                "must be one that the merchant account is configured for".to_owned(),
            ),
            Refusal::NoProcessor => {
                about("payment_provider", "takes no live payments yet: use test credentials".to_owned())
            }
            _ => None,
        },
        _ => None,
    }
}

/// What is wrong with a parameter, in the form of the text.
fn sentence(error: &FieldError) -> String {
    let name = error.path.join(" ").replace('_', " ");
    match &error.issue {
        Issue::Missing | Issue::Empty => format!("The {name} field is required."),
        Issue::NotOneOf(_) => format!("The selected {name} is invalid."),
        Issue::TooLong(max) => format!("The {name} field must not be greater than {max} characters."),
        issue => format!("The {name} field {issue}."),
    }
}
