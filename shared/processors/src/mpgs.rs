//! Mastercard Payment Gateway Services: its REST API of orders and transactions.
//!
//! An order is a payment, named by our reference; its transactions are named by us, too, so that each can be done once.
//! `PUT …/order/{order}/transaction/{transaction}` does something, `GET` tells what became of it.

use reqwest::Method;
use serde_json::{Value, json};
use tollgate_domain::Decline;

use crate::{
    Account, Client,
    http::{self, Reply, text},
    network::{Answer, Authorize, Found, FoundRefund, NetworkError, OfAuthorization, Processor, SendBack},
};

/// The version of the API that is spoken.
const VERSION: u32 = 100;
/// The transactions of an order. A refund's is its own reference.
const AUTHORIZATION: &str = "1";
const CAPTURE: &str = "2";
const VOID: &str = "3";

/// The way to MPGS.
pub struct Mpgs {
    account: Account,
    client: Client,
}

impl Mpgs {
    pub(crate) fn new(account: Account, client: Client) -> Self {
        Self { account, client }
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Result<Reply, NetworkError> {
        let mid = &self.account.merchant_id;
        let url = format!(
            "{}/api/rest/version/{VERSION}/merchant/{mid}/order/{path}",
            self.account.base()
        );
        let user = format!("merchant.{mid}");
        let mut request = self
            .client
            .inner()
            .request(method, url)
            .basic_auth(user, Some(self.account.secret.as_str()));
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        http::send(request).await
    }

    async fn perform(&self, order: &str, transaction: &str, body: Value) -> Result<Answer, NetworkError> {
        let path = format!("{order}/transaction/{transaction}");
        let reply = self.send(Method::PUT, &path, Some(body)).await?;
        answer(&reply, order)
    }

    async fn ask(&self, path: &str) -> Result<Reply, NetworkError> {
        match self.send(Method::GET, path, None).await {
            // Asking changes nothing: once more does no harm.
            Err(_) => self.send(Method::GET, path, None).await,
            reply => reply,
        }
    }
}

impl Processor for Mpgs {
    async fn authorize(&self, request: &Authorize<'_>) -> Result<Answer, NetworkError> {
        let card = request.card;
        let mut body = json!({
            "apiOperation": "AUTHORIZE",
            "order": money(request.amount),
            "sourceOfFunds": {
                "type": "CARD",
                "provided": {"card": {
                    "number": card.pan.reveal(),
                    "expiry": {
                        "month": format!("{:02}", card.exp_month),
                        "year": format!("{:02}", card.exp_year % 100),
                    },
                }},
            },
        });
        if let Some(proof) = request.authentication {
            body["authentication"] = json!({"3ds": {
                "acsEci": proof.eci,
                "authenticationToken": proof.cavv,
                "transactionId": proof.transaction_id,
            }});
        }
        self.perform(request.reference, AUTHORIZATION, body).await
    }

    async fn capture(&self, request: &OfAuthorization<'_>) -> Result<Answer, NetworkError> {
        let body = json!({"apiOperation": "CAPTURE", "transaction": money(request.amount)});
        self.perform(request.reference, CAPTURE, body).await
    }

    async fn void(&self, request: &OfAuthorization<'_>) -> Result<Answer, NetworkError> {
        let body = json!({
            "apiOperation": "VOID",
            "transaction": {"targetTransactionId": request.network_id},
        });
        self.perform(request.reference, VOID, body).await
    }

    async fn refund(&self, request: &SendBack<'_>) -> Result<Answer, NetworkError> {
        let body = json!({"apiOperation": "REFUND", "transaction": money(request.amount)});
        self.perform(request.reference, request.refund_reference, body)
            .await
    }

    async fn look_up(&self, reference: &str) -> Result<Found, NetworkError> {
        found(&self.ask(reference).await?, reference)
    }

