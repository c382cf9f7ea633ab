//! Credentials and errors of the `checkout` API.

use serde_json::{Map, Value, json};
use tollgate_domain::{Denied, FrontDoor, Refusal, Resource, payment};
use tollgate_gateway::{Credentials, Error};
use tollgate_http::{Api, ApiError, FieldError, Issue, Problem, Reply, Request};

/// The `checkout` API.
#[derive(Clone, Copy, Debug)]
pub struct Checkout;

impl Api for Checkout {
    fn front_door(&self) -> FrontDoor {
        FrontDoor::Checkout
    }

    /// `X-Api-Key` is the merchant's id, `X-Api-Secret` one of the merchant's secret keys. One without the other is
    /// nobody.
    fn credentials(&self, request: &Request) -> Result<Option<Credentials>, Problem> {
        let header = |name| request.header(name).filter(|text| !text.is_empty()).map(str::to_owned);
        Ok(header("x-api-key")
            .zip(header("x-api-secret"))
            .map(|(merchant, secret)| Credentials { secret, merchant: Some(merchant) }))
    }

    fn problem(&self, problem: &Problem, _request_id: &str) -> Reply {
        if let Some(errors) = wrong_fields(problem) {
            let mut fields: Map<String, Value> = Map::new();
            for error in &errors {
                let messages = fields.entry(error.dotted()).or_insert_with(|| json!([]));
                if let Some(messages) = messages.as_array_mut() {
                    messages.push(json!(sentence(error)));
                }
            }
            let body = json!({"success": false, "message": "Validation failed", "errors": fields});
            return Reply::new(422, body);
        }
        let error = ApiError::of(problem);
        let (status, message) = match problem {
            Problem::Gateway(Error::Denied(Denied::NoKey | Denied::InvalidKey { .. })) => {
                (401, "Invalid API credentials".to_owned())
            }
            Problem::Gateway(Error::Refused(refusal)) => match refusal {
                Refusal::NotFound(Resource::Payment) | Refusal::NoSuchReference(Resource::Payment) => {
                    (404, "Transaction not found".to_owned())
                }
                Refusal::Payment(
                    payment::Refusal::UnexpectedStatus(_) | payment::Refusal::AlreadyRefunded,
                ) => (400, "Cannot refund transaction: Transaction is not in a completed state".to_owned()),
                _ => (error.kind.status(), error.message),
            },
            _ => (error.kind.status(), error.message),
        };
        Reply::new(status, json!({"success": false, "message": message}))
    }
}

/// The parameters that a problem is about, where this API answers 422 and names them.
fn wrong_fields(problem: &Problem) -> Option<Vec<FieldError>> {
    let about = |name: &str, text: String| Some(vec![FieldError::new(name, Issue::Other(text))]);
    match problem {
        Problem::Field(error) => Some(vec![error.clone()]),
        Problem::Fields(errors) => Some(errors.clone()),
        Problem::Gateway(Error::Refused(refusal)) => match refusal {
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
