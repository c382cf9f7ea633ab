//! Mastercard Payment Gateway Services: its REST API of orders and transactions. `docs/processors.md` lists what is sent and
//! the pages it comes from.
//!
//! An order is a payment, named by our reference; its transactions are named by us, too: the same request sent again under
//! the same name is carried out once, and one that certainly did nothing is made anew under another name.
//! `PUT …/order/{order}/transaction/{transaction}` does something, `GET` tells what became of it.

use reqwest::Method;
use serde_json::{Value, json};
use tollgate_domain::{Decline, Money, ProcessorTransactionId, Timestamp};

use crate::{
    Account, Client,
    http::{self, Reply, text},
    processor::{
        Answer, Authorize, OfAuthorization, Processor, ProcessorError, ProcessorRefundStatus, RefundName,
        RefundRequest, Review, TransactionStatus,
    },
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

/// The name of a transaction that was made anew so many times: at most 40 characters.
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
            // Asking changes nothing: once more does no harm.
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

    /// We name the authorisation, so it can be voided without its answer.
    async fn void_unanswered(
        &self,
        reference: &str,
        _amount: Money,
        renewed: u32,
    ) -> Result<(), ProcessorError> {
        match self.void_authorization(reference, &named(AUTHORIZATION, renewed), 0).await? {
            Answer::Approved { .. } => Ok(()),
            _ => Err(ProcessorError::Unknown("the authorization was not voided".into())),
        }
    }

    async fn look_up(&self, reference: &str) -> Result<TransactionStatus, ProcessorError> {
        found(&self.ask(reference).await?, reference)
    }

    /// No answer of this processor is read as a review.
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

/// What a gateway code says of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Done,
    /// Done for less than was asked.
    InPart,
    /// Certainly not done, and not decided: to be made anew.
    NotDone,
    /// Not known, or not yet.
    Unknown,
    Refused(Decline),
}

/// Reads result and code of a transaction: a result alone decides nothing.
fn verdict(body: &Value) -> Verdict {
    let code = text(body, "/response/gatewayCode");
    match (text(body, "/result"), code) {
        ("SUCCESS", "APPROVED" | "APPROVED_AUTO" | "APPROVED_PENDING_SETTLEMENT") => Verdict::Done,
        ("SUCCESS", "PARTIALLY_APPROVED") => Verdict::InPart,
        ("FAILURE", "LOCK_FAILURE") => Verdict::NotDone,
        ("FAILURE", code) if !IS_UNKNOWN.contains(&code) => Verdict::Refused(decline(code)),
        _ => Verdict::Unknown,
    }
}

/// Codes after which it is not known what the acquirer did.
const IS_UNKNOWN: &[&str] = &[
    "",
    "TIMED_OUT",
    "ACQUIRER_SYSTEM_ERROR",
    "SYSTEM_ERROR",
    "UNSPECIFIED_FAILURE",
    "UNKNOWN",
    "PENDING",
    "SUBMITTED",
    "DEFERRED_TRANSACTION_RECEIVED",
    "AUTHENTICATION_IN_PROGRESS",
];

/// What a transaction's answer says.
fn answer(reply: &Reply, order: &str) -> Result<Answer, ProcessorError> {
    if reply.status >= 400 {
        return Err(refused(reply));
    }
    is_about(reply, order)?;
    match verdict(&reply.body) {
        Verdict::Done => {
            Ok(Answer::Approved { id: http::transaction_id(text(&reply.body, "/transaction/id"))? })
        }
        Verdict::Refused(decline) => Ok(Answer::Declined(decline)),
        Verdict::NotDone => Err(ProcessorError::NothingDone("the order is locked".into())),
        Verdict::InPart | Verdict::Unknown => {
            Err(ProcessorError::Unknown("the result is neither success nor failure".into()))
        }
    }
}

/// What an authorisation's answer says. One that the acquirer did not answer is refused, and voided to be sure.
fn authorized(reply: &Reply, order: &str, transaction: &str) -> Result<Answer, ProcessorError> {
    if reply.status < 400 && is_about(reply, order).is_ok() {
        let timed_out = text(&reply.body, "/result") == "FAILURE"
            && matches!(
                text(&reply.body, "/response/gatewayCode"),
                "TIMED_OUT" | "ACQUIRER_SYSTEM_ERROR" | "SYSTEM_ERROR" | "UNSPECIFIED_FAILURE"
            );
        if timed_out || verdict(&reply.body) == Verdict::InPart {
            return Ok(Answer::DeclinedWithHold {
                id: http::transaction_id(transaction)?,
                decline: Decline::ProcessingError,
            });
        }
    }
    answer(reply, order)
}

