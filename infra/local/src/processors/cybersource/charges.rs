//! Authorisations, captures, reversals and refunds.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::Response,
};
use serde_json::Value;
use tollgate_domain::Money;
use tollgate_processors::sandbox;

use super::{
    super::{
        faults::Operation,
        ledger::Ledger,
        simulators::{Effects, Simulators},
        transaction::{Kind, Order, Outcome, Transaction},
    },
    fields::{card, money, reference, text},
    replies::answer,
    request::{PROCESSOR, Refusal, Signed, perform},
};

/// The place of the amount in most bodies.
const AMOUNT: &str = "/orderInformation/amountDetails";

/// A processor's id: 22 digits.
fn new_id() -> String {
    let number = uuid::Uuid::new_v4().as_u128() % 10_u128.pow(21);
    format!("7{number:021}")
}

/// The transaction of this kind with the processor's id, and its order.
fn find(ledger: &Ledger, id: &str, kind: Kind) -> Result<(Transaction, Order), Refusal> {
    let found = ledger.by_id(PROCESSOR, id)?.filter(|transaction| transaction.kind == kind);
    let transaction = found.ok_or("INVALID_DATA")?;
    let order = ledger.order(PROCESSOR, &transaction.order)?;
    Ok((transaction, order))
}

/// Refuses a transaction id that was used already.
fn check_unused(ledger: &Ledger, transaction_id: &str) -> Result<(), Refusal> {
    if ledger.is_used(PROCESSOR, transaction_id)? {
        return Err("DUPLICATE_REQUEST".into());
    }
    Ok(())
}

/// What a capture, a reversal or a refund asks for.
struct FollowUp {
    kind: Kind,
    transaction_id: String,
    code: String,
    money: Money,
}

/// Records a transaction that follows another one of its order; `status` is the answer's.
fn follow_up(
    ledger: &Ledger,
    effects: &Effects,
    request: FollowUp,
    earlier: Transaction,
    status: &'static str,
) -> Result<Response, Refusal> {
    let transaction = Transaction {
        kind: request.kind,
        id: new_id(),
        transaction_id: request.transaction_id,
        code: request.code,
        money: request.money,
        outcome: effects.outcome(Outcome::Done),
        visible_at: effects.visible_at(),
        decided_at: effects.decided_at(),
        ..earlier
    };
    ledger.add(PROCESSOR, &transaction)?;
    Ok(answer(&transaction, effects, status))
}

pub(super) async fn authorize(State(simulators): State<Arc<Simulators>>, Signed(body): Signed) -> Response {
    perform(&simulators, Operation::Authorize, move |ledger, effects| {
        let (code, transaction_id) = reference(&body)?;
        let money = money(&body, AMOUNT)?;
        let number = card(&body)?;
        check_unused(ledger, &transaction_id)?;
        let natural = sandbox::decline_of(&number).map_or(Outcome::Done, Outcome::Declined);
        let transaction = Transaction {
            kind: Kind::Authorization,
            order: code.clone(),
            id: new_id(),
            transaction_id,
            code,
            money,
            last4: tollgate_domain::card::last_four_digits(&number),
            outcome: effects.outcome(natural),
            visible_at: effects.visible_at(),
            decided_at: effects.decided_at(),
            body: String::new(),
        };
        ledger.add(PROCESSOR, &transaction)?;
        Ok(answer(&transaction, effects, "AUTHORIZED"))
    })
    .await
}

pub(super) async fn capture(
    State(simulators): State<Arc<Simulators>>,
    Path(id): Path<String>,
    Signed(body): Signed,
) -> Response {
    perform(&simulators, Operation::Capture, move |ledger, effects| {
        let (code, transaction_id) = reference(&body)?;
        let money = money(&body, AMOUNT)?;
        check_unused(ledger, &transaction_id)?;
        let (authorization, order) = find(ledger, &id, Kind::Authorization)?;
        if order.is_voided() {
            return Err("AUTH_ALREADY_REVERSED".into());
        }
        if order.captured() > 0 || !authorization.is_done() {
            return Err("MISSING_AUTH".into());
        }
        if money.currency != authorization.money.currency {
            return Err("INVALID_DATA".into());
        }
        if money.minor > authorization.money.minor {
            return Err("EXCEEDS_AUTH_AMOUNT".into());
        }
        let request = FollowUp { kind: Kind::Capture, transaction_id, code, money };
        follow_up(ledger, effects, request, authorization, "PENDING")
    })
    .await
}

pub(super) async fn reverse(
    State(simulators): State<Arc<Simulators>>,
    Path(id): Path<String>,
    Signed(body): Signed,
) -> Response {
    perform(&simulators, Operation::Void, move |ledger, effects| {
        reversal(ledger, effects, &body, || find(ledger, &id, Kind::Authorization))
    })
    .await
}

/// Names the authorisation by its transaction id, because its answer never came.
pub(super) async fn reverse_unanswered(
    State(simulators): State<Arc<Simulators>>,
    Signed(body): Signed,
) -> Response {
    perform(&simulators, Operation::Void, move |ledger, effects| {
        reversal(ledger, effects, &body, || {
            let transaction_id = text(&body, "/clientReferenceInformation/transactionId");
            let order = ledger.order(PROCESSOR, text(&body, "/clientReferenceInformation/code"))?;
            let found = order
                .of(Kind::Authorization)
                .find(|one| !transaction_id.is_empty() && one.transaction_id == transaction_id)
                .cloned();
            Ok((found.ok_or("INVALID_DATA")?, order))
        })
    })
    .await
}

/// Reverses the authorisation that `find` gives.
fn reversal(
    ledger: &Ledger,
    effects: &Effects,
    body: &Value,
    find: impl Fn() -> Result<(Transaction, Order), Refusal>,
) -> Result<Response, Refusal> {
    let (code, _) = reference(body)?;
    let money = money(body, "/reversalInformation/amountDetails")?;
    let (authorization, order) = find()?;
    if order.is_voided() {
        return Err("AUTH_ALREADY_REVERSED".into());
    }
    if order.captured() > 0 {
        return Err("TRANSACTION_ALREADY_SETTLED".into());
    }
    if order.reservation().is_none() {
        return Err("MISSING_AUTH".into());
    }
    if money != authorization.money {
        return Err("INVALID_AMOUNT".into());
    }
    let request = FollowUp { kind: Kind::Void, transaction_id: String::new(), code, money };
    follow_up(ledger, effects, request, authorization, "REVERSED")
}

/// For payments that were authorised and captured in one request. The gateway makes none.
pub(super) async fn refund_payment(State(simulators): State<Arc<Simulators>>, _: Signed) -> Response {
    perform(&simulators, Operation::Refund, |_, _| Err("NOT_SUPPORTED".into())).await
}

pub(super) async fn refund_capture(
    State(simulators): State<Arc<Simulators>>,
    Path(id): Path<String>,
    Signed(body): Signed,
) -> Response {
    perform(&simulators, Operation::Refund, move |ledger, effects| {
        let (code, transaction_id) = reference(&body)?;
        let money = money(&body, AMOUNT)?;
        check_unused(ledger, &transaction_id)?;
        let (capture, order) = find(ledger, &id, Kind::Capture)?;
        if !capture.is_done() || money.currency != capture.money.currency {
            return Err("INVALID_DATA".into());
        }
        if order.refunded() + money.minor > order.captured() {
            return Err("INVALID_AMOUNT".into());
        }
        let request = FollowUp { kind: Kind::Refund, transaction_id, code, money };
        follow_up(ledger, effects, request, capture, "PENDING")
    })
    .await
}
