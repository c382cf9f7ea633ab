//! Authorisations, captures, reversals and refunds.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{OriginalUri, Path, State},
    http::HeaderMap,
    response::Response,
};
use serde_json::Value;
use tollgate_processors::sandbox;

use super::{
    super::{
        faults::Operation,
        ledger::Ledger,
        simulators::{Effects, Simulators},
        transaction::{Kind, Order, Outcome, Transaction},
    },
    fields::{Reason, card, money, reference, text},
    replies::answer,
    request::{PROCESSOR, signed},
};
use crate::Error;

/// Twenty-two digits, as the processor's ids are.
fn new_id() -> String {
    let number = uuid::Uuid::new_v4().as_u128() % 10_u128.pow(21);
    format!("7{number:021}")
}

pub(super) async fn authorize(
    State(simulators): State<Arc<Simulators>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    signed(&simulators, Operation::Authorize, (headers, uri, bytes), |ledger, effects, body| {
        let checked = reference(body).and_then(|reference| {
            let money = money(body, "/orderInformation/amountDetails")?;
            card(body).map(|number| (reference, money, number))
        });
        let ((code, transaction_id), money, number) = match checked {
            Ok(checked) => checked,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if ledger.is_used(PROCESSOR, &transaction_id)? {
            return Ok(Err("DUPLICATE_REQUEST"));
        }
        let natural = sandbox::decline_of(&number).map_or(Outcome::Done, Outcome::Declined);
        let transaction = Transaction {
            kind: Kind::Authorization,
            order: code.clone(),
            name: new_id(),
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
        Ok(Ok(answer(&transaction, effects, "AUTHORIZED")))
    })
    .await
}

/// The authorisation that a path names, with its order as the books have it. Only the processor's own ids are known.
fn named(ledger: &Ledger, id: &str, kind: Kind) -> Result<Option<(Transaction, Order)>, Error> {
    let Some(transaction) = ledger.by_name(PROCESSOR, id)?.filter(|transaction| transaction.kind == kind)
    else {
        return Ok(None);
    };
    let order = ledger.order(PROCESSOR, &transaction.order)?;
    Ok(Some((transaction, order)))
}

pub(super) async fn capture(
    State(simulators): State<Arc<Simulators>>,
    Path(id): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    signed(&simulators, Operation::Capture, (headers, uri, bytes), move |ledger, effects, body| {
        let read = reference(body)
            .and_then(|reference| Ok((reference, money(body, "/orderInformation/amountDetails")?)));
        let ((code, transaction_id), money) = match read {
            Ok(read) => read,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if ledger.is_used(PROCESSOR, &transaction_id)? {
            return Ok(Err("DUPLICATE_REQUEST"));
        }
        let Some((authorization, order)) = named(ledger, &id, Kind::Authorization)? else {
            return Ok(Err("INVALID_DATA"));
        };
        if order.is_voided() {
            return Ok(Err("AUTH_ALREADY_REVERSED"));
        }
        if order.captured() > 0 || !authorization.is_done() {
            return Ok(Err("MISSING_AUTH"));
        }
        if money.currency != authorization.money.currency {
            return Ok(Err("INVALID_DATA"));
        }
        if money.minor > authorization.money.minor {
            return Ok(Err("EXCEEDS_AUTH_AMOUNT"));
        }
        let transaction = Transaction {
            kind: Kind::Capture,
            name: new_id(),
            transaction_id,
            code,
            money,
            outcome: effects.outcome(Outcome::Done),
            visible_at: effects.visible_at(),
            decided_at: effects.decided_at(),
            ..authorization
        };
        ledger.add(PROCESSOR, &transaction)?;
        Ok(Ok(answer(&transaction, effects, "PENDING")))
    })
    .await
}

pub(super) async fn reverse(
    State(simulators): State<Arc<Simulators>>,
    Path(id): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    signed(&simulators, Operation::Void, (headers, uri, bytes), move |ledger, effects, body| {
        let found = named(ledger, &id, Kind::Authorization)?;
        reversal(ledger, effects, body, found)
    })
    .await
}

/// By the transaction id of the authorisation, whose answer never came.
pub(super) async fn reverse_unanswered(
    State(simulators): State<Arc<Simulators>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    signed(&simulators, Operation::Void, (headers, uri, bytes), |ledger, effects, body| {
        let transaction_id = text(body, "/clientReferenceInformation/transactionId");
        let code = text(body, "/clientReferenceInformation/code");
        let order = ledger.order(PROCESSOR, code)?;
        let found = order
            .of(Kind::Authorization)
            .find(|transaction| !transaction_id.is_empty() && transaction.transaction_id == transaction_id)
            .cloned();
        reversal(ledger, effects, body, found.map(|transaction| (transaction, order)))
    })
    .await
}

fn reversal(
    ledger: &Ledger,
    effects: &Effects,
    body: &Value,
    found: Option<(Transaction, Order)>,
) -> Result<Result<Response, Reason>, Error> {
    let read =
        reference(body).and_then(|(code, _)| Ok((code, money(body, "/reversalInformation/amountDetails")?)));
    let (code, money) = match read {
        Ok(read) => read,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let Some((authorization, order)) = found else {
        return Ok(Err("INVALID_DATA"));
    };
    if order.is_voided() {
        return Ok(Err("AUTH_ALREADY_REVERSED"));
    }
    if order.captured() > 0 {
        return Ok(Err("TRANSACTION_ALREADY_SETTLED"));
    }
    if order.reservation().is_none() {
        return Ok(Err("MISSING_AUTH"));
    }
    if money != authorization.money {
        return Ok(Err("INVALID_AMOUNT"));
    }
    let transaction = Transaction {
        kind: Kind::Void,
        name: new_id(),
        transaction_id: String::new(),
        code,
        outcome: effects.outcome(Outcome::Done),
        visible_at: effects.visible_at(),
        decided_at: effects.decided_at(),
        ..authorization
    };
    ledger.add(PROCESSOR, &transaction)?;
    Ok(Ok(answer(&transaction, effects, "REVERSED")))
}

/// Refunds of a payment are of one that was authorised and captured in one request, which ours never are.
pub(super) async fn refund_payment(
    State(simulators): State<Arc<Simulators>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    signed(&simulators, Operation::Refund, (headers, uri, bytes), |_, _, _| Ok(Err("NOT_SUPPORTED"))).await
}

pub(super) async fn refund_capture(
    State(simulators): State<Arc<Simulators>>,
    Path(id): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    signed(&simulators, Operation::Refund, (headers, uri, bytes), move |ledger, effects, body| {
        let read = reference(body)
            .and_then(|reference| Ok((reference, money(body, "/orderInformation/amountDetails")?)));
        let ((code, transaction_id), money) = match read {
            Ok(read) => read,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if ledger.is_used(PROCESSOR, &transaction_id)? {
            return Ok(Err("DUPLICATE_REQUEST"));
        }
        let Some((capture, order)) = named(ledger, &id, Kind::Capture)? else {
            return Ok(Err("INVALID_DATA"));
        };
        if !capture.is_done() || money.currency != capture.money.currency {
            return Ok(Err("INVALID_DATA"));
        }
        if order.refunded() + money.minor > order.captured() {
            return Ok(Err("INVALID_AMOUNT"));
        }
        let transaction = Transaction {
            kind: Kind::Refund,
            name: new_id(),
            transaction_id,
            code,
            money,
            outcome: effects.outcome(Outcome::Done),
            visible_at: effects.visible_at(),
            decided_at: effects.decided_at(),
            ..capture
        };
        ledger.add(PROCESSOR, &transaction)?;
        Ok(Ok(answer(&transaction, effects, "PENDING")))
    })
    .await
}