    async fn look_up_refund(
        &self,
        reference: &str,
        refund_reference: &str,
    ) -> Result<FoundRefund, NetworkError> {
        let path = format!("{reference}/transaction/{refund_reference}");
        found_refund(&self.ask(&path).await?, reference)
    }
}

fn money(amount: tollgate_domain::Money) -> Value {
    json!({"amount": amount.to_decimal(), "currency": amount.currency.code()})
}

/// What a transaction's answer says.
fn answer(reply: &Reply, order: &str) -> Result<Answer, NetworkError> {
    if reply.status >= 400 {
        return Err(refused(reply));
    }
    is_about(reply, order)?;
    let code = text(&reply.body, "/response/gatewayCode");
    match text(&reply.body, "/result") {
        "SUCCESS" => Ok(Answer::Approved {
            network_id: http::network_id(text(&reply.body, "/transaction/id"))?,
        }),
        "FAILURE" => Ok(Answer::Declined(decline(code))),
        _ => Err(NetworkError::Unknown(
            "the result is neither success nor failure".into(),
        )),
    }
}

/// What an order's answer says.
fn found(reply: &Reply, order: &str) -> Result<Found, NetworkError> {
    if is_nothing(reply) {
        return Ok(Found::Nothing);
    }
    if reply.status >= 400 {
        return Err(refused(reply));
    }
    if text(&reply.body, "/id") != order {
        return Err(NetworkError::Unknown("the answer is about another order".into()));
    }
    let network_id = AUTHORIZATION.to_owned();
    Ok(match text(&reply.body, "/status") {
        "AUTHORIZED" => Found::Authorized { network_id },
        "CAPTURED" | "PARTIALLY_CAPTURED" | "PARTIALLY_REFUNDED" | "REFUNDED" => {
            Found::Captured { network_id }
        }
        "CANCELLED" => Found::Voided,
        "FAILED" | "DECLINED" => {
            let first = reply.body.pointer("/transaction/0").cloned().unwrap_or_default();
            Found::Declined(decline(text(&first, "/response/gatewayCode")))
        }
        _ => Found::Undecided,
    })
}

/// What a refund's answer says.
fn found_refund(reply: &Reply, order: &str) -> Result<FoundRefund, NetworkError> {
    if is_nothing(reply) {
        return Ok(FoundRefund::Nothing);
    }
    if reply.status >= 400 {
        return Err(refused(reply));
    }
    is_about(reply, order)?;
    Ok(match text(&reply.body, "/result") {
        "SUCCESS" => FoundRefund::Succeeded,
        "FAILURE" => FoundRefund::Failed,
        _ => FoundRefund::Undecided,
    })
}

fn is_nothing(reply: &Reply) -> bool {
    matches!(reply.status, 400 | 404) && text(&reply.body, "/error/explanation").starts_with("Unable to find")
}

fn is_about(reply: &Reply, order: &str) -> Result<(), NetworkError> {
    if text(&reply.body, "/order/id") == order {
        Ok(())
    } else {
        Err(NetworkError::Unknown("the answer is about another order".into()))
    }
}

/// The provider's words are its own: only the cause, which comes from a list, is repeated.
fn refused(reply: &Reply) -> NetworkError {
    let cause = match text(&reply.body, "/error/cause") {
        "INVALID_REQUEST" => "INVALID_REQUEST",
        "REQUEST_REJECTED" => "REQUEST_REJECTED",
        "SERVER_BUSY" => "SERVER_BUSY",
        _ => return NetworkError::Unknown(format!("status {}", reply.status)),
    };
    NetworkError::NothingDone(format!("status {}, {cause}", reply.status))
}

fn decline(gateway_code: &str) -> Decline {
    match gateway_code {
        "INSUFFICIENT_FUNDS" => Decline::InsufficientFunds,
        "EXPIRED_CARD" => Decline::ExpiredCard,
        "INVALID_CSC" => Decline::IncorrectCvc,
        "ACQUIRER_SYSTEM_ERROR" | "SYSTEM_ERROR" | "TIMED_OUT" | "NOT_SUPPORTED" => Decline::ProcessingError,
        "AUTHENTICATION_FAILED" => Decline::AuthenticationFailed,
        _ => Decline::CardDeclined,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reply(status: u16, body: Value) -> Reply {
        Reply { status, body }
    }

    #[test]
    fn results_are_read() {
        let said = |result: &str, code: &str| {
            let body = json!({"result": result, "order": {"id": "o"}, "transaction": {"id": "1"}, "response": {"gatewayCode": code}});
            answer(&reply(200, body), "o")
        };
        assert_eq!(
            said("SUCCESS", "APPROVED"),
            Ok(Answer::Approved {
                network_id: "1".into()
            })
        );
        assert_eq!(
            said("FAILURE", "DECLINED"),
            Ok(Answer::Declined(Decline::CardDeclined))
        );
        assert_eq!(
            said("FAILURE", "INSUFFICIENT_FUNDS"),
            Ok(Answer::Declined(Decline::InsufficientFunds))
        );
        assert!(matches!(said("PENDING", ""), Err(NetworkError::Unknown(_))));
        let other = json!({"result": "SUCCESS", "order": {"id": "p"}, "transaction": {"id": "1"}});
        assert!(matches!(
            answer(&reply(200, other), "o"),
            Err(NetworkError::Unknown(_))
        ));
        let invalid = json!({"result": "ERROR", "error": {"cause": "INVALID_REQUEST"}});
        assert!(matches!(
            answer(&reply(400, invalid), "o"),
            Err(NetworkError::NothingDone(_))
        ));
    }

    #[test]
    fn orders_are_read() {
        let said = |status: &str| {
            let body = json!({"id": "o", "status": status, "transaction": [{"response": {"gatewayCode": "EXPIRED_CARD"}}]});
            found(&reply(200, body), "o")
        };
        let network_id = || "1".to_owned();
        assert_eq!(
            said("AUTHORIZED"),
            Ok(Found::Authorized {
                network_id: network_id()
            })
        );
        assert_eq!(
            said("CAPTURED"),
            Ok(Found::Captured {
                network_id: network_id()
            })
        );
        assert_eq!(
            said("REFUNDED"),
            Ok(Found::Captured {
                network_id: network_id()
            })
        );
        assert_eq!(said("CANCELLED"), Ok(Found::Voided));
        assert_eq!(said("FAILED"), Ok(Found::Declined(Decline::ExpiredCard)));
        assert_eq!(said("SOMETHING_NEW"), Ok(Found::Undecided));
        let none = json!({"error": {"cause": "INVALID_REQUEST", "explanation": "Unable to find order"}});
        assert_eq!(found(&reply(400, none), "o"), Ok(Found::Nothing));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_never_taken_for_an_approval(status in 100..600_u16, bytes: Vec<u8>) {
            if let Ok(reply) = http::read(status, &bytes) {
                let approved = matches!(answer(&reply, "o"), Ok(Answer::Approved { .. }));
                prop_assert!(!approved);
                let _ = (found(&reply, "o"), found_refund(&reply, "o"));
            }
        }
    }
}
