//! What `CyberSource` answers, and what it means: done, refused, held, or not known.
//!
//! Its own words for the time-out and system codes (150, 151, 152, 250): do not send the request again before its status
//! was reviewed. So they decide nothing.

use serde_json::Value;
use tollgate_domain::{Decline, ProcessorTransactionId};

use crate::{
    http::{self, Reply, text},
    processor::{Answer, ProcessorError, ProcessorRefundStatus, Review, TransactionStatus},
};

/// Of a request that was done.
const DONE: &str = "100";
/// Reason codes after which it is not known whether the request was done; none is that of a service that was not reached.
const UNDECIDED: &[&str] = &["", "150", "151", "152", "236", "250"];
/// Reason codes of authorizations that the issuer approved and that are held until a reviewer decides.
const HELD_FOR_REVIEW: &[&str] = &["200", "201", "230", "480", "520"];
/// Reason codes of authorizations that a risk rule refused, whatever the issuer said.
const REFUSED_BY_RULE: &[&str] = &["400", "481"];

/// What the answer to a request says; `done` are the statuses that mean that it was done.
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
        // Part of the amount is no payment of the whole: what was reserved is let go.
        "AUTHORIZED_RISK_DECLINED" | "PARTIAL_AUTHORIZED" => {
            Ok(Answer::DeclinedWithHold { id: id()?, decline: Decline::CardDeclined })
        }
        _ => Err(ProcessorError::Unknown("the status is neither success nor decline".into())),
    }
}

/// An answer of the 400s. The processor's words are its own: only the reason, which comes from a list, is repeated.
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
        // An earlier request arrived, or something that we do not know of was done: only a look-up tells.
        reason @ ("DUPLICATE_REQUEST"
        | "MISSING_AUTH"
        | "AUTH_ALREADY_REVERSED"
        | "TRANSACTION_ALREADY_SETTLED"
        | "TRANSACTION_ALREADY_REVERSED_OR_SETTLED"
        | "PROCESSOR_UNAVAILABLE") => Err(ProcessorError::Unknown(format!("status {status}, {reason}"))),
        _ => Err(ProcessorError::Unknown(format!("status {status}"))),
    }
}

/// Whether a time-out reversal was done. Its answer names no reference of ours.
pub(super) fn reversed(reply: &Reply) -> Result<(), ProcessorError> {
    let done = reply.status < 300 && text(&reply.body, "/status") == "REVERSED";
    if done || (reply.status == 400 && text(&reply.body, "/reason") == "AUTH_ALREADY_REVERSED") {
        Ok(())
    } else {
        Err(ProcessorError::Unknown(format!("status {} of a time-out reversal", reply.status)))
    }
}

/// One transaction that a search found.
struct Summary<'a>(&'a Value);

impl<'a> Summary<'a> {
    fn id(&self) -> &'a str {
        text(self.0, "/id")
    }

    /// The reason code of the transaction as a whole.
    fn code(&self) -> &'a str {
        text(self.0, "/applicationInformation/reasonCode")
    }

    /// The reason code of one of its applications; that of the transaction where the application was not reached. `None`
    /// where it has no such application.
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
    // There is no list where nothing was found.
    let all = reply.body.pointer("/_embedded/transactionSummaries");
    let all = all.and_then(Value::as_array).into_iter().flatten();
    Ok(all
        .filter(|summary| text(summary, "/clientReferenceInformation/code") == reference)
        .map(Summary)
        .collect())
}

/// What a search says of a payment.
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
            // The money may have been taken.
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

/// What a search says of a refund.
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

/// What the conversion details of some hours say of a review.
pub(super) fn conversions(
    reply: &Reply,
    authorization: &ProcessorTransactionId,
) -> Result<Review, ProcessorError> {
    // Hours without a conversion are answered 404.
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
