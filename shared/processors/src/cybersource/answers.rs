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
/// Reason codes of authorisations that the issuer approved and that are held until a reviewer decides.
const HELD_FOR_REVIEW: &[&str] = &["200", "201", "230", "480", "520"];
/// Reason codes of authorisations that a risk rule refused, whatever the issuer said.
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

/// An authorisation that the issuer approved, by the reason code of the whole transaction.
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
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn reply(status: u16, body: Value) -> Reply {
        Reply { status, body }
    }

    fn id(text: &str) -> ProcessorTransactionId {
        ProcessorTransactionId::parse(text).unwrap()
    }

    fn said(status: &str, reason: &str) -> Result<Answer, ProcessorError> {
        let body = json!({"id": "7", "status": status, "clientReferenceInformation": {"code": "r"}, "errorInformation": {"reason": reason}});
        answer(&reply(201, body), "r", &["AUTHORIZED"])
    }

    #[test]
    fn statuses_are_read() {
        assert_eq!(said("AUTHORIZED", ""), Ok(Answer::Approved { id: id("7") }));
        assert_eq!(said("DECLINED", "INSUFFICIENT_FUND"), Ok(Answer::Declined(Decline::InsufficientFunds)));
        assert_eq!(said("DECLINED", "DO_NOT_HONOR"), Ok(Answer::Declined(Decline::CardDeclined)));
        assert_eq!(
            said("AUTHORIZED_PENDING_REVIEW", "DECISION_PROFILE_REVIEW"),
            Ok(Answer::InReview { id: id("7") })
        );
        assert_eq!(
            said("AUTHORIZED_RISK_DECLINED", "DECISION_PROFILE_REJECT"),
            Ok(Answer::DeclinedWithHold { id: id("7"), decline: Decline::CardDeclined })
        );
        for status in ["SERVER_ERROR", "PENDING_AUTHENTICATION", "PENDING_REVIEW", "NEW"] {
            assert!(matches!(said(status, "PROCESSOR_TIMEOUT"), Err(ProcessorError::Unknown(_))), "{status}");
        }
        let other = json!({"id": "7", "status": "AUTHORIZED", "clientReferenceInformation": {"code": "s"}});
        assert!(matches!(answer(&reply(201, other), "r", &["AUTHORIZED"]), Err(ProcessorError::Unknown(_))));
        let nameless = json!({"id": "", "status": "AUTHORIZED", "clientReferenceInformation": {"code": "r"}});
        assert!(matches!(
            answer(&reply(201, nameless), "r", &["AUTHORIZED"]),
            Err(ProcessorError::Unknown(_))
        ));
    }

    #[test]
    fn refusals_are_told_apart_from_what_is_not_known() {
        let said = |status: u16, reason: &str| {
            let body = json!({"status": "INVALID_REQUEST", "reason": reason});
            answer(&reply(status, body), "r", &[])
        };
        assert!(matches!(said(400, "MISSING_FIELD"), Err(ProcessorError::Rejected(_))));
        assert_eq!(said(400, "INVALID_CARD"), Ok(Answer::Declined(Decline::CardDeclined)));
        // The first request arrived.
        for reason in ["DUPLICATE_REQUEST", "MISSING_AUTH", "SOMETHING_NEW"] {
            assert!(matches!(said(400, reason), Err(ProcessorError::Unknown(_))), "{reason}");
        }
        assert!(matches!(said(401, ""), Err(ProcessorError::NothingDone(_))));
        assert!(matches!(said(404, "MISSING_AUTH"), Err(ProcessorError::Unknown(_))));
    }

    fn search(entries: &[(&str, &str, &str)]) -> Reply {
        let summaries: Vec<Value> = entries
            .iter()
            .map(|(name, code, whole)| {
                json!({
                    "id": format!("id-{name}"),
                    "clientReferenceInformation": {"code": "r"},
                    "applicationInformation": {
                        "reasonCode": whole,
                        "applications": [{"name": "ics_decision"}, {"name": name, "reasonCode": code}],
                    },
                })
            })
            .collect();
        let body = json!({"totalCount": summaries.len(), "_embedded": {"transactionSummaries": summaries}});
        reply(201, body)
    }

    fn searched(entries: &[(&str, &str, &str)]) -> TransactionStatus {
        found(&search(entries), "r").unwrap()
    }

    #[test]
    fn searches_are_read() {
        let authorization = || id("id-ics_auth");
        assert_eq!(found(&reply(201, json!({"totalCount": 0})), "r"), Ok(TransactionStatus::Nothing));
        assert!(found(&reply(200, json!({})), "r").is_err());
        assert_eq!(
            searched(&[("ics_auth", "100", "100")]),
            TransactionStatus::Authorized { authorization: authorization() }
        );
        assert_eq!(
            searched(&[("ics_bill", "100", "100"), ("ics_auth", "100", "100")]),
            TransactionStatus::Captured { authorization: authorization(), capture: id("id-ics_bill") }
        );
        // A capture that was refused took nothing; one that timed out may have.
        assert_eq!(
            searched(&[("ics_bill", "203", "203"), ("ics_auth", "100", "100")]),
            TransactionStatus::Authorized { authorization: authorization() }
        );
        assert_eq!(
            searched(&[("ics_bill", "150", "150"), ("ics_auth", "100", "100")]),
            TransactionStatus::Undecided
        );
        assert_eq!(
            searched(&[("ics_auth_reversal", "100", "100"), ("ics_auth", "100", "100")]),
            TransactionStatus::Voided
        );
        assert_eq!(
            searched(&[("ics_auth", "204", "204")]),
            TransactionStatus::Declined(Decline::InsufficientFunds)
        );
    }

    #[test]
    fn time_outs_and_system_failures_decide_nothing() {
        for code in ["150", "151", "152", "236", "250"] {
            assert_eq!(searched(&[("ics_auth", code, code)]), TransactionStatus::Undecided, "{code}");
            assert_eq!(
                found_refund(&search(&[("ics_credit", code, code)]), "r"),
                Ok(ProcessorRefundStatus::Undecided),
                "{code}"
            );
        }
        // Not reached, and the whole not either.
        assert_eq!(searched(&[("ics_auth", "", "151")]), TransactionStatus::Undecided);
        // Not reached, because the request as a whole was refused.
        assert_eq!(searched(&[("ics_auth", "", "102")]), TransactionStatus::Declined(Decline::CardDeclined));
    }

    #[test]
    fn what_a_rule_held_or_refused_is_not_captured() {
        for code in ["480", "200", "230"] {
            let held = TransactionStatus::InReview { authorization: id("id-ics_auth") };
            assert_eq!(searched(&[("ics_auth", "100", code)]), held, "{code}");
            assert_eq!(searched(&[("ics_auth", code, code)]), held, "{code}");
        }
        for code in ["481", "400", "110"] {
            assert!(
                matches!(searched(&[("ics_auth", "100", code)]), TransactionStatus::DeclinedWithHold { .. }),
                "{code}"
            );
        }
    }

    #[test]
    fn refunds_are_read() {
        let said = |entries: &[(&str, &str, &str)]| found_refund(&search(entries), "r").unwrap();
        assert_eq!(said(&[]), ProcessorRefundStatus::Nothing);
        assert_eq!(said(&[("ics_credit", "100", "100")]), ProcessorRefundStatus::Succeeded);
        assert_eq!(said(&[("ics_credit", "233", "233")]), ProcessorRefundStatus::Failed);
        assert_eq!(
            said(&[("ics_credit", "151", "151"), ("ics_credit", "100", "100")]),
            ProcessorRefundStatus::Succeeded
        );
    }

    #[test]
    fn reviews_are_read() {
        let said = |decision: &str| {
            let body = json!({"conversionDetails": [{"requestId": "9", "newDecision": "REJECT"}, {"requestId": "7", "newDecision": decision}]});
            conversions(&reply(200, body), &id("7")).unwrap()
        };
        assert_eq!(said("ACCEPT"), Review::Accepted);
        assert_eq!(said("REJECT"), Review::Rejected);
        assert_eq!(said("REVIEW"), Review::Waiting);
        assert_eq!(conversions(&reply(404, json!({})), &id("7")), Ok(Review::Waiting));
        assert!(conversions(&reply(500, json!({})), &id("7")).is_err());
    }

    proptest! {
        #[test]
        fn whatever_comes_is_never_taken_for_an_approval(status in 100..600_u16, bytes: Vec<u8>) {
            if let Ok(reply) = http::read(status, &bytes) {
                let approved = matches!(answer(&reply, "r", &["AUTHORIZED"]), Ok(Answer::Approved { .. }));
                prop_assert!(!approved);
                let _ = (found(&reply, "r"), found_refund(&reply, "r"), reversed(&reply), conversions(&reply, &id("7")));
            }
        }
    }
}