/// What an order's answer says: by its status where there is one, else by its totals.
fn found(reply: &Reply, order: &str) -> Result<TransactionStatus, ProcessorError> {
    if is_nothing(reply) {
        return Ok(TransactionStatus::Nothing);
    }
    if reply.status >= 400 {
        return Err(refused(reply));
    }
    if text(&reply.body, "/id") != order {
        return Err(ProcessorError::Unknown("the answer is about another order".into()));
    }
    // The latest authorisation, whatever the list's order; it may have been made anew.
    let authorization = || transaction_of(&reply.body, "AUTHORIZATION", AUTHORIZATION);
    let total = |name: &str| reply.body.get(name).and_then(Value::as_f64).unwrap_or(0.0);
    Ok(match text(&reply.body, "/status") {
        "AUTHORIZED" => TransactionStatus::Authorized { authorization: authorization()? },
        "CAPTURED"
        | "PARTIALLY_CAPTURED"
        | "PARTIALLY_REFUNDED"
        | "REFUNDED"
        | "EXCESSIVELY_REFUNDED"
        | "REFUND_REQUESTED"
        | "DISPUTED"
        | "CHARGEBACK_PROCESSED" => TransactionStatus::Captured {
            authorization: authorization()?,
            capture: transaction_of(&reply.body, "CAPTURE", CAPTURE)?,
        },
        "CANCELLED" => TransactionStatus::Voided,
        "FAILED" => failed(&reply.body)?,
        "INITIATED"
        | "VERIFIED"
        | "AUTHENTICATED"
        | "AUTHENTICATION_INITIATED"
        | "AUTHENTICATION_NOT_NEEDED"
        | "AUTHENTICATION_UNSUCCESSFUL" => unpaid(&reply.body)?,
        "" if total("totalCapturedAmount") > 0.0 => TransactionStatus::Captured {
            authorization: authorization()?,
            capture: transaction_of(&reply.body, "CAPTURE", CAPTURE)?,
        },
        "" if total("totalAuthorizedAmount") > 0.0 => {
            TransactionStatus::Authorized { authorization: authorization()? }
        }
        _ => TransactionStatus::Undecided,
    })
}

/// An order of which no payment is made yet, by its authorisation: it may be under way.
fn unpaid(order: &Value) -> Result<TransactionStatus, ProcessorError> {
    let last = transactions(order, "AUTHORIZATION").next_back();
    Ok(match last.map(verdict) {
        None | Some(Verdict::NotDone) => TransactionStatus::Nothing,
        Some(Verdict::Refused(decline)) => TransactionStatus::Declined(decline),
        Some(Verdict::Done) => TransactionStatus::Authorized {
            authorization: transaction_of(order, "AUTHORIZATION", AUTHORIZATION)?,
        },
        Some(Verdict::InPart | Verdict::Unknown) => TransactionStatus::Undecided,
    })
}

/// An order whose payment has not been successful, by its authorisation.
fn failed(order: &Value) -> Result<TransactionStatus, ProcessorError> {
    let Some(transaction) = transactions(order, "AUTHORIZATION").next_back() else {
        return Ok(TransactionStatus::Undecided);
    };
    Ok(match verdict(transaction) {
        Verdict::Refused(decline) => TransactionStatus::Declined(decline),
        Verdict::NotDone => TransactionStatus::Nothing,
        Verdict::Done | Verdict::InPart | Verdict::Unknown
            if matches!(text(transaction, "/result"), "FAILURE" | "SUCCESS") =>
        {
            TransactionStatus::DeclinedWithHold {
                authorization: http::transaction_id(text(transaction, "/transaction/id"))?,
                decline: Decline::ProcessingError,
            }
        }
        _ => TransactionStatus::Undecided,
    })
}

fn transactions<'a>(order: &'a Value, kind: &'a str) -> impl DoubleEndedIterator<Item = &'a Value> {
    let all = order.get("transaction").and_then(Value::as_array);
    let all = all.map_or(&[][..], Vec::as_slice).iter();
    all.filter(move |one| text(one, "/transaction/type") == kind)
}

/// The name of the transaction of this kind that was done; `usual` where the order does not list it.
fn transaction_of(order: &Value, kind: &str, usual: &str) -> Result<ProcessorTransactionId, ProcessorError> {
    let done = transactions(order, kind).rfind(|one| verdict(one) == Verdict::Done);
    http::transaction_id(done.map_or(usual, |one| text(one, "/transaction/id")))
}

