use proptest::prelude::*;

use serde_json::json;

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
    for (result, code) in
        [("FAILURE", "TIMED_OUT"), ("FAILURE", "ACQUIRER_SYSTEM_ERROR"), ("SUCCESS", "PARTIALLY_APPROVED")]
    {
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
        TransactionStatus::DeclinedWithHold { authorization: id("1-1"), decline: Decline::ProcessingError }
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
