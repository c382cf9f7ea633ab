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
    assert!(matches!(answer(&reply(201, nameless), "r", &["AUTHORIZED"]), Err(ProcessorError::Unknown(_))));
}

#[test]
fn refusals_and_unknown_results_differ() {
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
