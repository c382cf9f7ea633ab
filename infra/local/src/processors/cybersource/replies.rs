//! The answers, in `CyberSource`'s format.

use axum::response::Response;
use serde_json::{Value, json};
use tollgate_domain::Decline;

use super::{
    super::{
        simulators::{Effects, reply},
        transaction::{Kind, Outcome, Transaction},
    },
    fields::Reason,
};

pub(super) fn unauthorized() -> Response {
    reply(401, &json!({"response": {"rmsg": "Authentication Failed"}}))
}

pub(super) fn invalid(reason: Reason) -> Response {
    reply(
        400,
        &json!({"status": "INVALID_REQUEST", "reason": reason, "message": "The request is not valid."}),
    )
}

/// The outcome is not known yet.
fn timed_out() -> Response {
    reply(
        502,
        &json!({"status": "SERVER_ERROR", "reason": "SERVER_TIMEOUT", "message": "The request was received but there was a server timeout."}),
    )
}

/// The reason and the reason code of an outcome.
fn reason(outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Done => ("", "100"),
        Outcome::Review => ("DECISION_PROFILE_REVIEW", "480"),
        Outcome::Refused => ("DECISION_PROFILE_REJECT", "481"),
        Outcome::Declined(Decline::InsufficientFunds) => ("INSUFFICIENT_FUND", "204"),
        Outcome::Declined(Decline::ExpiredCard) => ("EXPIRED_CARD", "202"),
        Outcome::Declined(Decline::IncorrectCvc) => ("CVN_NOT_MATCH", "209"),
        Outcome::Declined(Decline::ProcessingError) => ("ISSUER_UNAVAILABLE", "207"),
        Outcome::Declined(
            Decline::CardDeclined
            | Decline::AuthenticationFailed
            | Decline::AuthenticationExpired
            | Decline::BankTransferFailed,
        ) => ("PROCESSOR_DECLINED", "203"),
    }
}

fn done(transaction: &Transaction, status: &str) -> Response {
    let mut body = json!({
        "id": transaction.id,
        "status": status,
        "clientReferenceInformation": {"code": transaction.code},
        "orderInformation": {"amountDetails": {"authorizedAmount": transaction.money.to_decimal(), "currency": transaction.money.currency.code()}},
    });
    let (reason, _) = reason(transaction.outcome);
    if !reason.is_empty() {
        body["errorInformation"] = json!({"reason": reason});
    }
    reply(201, &body)
}

/// The answer to a recorded transaction: a timeout until its outcome is known.
pub(super) fn answer(transaction: &Transaction, effects: &Effects, status: &str) -> Response {
    if !transaction.is_decided(effects.now) {
        return timed_out();
    }
    let status = match transaction.outcome {
        Outcome::Done => status,
        Outcome::Review => "AUTHORIZED_PENDING_REVIEW",
        Outcome::Refused => "AUTHORIZED_RISK_DECLINED",
        Outcome::Declined(_) => "DECLINED",
    };
    done(transaction, status)
}

/// One transaction, as a search shows it.
pub(super) fn summary(transaction: &Transaction, decision: Option<&str>, now: i64) -> Value {
    let name = match transaction.kind {
        Kind::Authorization => "ics_auth",
        Kind::Capture => "ics_bill",
        Kind::Void => "ics_auth_reversal",
        Kind::Refund => "ics_credit",
    };
    let (own, whole) = if !transaction.is_decided(now) {
        ("151", "151")
    } else if transaction.outcome == Outcome::Review || decision.is_some() {
        // A search does not show how a review was decided.
        ("100", "480")
    } else if transaction.outcome == Outcome::Refused {
        ("100", "481")
    } else {
        (reason(transaction.outcome).1, reason(transaction.outcome).1)
    };
    json!({
        "id": transaction.id,
        "clientReferenceInformation": {"code": transaction.code},
        "applicationInformation": {
            "reasonCode": whole,
            "applications": [{"name": name, "reasonCode": own}],
        },
    })
}
