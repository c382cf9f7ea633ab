//! Reads the answers of `CyberSource`: executed, refused, held, or unknown.
//!
//! For time-outs and system failures (150, 151, 152, 250) `CyberSource` says not to repeat a request before
//! its status was reviewed. So these codes decide nothing.

use serde_json::Value;
use tollgate_domain::{Decline, ProcessorTransactionId};

use crate::{
    http::{self, Reply, text},
    processor::{Answer, ProcessorError, ProcessorRefundStatus, Review, TransactionStatus},
};

/// Reason code of an executed request.
const DONE: &str = "100";
/// Reason codes that do not say whether the request was executed. An empty code is that of a service that was
/// not reached.
const UNDECIDED: &[&str] = &["", "150", "151", "152", "236", "250"];
/// Reason codes of approved authorizations that are held for a review.
const HELD_FOR_REVIEW: &[&str] = &["200", "201", "230", "480", "520"];
/// Reason codes of authorizations that a risk rule refused, whether or not the issuer approved.
const REFUSED_BY_RULE: &[&str] = &["400", "481"];

/// Reads the answer to a request; `done` are the statuses of an executed one.
pub(super) fn answer(reply: &Reply, reference: &str, done: &[&str]) -> Result<Answer, ProcessorError> {
    if reply.status >= 400 {
        return refused(reply);
    }
    if text(&reply.body, "/clientReferenceInformation/code") != reference {
        return Err(ProcessorError::Unknown("the answer is about another payment".into()));
    }
    let status = text(&reply.body, "/status");
    let reason = text(&reply.body, "/errorInformation/reason");
    let id = || http::transaction_id(text(&reply.body, "/id"));
    if done.contains(&status) {
        return Ok(Answer::Approved { id: id()? });
    }
    match status {
        "DECLINED" => Ok(Answer::Declined(decline_by_reason(reason))),
        "AUTHORIZED_PENDING_REVIEW" => Ok(Answer::InReview { id: id()? }),
        // A partial approval does not pay the whole amount, so it is voided.
        "AUTHORIZED_RISK_DECLINED" | "PARTIAL_AUTHORIZED" => {
            Ok(Answer::DeclinedWithHold { id: id()?, decline: Decline::CardDeclined })
        }
        _ => Err(ProcessorError::Unknown("the status is neither success nor decline".into())),
    }
}

/// Reads a 4xx. Only the reason, which comes from a list, is repeated, since other texts are free.
fn refused(reply: &Reply) -> Result<Answer, ProcessorError> {
    let status = reply.status;
    if matches!(status, 401 | 403 | 429) {
        return Err(ProcessorError::NothingDone(format!("status {status}")));
    }
    let rejected = |reason: &str| Err(ProcessorError::Rejected(format!("status {status}, {reason}")));
    match text(&reply.body, "/reason") {
        "INVALID_CARD" | "INVALID_CARD_TYPE" | "CARD_TYPE_NOT_ACCEPTED" => {
            Ok(Answer::Declined(Decline::CardDeclined))
        }
        reason @ ("MISSING_FIELD"
        | "INVALID_DATA"
        | "INVALID_MERCHANT_CONFIGURATION"
        | "INVALID_OR_MISSING_CONFIG"
        | "INVALID_PAYMENT_ID"
        | "INVALID_AMOUNT"
        | "EXCEEDS_AUTH_AMOUNT"
        | "NOT_SUPPORTED"
        | "CAPTURE_ALREADY_VOIDED"
        | "ACCOUNT_NOT_ALLOWED_CREDIT") => rejected(reason),
        // An earlier request arrived, or an unknown one was executed: only a query can tell.
        reason @ ("DUPLICATE_REQUEST"
        | "MISSING_AUTH"
        | "AUTH_ALREADY_REVERSED"
        | "TRANSACTION_ALREADY_SETTLED"
        | "TRANSACTION_ALREADY_REVERSED_OR_SETTLED"
        | "PROCESSOR_UNAVAILABLE") => Err(ProcessorError::Unknown(format!("status {status}, {reason}"))),
        _ => Err(ProcessorError::Unknown(format!("status {status}"))),
    }
}

/// Reads the answer to a time-out reversal, which contains no reference of ours.
pub(super) fn reversed(reply: &Reply) -> Result<(), ProcessorError> {
    let done = reply.status < 300 && text(&reply.body, "/status") == "REVERSED";
    if done || (reply.status == 400 && text(&reply.body, "/reason") == "AUTH_ALREADY_REVERSED") {
        Ok(())
    } else {
        Err(ProcessorError::Unknown(format!("status {} of a time-out reversal", reply.status)))
    }
}

/// A transaction in a search's result.
struct Summary<'a>(&'a Value);

impl<'a> Summary<'a> {
    fn id(&self) -> &'a str {
        text(self.0, "/id")
    }

    /// The reason code of the whole transaction.
    fn code(&self) -> &'a str {
        text(self.0, "/applicationInformation/reasonCode")
    }

    /// The reason code of an application, or of the whole transaction if the application was not reached;
    /// `None` if there is no such application.
    fn code_of(&self, name: &str) -> Option<&'a str> {
        let all = self.0.pointer("/applicationInformation/applications");
        let mut all = all.and_then(Value::as_array).into_iter().flatten();
        let found = all.find(|one| text(one, "/name") == name)?;
        Some(match text(found, "/reasonCode") {
            "" => self.code(),
            code => code,
        })
    }

    fn is_done(&self, name: &str) -> bool {
        self.code_of(name) == Some(DONE)
    }
}