/// What a refund's answer says.
fn found_refund(reply: &Reply, order: &str) -> Result<ProcessorRefundStatus, ProcessorError> {
    if is_nothing(reply) {
        return Ok(ProcessorRefundStatus::Nothing);
    }
    if reply.status >= 400 {
        return Err(refused(reply));
    }
    is_about(reply, order)?;
    Ok(match verdict(&reply.body) {
        Verdict::Done => ProcessorRefundStatus::Succeeded,
        Verdict::Refused(_) => ProcessorRefundStatus::Failed,
        Verdict::NotDone => ProcessorRefundStatus::Nothing,
        Verdict::InPart | Verdict::Unknown => ProcessorRefundStatus::Undecided,
    })
}

/// A question about an order or a transaction that does not exist is an invalid request. The explanation is not for programs.
fn is_nothing(reply: &Reply) -> bool {
    matches!(reply.status, 400 | 404) && text(&reply.body, "/error/cause") == "INVALID_REQUEST"
}

fn is_about(reply: &Reply, order: &str) -> Result<(), ProcessorError> {
    if text(&reply.body, "/order/id") == order {
        Ok(())
    } else {
        Err(ProcessorError::Unknown("the answer is about another order".into()))
    }
}

/// The processor's words are its own: only the cause, which comes from a list, is repeated.
fn refused(reply: &Reply) -> ProcessorError {
    let status = reply.status;
    match text(&reply.body, "/error/cause") {
        _ if matches!(status, 401 | 403 | 429) => ProcessorError::NothingDone(format!("status {status}")),
        "INVALID_REQUEST" => ProcessorError::Rejected(format!("status {status}, INVALID_REQUEST")),
        "REQUEST_REJECTED" => ProcessorError::NothingDone(format!("status {status}, REQUEST_REJECTED")),
        // After these the processor advises to send the identical request again: it may have been carried out.
        cause @ ("SERVER_BUSY" | "SERVER_FAILED") => {
            ProcessorError::Unknown(format!("status {status}, {cause}"))
        }
        _ => ProcessorError::Unknown(format!("status {status}")),
    }
}

