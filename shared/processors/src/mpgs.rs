//! Mastercard Payment Gateway Services: its REST API of orders and transactions. `docs/processors.md` lists
//! the requests and the pages that specify them.
//!
//! An order is a payment, named by our reference. We also name its transactions: a repeat with the same name
//! is executed once, and a request that certainly had no effect is sent again with another name. `PUT
//! …/order/{order}/transaction/{transaction}` executes, `GET` queries.

mod answers;

use reqwest::Method;
use serde_json::{Value, json};
use tollgate_domain::{Money, ProcessorTransactionId, Timestamp};

use crate::{
    Account, Client,
    http::{self, Reply},
    processor::{
        Answer, Authorize, OfAuthorization, Processor, ProcessorError, ProcessorRefundStatus, RefundName,
        RefundRequest, Review, TransactionStatus,
    },
};
use answers::{AUTHORIZATION, CAPTURE, answer, authorized, found, found_refund};

/// The version of the API.
const VERSION: u32 = 100;
const VOID: &str = "3";

/// The client of MPGS.
pub struct Mpgs {
    account: Account,
    client: Client,
}

/// The name of a transaction that was renewed this many times: at most 40 characters.
fn named(transaction: &str, renewed: u32) -> String {
    match renewed {
        0 => transaction.to_owned(),
        renewed => format!("{transaction}-{renewed}"),
    }
}

impl Mpgs {
    pub(crate) fn new(account: Account, client: Client) -> Self {
        Self { account, client }
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Result<Reply, ProcessorError> {
        let mid = &self.account.merchant_id;
        let url = format!("{}/api/rest/version/{VERSION}/merchant/{mid}/order/{path}", self.account.base());
        let user = format!("merchant.{mid}");
        let mut request =
            self.client.inner().request(method, url).basic_auth(user, Some(self.account.secret.as_str()));
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        http::send(request).await
    }

    async fn perform(&self, order: &str, transaction: &str, body: Value) -> Result<Reply, ProcessorError> {
        let path = format!("{order}/transaction/{transaction}");
        self.send(Method::PUT, &path, Some(body)).await
    }

    async fn ask(&self, path: &str) -> Result<Reply, ProcessorError> {
        match self.send(Method::GET, path, None).await {
            // A query changes nothing, so it can be repeated.
            Err(_) => self.send(Method::GET, path, None).await,
            reply => reply,
        }
    }

    async fn void_authorization(
        &self,
        order: &str,
        authorization: &str,
        renewed: u32,
    ) -> Result<Answer, ProcessorError> {
        let body = json!({
            "apiOperation": "VOID",
            "transaction": {"targetTransactionId": authorization},
        });
        answer(&self.perform(order, &named(VOID, renewed), body).await?, order)
    }
}

impl Processor for Mpgs {
    async fn authorize(&self, request: &Authorize<'_>) -> Result<Answer, ProcessorError> {
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
            body["authentication"] = json!({
                "3ds": {
                    "acsEci": proof.eci,
                    "authenticationToken": proof.cavv,
                    "transactionId": proof.transaction_id,
                },
                "3ds2": {"protocolVersion": proof.version, "transactionStatus": "Y"},
            });
        }
        let transaction = named(AUTHORIZATION, request.renewed);
        let reply = self.perform(request.reference, &transaction, body).await?;
        authorized(&reply, request.reference, &transaction)
    }

    async fn capture(&self, request: &OfAuthorization<'_>) -> Result<Answer, ProcessorError> {
        let body = json!({"apiOperation": "CAPTURE", "transaction": money(request.amount)});
        let transaction = named(CAPTURE, request.renewed);
        answer(&self.perform(request.reference, &transaction, body).await?, request.reference)
    }

    async fn void(&self, request: &OfAuthorization<'_>) -> Result<Answer, ProcessorError> {
        self.void_authorization(request.reference, request.authorization.as_str(), request.renewed).await
    }

    async fn refund(&self, request: &RefundRequest<'_>) -> Result<Answer, ProcessorError> {
        let mut transaction = money(request.amount);
        transaction["targetTransactionId"] = json!(request.capture.as_str());
        let body = json!({"apiOperation": "REFUND", "transaction": transaction});
        let name = named(request.refund_reference, request.renewed);
        answer(&self.perform(request.reference, &name, body).await?, request.reference)
    }

    /// We name the authorization, so it can be voided without its answer.
    async fn void_unanswered(
        &self,
        reference: &str,
        _amount: Money,
        renewed: u32,
    ) -> Result<(), ProcessorError> {
        match self.void_authorization(reference, &named(AUTHORIZATION, renewed), 0).await? {
            Answer::Approved { .. } => Ok(()),
            Answer::InReview { .. } | Answer::Declined(_) | Answer::DeclinedWithHold { .. } => {
                Err(ProcessorError::Unknown("the authorization was not voided".into()))
            }
        }
    }

    async fn look_up(&self, reference: &str) -> Result<TransactionStatus, ProcessorError> {
        found(&self.ask(reference).await?, reference)
    }

    /// MPGS has no reviews here: no answer of it is read as one.
    async fn look_up_review(
        &self,
        _authorization: &ProcessorTransactionId,
        _since: Timestamp,
    ) -> Result<Review, ProcessorError> {
        Ok(Review::Waiting)
    }

    async fn look_up_refund(&self, refund: &RefundName<'_>) -> Result<ProcessorRefundStatus, ProcessorError> {
        let name = named(refund.refund_reference, refund.renewed);
        let path = format!("{}/transaction/{name}", refund.reference);
        found_refund(&self.ask(&path).await?, refund.reference)
    }
}

fn money(amount: Money) -> Value {
    json!({"amount": amount.to_decimal(), "currency": amount.currency.code()})
}
