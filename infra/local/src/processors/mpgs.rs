//! The simulated MPGS: orders and transactions under basic authentication.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
    routing::{get, put},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tollgate_domain::{Currency, Decline, Money, ProcessorKind};
use tollgate_processors::sandbox;

use super::{
    accounts::{MPGS_MID, MPGS_PASSWORD},
    faults::Operation,
    ledger::Ledger,
    simulators::{Effects, Simulators, reply},
    transaction::{Kind, Order, Outcome, Transaction},
};
use crate::Error;

const PROCESSOR: ProcessorKind = ProcessorKind::Mpgs;
const BASE: &str = "/_networks/mpgs/api/rest/version/{version}/merchant/{mid}/order/{order}";
/// The API's version.
const VERSION: &str = "100";
/// Longest name of an order or a transaction, and longest amount, in characters.
const NAME_CHARS_MAX: usize = 40;
const AMOUNT_CHARS_MAX: usize = 14;

pub(super) fn routes() -> Router<Arc<Simulators>> {
    Router::new()
        .route(BASE, get(retrieve_order))
        .route(&format!("{BASE}/transaction/{{transaction}}"), put(perform).get(retrieve_transaction))
}

fn authorized(headers: &HeaderMap, mid: &str) -> bool {
    let expected = format!("Basic {}", STANDARD.encode(format!("merchant.{MPGS_MID}:{MPGS_PASSWORD}")));
    mid == MPGS_MID && headers.get("authorization").is_some_and(|sent| sent == expected.as_str())
}

fn error(status: u16, cause: &str, explanation: &str) -> Response {
    reply(status, &json!({"error": {"cause": cause, "explanation": explanation}, "result": "ERROR"}))
}

fn unauthorized() -> Response {
    error(401, "INVALID_REQUEST", "Invalid credentials.")
}

fn invalid(explanation: &str) -> Response {
    error(400, "INVALID_REQUEST", explanation)
}

fn gateway_code(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "APPROVED",
        Outcome::Declined(Decline::InsufficientFunds) => "INSUFFICIENT_FUNDS",
        Outcome::Declined(Decline::ExpiredCard) => "EXPIRED_CARD",
        Outcome::Declined(Decline::IncorrectCvc) => "INVALID_CSC",
        Outcome::Declined(Decline::ProcessingError) => "ACQUIRER_SYSTEM_ERROR",
        // MPGS has no code for a review or a refusal by a risk rule.
        Outcome::Review | Outcome::Refused => "TIMED_OUT",
        Outcome::Declined(
            Decline::CardDeclined
            | Decline::AuthenticationFailed
            | Decline::AuthenticationExpired
            | Decline::BankTransferFailed,
        ) => "DECLINED",
    }
}

/// Result and gateway code of a transaction.
fn result(transaction: &Transaction, now: i64) -> (&'static str, &'static str) {
    if !transaction.is_decided(now) {
        return ("UNKNOWN", "UNKNOWN");
    }
    let code = gateway_code(transaction.outcome);
    (if transaction.is_done() { "SUCCESS" } else { "FAILURE" }, code)
}

fn kind_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Authorization => "AUTHORIZATION",
        Kind::Capture => "CAPTURE",
        Kind::Void => "VOID_AUTHORIZATION",
        Kind::Refund => "REFUND",
    }
}

fn number(minor: i64, money: Money) -> Value {
    let decimal = Money { minor, ..money }.to_decimal();
    serde_json::from_str(&decimal).unwrap_or(Value::Null)
}

fn status(order: &Order, now: i64) -> &'static str {
    let captured = order.captured();
    let last = order.of(Kind::Authorization).next_back();
    if captured > 0 && order.refunded() == 0 {
        "CAPTURED"
    } else if captured > 0 && order.refunded() < captured {
        "PARTIALLY_REFUNDED"
    } else if captured > 0 {
        "REFUNDED"
    } else if order.is_voided() {
        "CANCELLED"
    } else if order
        .of(Kind::Authorization)
        .any(|transaction| transaction.is_done() && transaction.is_decided(now))
    {
        "AUTHORIZED"
    } else if last.is_some_and(|transaction| !transaction.is_decided(now)) {
        "INITIATED"
    } else {
        "FAILED"
    }
}

fn shown_order(order: &Order, money: Money, now: i64) -> Value {
    let authorized = order.of(Kind::Authorization).any(Transaction::is_done);
    json!({
        "status": status(order, now),
        "amount": number(money.minor, money),
        "currency": money.currency.code(),
        "totalAuthorizedAmount": number(if authorized { money.minor } else { 0 }, money),
        "totalCapturedAmount": number(order.captured(), money),
        "totalRefundedAmount": number(order.refunded(), money),
    })
}

