//! Reads the answers of MPGS.

use serde_json::Value;
use tollgate_domain::{Decline, ProcessorTransactionId};

use crate::{
    http::{self, Reply, text},
    processor::{Answer, ProcessorError, ProcessorRefundStatus, TransactionStatus},
};

/// The names of an order's transactions. A refund is named by its reference.
pub(super) const AUTHORIZATION: &str = "1";
pub(super) const CAPTURE: &str = "2";

/// The result of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Done,
    /// Executed for less than the requested amount.
    InPart,
    /// Certainly not executed and not decided: to be sent again with another name.
    NotDone,
    /// Not known, or not yet.
    Unknown,
    Refused(Decline),
}

/// Reads result and gateway code of a transaction: a result without its code decides nothing.
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

/// Gateway codes that do not say what the acquirer did.
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

/// Reads the answer to a transaction.
pub(super) fn answer(reply: &Reply, order: &str) -> Result<Answer, ProcessorError> {
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

/// Reads the answer to an authorization. One that the acquirer did not answer counts as refused and is
/// voided.
pub(super) fn authorized(reply: &Reply, order: &str, transaction: &str) -> Result<Answer, ProcessorError> {
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

/// Reads the answer about an order: by its status, or by its totals if it has none.
pub(super) fn found(reply: &Reply, order: &str) -> Result<TransactionStatus, ProcessorError> {
    if is_nothing(reply) {
        return Ok(TransactionStatus::Nothing);
    }
    if reply.status >= 400 {
        return Err(refused(reply));
    }
    if text(&reply.body, "/id") != order {
        return Err(ProcessorError::Unknown("the answer is about another order".into()));
    }
    // The latest executed authorization; it may have been renewed.
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

/// An order without a payment, by its authorization, which may be in progress.
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

/// An order whose payment failed, by its authorization.
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
        Verdict::Done | Verdict::InPart | Verdict::Unknown => TransactionStatus::Undecided,
    })
}

fn transactions<'a>(order: &'a Value, kind: &'a str) -> impl DoubleEndedIterator<Item = &'a Value> {
    let all = order.get("transaction").and_then(Value::as_array);
    let all = all.map_or(&[][..], Vec::as_slice).iter();
    all.filter(move |one| text(one, "/transaction/type") == kind)
}

/// The name of the executed transaction of this type; `usual` if the order does not list one.
fn transaction_of(order: &Value, kind: &str, usual: &str) -> Result<ProcessorTransactionId, ProcessorError> {
    let done = transactions(order, kind).rfind(|one| verdict(one) == Verdict::Done);
    http::transaction_id(done.map_or(usual, |one| text(one, "/transaction/id")))
}

/// Reads the answer about a refund.
pub(super) fn found_refund(reply: &Reply, order: &str) -> Result<ProcessorRefundStatus, ProcessorError> {
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

/// Whether the order or transaction does not exist: MPGS calls such a query invalid. Its explanation is free
/// text and is not read.
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

/// Reads an error. Only the cause, which comes from a list, is repeated, since other texts are free.
fn refused(reply: &Reply) -> ProcessorError {
    let status = reply.status;
    match text(&reply.body, "/error/cause") {
        _ if matches!(status, 401 | 403 | 429) => ProcessorError::NothingDone(format!("status {status}")),
        "INVALID_REQUEST" => ProcessorError::Rejected(format!("status {status}, INVALID_REQUEST")),
        "REQUEST_REJECTED" => ProcessorError::NothingDone(format!("status {status}, REQUEST_REJECTED")),
        // For these, MPGS advises to repeat the identical request: it may have been executed.
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
mod tests;