fn decline(gateway_code: &str) -> Decline {
    match gateway_code {
        "INSUFFICIENT_FUNDS" => Decline::InsufficientFunds,
        "EXPIRED_CARD" => Decline::ExpiredCard,
        "INVALID_CSC" | "DECLINED_CSC" | "DECLINED_AVS_CSC" => Decline::IncorrectCvc,
        "NOT_SUPPORTED" | "ABORTED" | "CANCELLED" => Decline::ProcessingError,
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

    fn id(text: &str) -> ProcessorTransactionId {
        ProcessorTransactionId::parse(text).unwrap()
    }

    fn body(result: &str, code: &str) -> Value {
        json!({"result": result, "order": {"id": "o"}, "transaction": {"id": "1"}, "response": {"gatewayCode": code}})
    }

    #[test]
    fn results_are_read_with_their_codes() {
        let said = |result, code| answer(&reply(201, body(result, code)), "o");
        assert_eq!(said("SUCCESS", "APPROVED"), Ok(Answer::Approved { id: id("1") }));
        assert_eq!(said("FAILURE", "DECLINED"), Ok(Answer::Declined(Decline::CardDeclined)));
        assert_eq!(said("FAILURE", "INSUFFICIENT_FUNDS"), Ok(Answer::Declined(Decline::InsufficientFunds)));
        for (result, code) in [
            ("SUCCESS", "SUBMITTED"),
            ("SUCCESS", "PARTIALLY_APPROVED"),
            ("SUCCESS", ""),
            ("FAILURE", "TIMED_OUT"),
            ("FAILURE", "ACQUIRER_SYSTEM_ERROR"),
            ("PENDING", "PENDING"),
            ("UNKNOWN", "UNKNOWN"),
        ] {
            assert!(matches!(said(result, code), Err(ProcessorError::Unknown(_))), "{result} {code}");
        }
        assert!(matches!(said("FAILURE", "LOCK_FAILURE"), Err(ProcessorError::NothingDone(_))));
        let other = json!({"result": "SUCCESS", "order": {"id": "p"}, "transaction": {"id": "1"}});
        assert!(matches!(answer(&reply(200, other), "o"), Err(ProcessorError::Unknown(_))));
    }

    #[test]
    fn errors_say_whether_the_request_may_have_been_carried_out() {
        let said = |cause: &str| answer(&reply(400, json!({"error": {"cause": cause}})), "o");
        assert!(matches!(said("INVALID_REQUEST"), Err(ProcessorError::Rejected(_))));
        assert!(matches!(said("SERVER_BUSY"), Err(ProcessorError::Unknown(_))));
        assert!(matches!(said("REQUEST_REJECTED"), Err(ProcessorError::NothingDone(_))));
    }

    #[test]
    fn an_authorization_that_the_acquirer_did_not_answer_or_gave_in_part_is_voided() {
        let held = Ok(Answer::DeclinedWithHold { id: id("1"), decline: Decline::ProcessingError });
        for (result, code) in [
            ("FAILURE", "TIMED_OUT"),
            ("FAILURE", "ACQUIRER_SYSTEM_ERROR"),
            ("SUCCESS", "PARTIALLY_APPROVED"),
        ] {
            assert_eq!(authorized(&reply(201, body(result, code)), "o", "1"), held, "{code}");
        }
        assert!(matches!(
            authorized(&reply(201, body("UNKNOWN", "UNKNOWN")), "o", "1"),
            Err(ProcessorError::Unknown(_))
        ));
    }

    fn order(status: &str, result: &str, code: &str) -> Value {
        let one = |id: &str, kind: &str, result: &str, code: &str| json!({"result": result, "response": {"gatewayCode": code}, "transaction": {"id": id, "type": kind}});
        json!({"id": "o", "status": status, "transaction": [
            one("1", "AUTHENTICATION", "SUCCESS", "APPROVED"),
            one("1-1", "AUTHORIZATION", result, code),
            one("2", "CAPTURE", "FAILURE", "LOCK_FAILURE"),
            one("2-1", "CAPTURE", "SUCCESS", "APPROVED"),
        ]})
    }

    #[test]
    fn orders_are_read() {
        let said = |status: &str| found(&reply(200, order(status, "SUCCESS", "APPROVED")), "o").unwrap();
        assert_eq!(said("AUTHORIZED"), TransactionStatus::Authorized { authorization: id("1-1") });
        for status in ["CAPTURED", "REFUNDED", "DISPUTED", "EXCESSIVELY_REFUNDED"] {
            assert_eq!(
                said(status),
                TransactionStatus::Captured { authorization: id("1-1"), capture: id("2-1") },
                "{status}"
            );
        }
        assert_eq!(said("CANCELLED"), TransactionStatus::Voided);
        // No payment is made yet, and one may be under way.
        let initiated = |result, code| found(&reply(200, order("INITIATED", result, code)), "o").unwrap();
        assert_eq!(initiated("UNKNOWN", "UNKNOWN"), TransactionStatus::Undecided);
        assert_eq!(initiated("FAILURE", "EXPIRED_CARD"), TransactionStatus::Declined(Decline::ExpiredCard));
        let bare = json!({"id": "o", "status": "INITIATED"});
        assert_eq!(found(&reply(200, bare), "o"), Ok(TransactionStatus::Nothing));
        assert_eq!(said("SOMETHING_NEW"), TransactionStatus::Undecided);
        let none = json!({"error": {"cause": "INVALID_REQUEST", "explanation": "in whatever words"}});
        assert_eq!(found(&reply(400, none), "o"), Ok(TransactionStatus::Nothing));
        // Version 100 does not always give a status.
        let mut bare = order("", "SUCCESS", "APPROVED");
        bare["totalAuthorizedAmount"] = json!(10.5);
        assert!(matches!(found(&reply(200, bare.clone()), "o"), Ok(TransactionStatus::Authorized { .. })));
        bare["totalCapturedAmount"] = json!(10.5);
        assert!(matches!(found(&reply(200, bare), "o"), Ok(TransactionStatus::Captured { .. })));
    }

    #[test]
    fn failed_orders_are_read_by_their_authorization() {
        let said = |result, code| found(&reply(200, order("FAILED", result, code)), "o").unwrap();
        assert_eq!(said("FAILURE", "EXPIRED_CARD"), TransactionStatus::Declined(Decline::ExpiredCard));
        assert_eq!(
            said("FAILURE", "TIMED_OUT"),
            TransactionStatus::DeclinedWithHold {
                authorization: id("1-1"),
                decline: Decline::ProcessingError
            }
        );
        assert_eq!(said("UNKNOWN", "UNKNOWN"), TransactionStatus::Undecided);
        assert_eq!(said("FAILURE", "LOCK_FAILURE"), TransactionStatus::Nothing);
    }

    proptest! {
        #[test]
        fn whatever_comes_is_never_taken_for_an_approval(status in 100..600_u16, bytes: Vec<u8>) {
            if let Ok(reply) = http::read(status, &bytes) {
                let approved = matches!(answer(&reply, "o"), Ok(Answer::Approved { .. }));
                prop_assert!(!approved);
                let _ = (found(&reply, "o"), found_refund(&reply, "o"), authorized(&reply, "o", "1"));
            }
        }
    }
}