fn shown_transaction(transaction: &Transaction, now: i64) -> Value {
    let (result, code) = result(transaction, now);
    json!({
        "response": {"gatewayCode": code},
        "result": result,
        "transaction": {
            "id": transaction.id,
            "type": kind_of(transaction.kind),
            "amount": number(transaction.money.minor, transaction.money),
            "currency": transaction.money.currency.code(),
        },
    })
}

/// The answer for a transaction, with its order's current state.
fn answer(transaction: &Transaction, order: &Order, now: i64, http: u16) -> Response {
    let mut body = shown_transaction(transaction, now);
    let money = order.0.first().map_or(transaction.money, |first| first.money);
    body["order"] = shown_order(order, money, now);
    body["order"]["id"] = json!(transaction.order);
    body["merchant"] = json!(MPGS_MID);
    reply(http, &body)
}

fn money(value: Option<&Value>) -> Option<Money> {
    let value = value?;
    let currency = Currency::from_code(value.get("currency")?.as_str()?)?;
    let amount = value.get("amount")?.as_str()?;
    let money = Money::from_decimal(amount, currency)?;
    (money.minor > 0 && amount.len() <= AMOUNT_CHARS_MAX).then_some(money)
}

fn is_name(text: &str) -> bool {
    (1..=NAME_CHARS_MAX).contains(&text.len())
}

async fn perform(
    State(simulators): State<Arc<Simulators>>,
    Path((version, mid, order, name)): Path<(String, String, String, String)>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    if !authorized(&headers, &mid) {
        return unauthorized();
    }
    if version != VERSION || !is_name(&order) || !is_name(&name) {
        return invalid("Value is invalid");
    }
    let Ok(body) = serde_json::from_slice::<Value>(&bytes) else {
        return invalid("The body is no JSON");
    };
    let (operation, kind) = match body.pointer("/apiOperation").and_then(Value::as_str) {
        Some("AUTHORIZE") => (Operation::Authorize, Kind::Authorization),
        Some("CAPTURE") => (Operation::Capture, Kind::Capture),
        Some("VOID") => (Operation::Void, Kind::Void),
        Some("REFUND") => (Operation::Refund, Kind::Refund),
        _ => return invalid("Value of apiOperation is invalid"),
    };
    let digest = hex::encode(Sha256::digest(&bytes));
    simulators
        .perform(
            PROCESSOR,
            operation,
            Box::new(move |ledger, effects| {
                let known = ledger.order(PROCESSOR, &order)?;
                // A repeated request is not carried out again; another request needs another id.
                if let Some(earlier) = known.0.iter().find(|transaction| transaction.id == name) {
                    return Ok(if earlier.body == digest && earlier.kind == kind {
                        answer(earlier, &known, effects.now, 200)
                    } else {
                        invalid("The transaction exists already")
                    });
                }
                let checked = match kind {
                    Kind::Authorization => authorization(&known, &body),
                    Kind::Capture => capture(&known, &body),
                    Kind::Void => void(&known, &body),
                    Kind::Refund => refund(&known, &body),
                };
                let (money, last4, natural) = match checked {
                    Ok(checked) => checked,
                    Err(explanation) => return Ok(invalid(explanation)),
                };
                let transaction = Transaction {
                    kind,
                    order: order.clone(),
                    id: name.clone(),
                    transaction_id: String::new(),
                    code: order.clone(),
                    money,
                    last4,
                    outcome: effects.outcome(natural),
                    visible_at: effects.visible_at(),
                    decided_at: effects.decided_at(),
                    body: digest.clone(),
                };
                record(ledger, effects, &transaction)
            }),
        )
        .await
}

fn record(ledger: &Ledger, effects: &Effects, transaction: &Transaction) -> Result<Response, Error> {
    ledger.add(PROCESSOR, transaction)?;
    let order = ledger.order(PROCESSOR, &transaction.order)?;
    Ok(answer(transaction, &order, effects.now, 201))
}

/// A transaction's amount, the card's last four digits and the outcome without a fault; or why it is refused.
type Checked = Result<(Money, String, Outcome), &'static str>;