/// The transactions of a reference.
fn summaries<'a>(reply: &'a Reply, reference: &'a str) -> Result<Vec<Summary<'a>>, ProcessorError> {
    if reply.status >= 400 || !reply.body.get("totalCount").is_some_and(Value::is_u64) {
        return Err(ProcessorError::Unknown(format!("status {} of a search", reply.status)));
    }
    // A search without results has no list.
    let all = reply.body.pointer("/_embedded/transactionSummaries");
    let all = all.and_then(Value::as_array).into_iter().flatten();
    Ok(all
        .filter(|summary| text(summary, "/clientReferenceInformation/code") == reference)
        .map(Summary)
        .collect())
}

/// Reads a search for a payment.
pub(super) fn found(reply: &Reply, reference: &str) -> Result<TransactionStatus, ProcessorError> {
    let all = summaries(reply, reference)?;
    let authorizations = || all.iter().filter(|one| one.code_of("ics_auth").is_some());
    let reversed = all.iter().any(|one| one.is_done("ics_auth_reversal"));
    if let Some(approved) = authorizations().find(|one| one.is_done("ics_auth")) {
        let authorization = http::transaction_id(approved.id())?;
        if let Some(capture) = all.iter().find(|one| one.is_done("ics_bill")) {
            return Ok(TransactionStatus::Captured {
                authorization,
                capture: http::transaction_id(capture.id())?,
            });
        }
        let captures = || all.iter().filter_map(|one| one.code_of("ics_bill"));
        return Ok(if reversed {
            TransactionStatus::Voided
        } else if captures().any(|code| UNDECIDED.contains(&code)) {
            // The capture may have been executed.
            TransactionStatus::Undecided
        } else {
            approved_unless_ruled_out(authorization, approved.code())
        });
    }
    let Some(last) = authorizations().next() else {
        return Ok(TransactionStatus::Nothing);
    };
    let code = last.code_of("ics_auth").unwrap_or_default();
    Ok(if reversed {
        TransactionStatus::Voided
    } else if UNDECIDED.contains(&code) {
        TransactionStatus::Undecided
    } else if HELD_FOR_REVIEW.contains(&code) || REFUSED_BY_RULE.contains(&code) || code == "110" {
        approved_unless_ruled_out(http::transaction_id(last.id())?, code)
    } else {
        TransactionStatus::Declined(decline_by_code(code))
    })
}

/// An authorization that the issuer approved, by the reason code of the whole transaction.
fn approved_unless_ruled_out(authorization: ProcessorTransactionId, code: &str) -> TransactionStatus {
    if HELD_FOR_REVIEW.contains(&code) {
        TransactionStatus::InReview { authorization }
    } else if REFUSED_BY_RULE.contains(&code) || code == "110" {
        TransactionStatus::DeclinedWithHold { authorization, decline: Decline::CardDeclined }
    } else {
        TransactionStatus::Authorized { authorization }
    }
}

/// Reads a search for a refund.
pub(super) fn found_refund(reply: &Reply, reference: &str) -> Result<ProcessorRefundStatus, ProcessorError> {
    let all = summaries(reply, reference)?;
    let mut codes = all.iter().filter_map(|one| one.code_of("ics_credit"));
    Ok(match codes.clone().find(|code| *code == DONE).or(codes.next()) {
        None => ProcessorRefundStatus::Nothing,
        Some(DONE) => ProcessorRefundStatus::Succeeded,
        Some(code) if UNDECIDED.contains(&code) => ProcessorRefundStatus::Undecided,
        Some(_) => ProcessorRefundStatus::Failed,
    })
}

/// Reads the conversion details of some hours for a review.
pub(super) fn conversions(
    reply: &Reply,
    authorization: &ProcessorTransactionId,
) -> Result<Review, ProcessorError> {
    // Hours without a conversion answer 404.
    if reply.status == 404 {
        return Ok(Review::Waiting);
    }
    if reply.status >= 400 {
        return Err(ProcessorError::Unknown(format!("status {} of conversion details", reply.status)));
    }
    let all = reply.body.get("conversionDetails").and_then(Value::as_array);
    let mut own = all.into_iter().flatten().filter(|one| text(one, "/requestId") == authorization.as_str());
    Ok(match own.next_back().map(|one| text(one, "/newDecision")) {
        Some("ACCEPT") => Review::Accepted,
        Some("REJECT") => Review::Rejected,
        _ => Review::Waiting,
    })
}

fn decline_by_reason(reason: &str) -> Decline {
    match reason {
        "INSUFFICIENT_FUND" | "EXCEEDS_CREDIT_LIMIT" => Decline::InsufficientFunds,
        "EXPIRED_CARD" => Decline::ExpiredCard,
        "CVN_NOT_MATCH" | "INVALID_CVN" => Decline::IncorrectCvc,
        "ISSUER_UNAVAILABLE" => Decline::ProcessingError,
        "CONSUMER_AUTHENTICATION_FAILED" => Decline::AuthenticationFailed,
        _ => Decline::CardDeclined,
    }
}

fn decline_by_code(code: &str) -> Decline {
    match code {
        "202" => Decline::ExpiredCard,
        "204" | "210" => Decline::InsufficientFunds,
        "209" | "211" => Decline::IncorrectCvc,
        "207" => Decline::ProcessingError,
        "476" => Decline::AuthenticationFailed,
        _ => Decline::CardDeclined,
    }
}

#[cfg(test)]
mod tests;