fn authorization(known: &Order, body: &Value) -> Checked {
    if known.reservation().is_some() {
        return Err("The order has an initial transaction already");
    }
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let number = text("/sourceOfFunds/provided/card/number");
    let (month, year) =
        (text("/sourceOfFunds/provided/card/expiry/month"), text("/sourceOfFunds/provided/card/expiry/year"));
    let money = money(body.get("order")).ok_or("Value of order.amount is missing")?;
    let in_form = text("/sourceOfFunds/type") == "CARD"
        && (9..=19).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_digit())
        && (1..=2).contains(&month.len())
        && year.len() == 2;
    if !in_form {
        return Err("Value of sourceOfFunds is invalid");
    }
    let natural = sandbox::decline_of(number).map_or(Outcome::Done, Outcome::Declined);
    Ok((money, tollgate_domain::card::last_four_digits(number), natural))
}

/// The authorisation that a capture or refund refers to. Such a request has no source of funds.
fn follow_up<'a>(known: &'a Order, body: &Value) -> Result<&'a Transaction, &'static str> {
    if body.get("sourceOfFunds").is_some() {
        return Err("Unexpected parameter sourceOfFunds");
    }
    let reserved = known.of(Kind::Authorization).find(|transaction| transaction.is_done());
    reserved.ok_or("There is nothing to be captured or refunded")
}

fn capture(known: &Order, body: &Value) -> Checked {
    let authorization = follow_up(known, body)?;
    let money = money(body.get("transaction")).ok_or("An amount is needed")?;
    let fits = known.captured() == 0
        && !known.is_voided()
        && money.currency == authorization.money.currency
        && money.minor <= authorization.money.minor;
    if !fits {
        return Err("The order does not allow this");
    }
    Ok((money, authorization.last4.clone(), Outcome::Done))
}

fn refund(known: &Order, body: &Value) -> Checked {
    let authorization = follow_up(known, body)?;
    let money = money(body.get("transaction")).ok_or("An amount is needed")?;
    let target = body.pointer("/transaction/targetTransactionId").and_then(Value::as_str);
    let is_capture = target.is_none_or(|target| {
        known.of(Kind::Capture).any(|transaction| transaction.id == target && transaction.is_done())
    });
    let fits = is_capture
        && money.currency == authorization.money.currency
        && known.refunded() + money.minor <= known.captured();
    if !fits {
        return Err("The order does not allow this");
    }
    Ok((money, authorization.last4.clone(), Outcome::Done))
}

fn void(known: &Order, body: &Value) -> Checked {
    let target = body.pointer("/transaction/targetTransactionId").and_then(Value::as_str);
    let Some(target) = target else {
        return Err("Value of transaction.targetTransactionId is missing");
    };
    let found = known.of(Kind::Authorization).find(|transaction| transaction.id == target);
    let Some(authorization) = found else {
        return Err("The target transaction does not exist");
    };
    if known.captured() > 0 || known.is_voided() {
        return Err("The order does not allow this");
    }
    // A void succeeds even if nothing is reserved.
    Ok((authorization.money, authorization.last4.clone(), Outcome::Done))
}

/// Carries out a look-up of the order: `show` makes the answer of what look-ups show of it.
async fn look_up(
    simulators: &Simulators,
    headers: &HeaderMap,
    (version, mid, reference): (String, String, String),
    show: impl Fn(&Order, &str, i64) -> Response + Send + Sync + 'static,
) -> Response {
    if !authorized(headers, &mid) {
        return unauthorized();
    }
    if version != VERSION {
        return invalid("Value of version is invalid");
    }
    let work = move |ledger: &Ledger, effects: &Effects| {
        let order = ledger.order(PROCESSOR, &reference)?.shown_at(effects.now);
        Ok(show(&order, &reference, effects.now))
    };
    simulators.perform(PROCESSOR, Operation::LookUp, Box::new(work)).await
}

async fn retrieve_order(
    State(simulators): State<Arc<Simulators>>,
    Path(path): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response {
    look_up(&simulators, &headers, path, |order, reference, now| {
        let Some(first) = order.0.first() else {
            return invalid("The order does not exist");
        };
        let mut body = shown_order(order, first.money, now);
        body["id"] = json!(reference);
        body["result"] = json!("SUCCESS");
        body["transaction"] = order.0.iter().map(|transaction| shown_transaction(transaction, now)).collect();
        reply(200, &body)
    })
    .await
}

async fn retrieve_transaction(
    State(simulators): State<Arc<Simulators>>,
    Path((version, mid, reference, name)): Path<(String, String, String, String)>,
    headers: HeaderMap,
) -> Response {
    look_up(&simulators, &headers, (version, mid, reference), move |order, _, now| {
        let found = order.0.iter().find(|transaction| transaction.id == name);
        match found {
            Some(transaction) => answer(transaction, order, now, 200),
            None => invalid("The transaction does not exist"),
        }
    })
    .await
}
