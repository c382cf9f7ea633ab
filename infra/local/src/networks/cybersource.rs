//! The simulated `CyberSource`: the payments API, the transaction search and the conversion details, under HTTP signatures.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{OriginalUri, Path, Query, State},
    http::{HeaderMap, Method},
    response::Response,
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tollgate_domain::{Currency, Decline, Money, ProcessorKind};
use tollgate_processors::sandbox;

use super::{
    CYBERSOURCE_KEY_ID, CYBERSOURCE_MID, CYBERSOURCE_SECRET, Effects, Operation, Processors,
    ledger::{DONE, Kind, Ledger, Order, REFUSED, REVIEW, Transaction},
    reply,
};
use crate::Error;

/// Why a request is refused, in the provider's word.
type Reason = &'static str;

const PROVIDER: ProcessorKind = ProcessorKind::CyberSource;
/// Longest `clientReferenceInformation.code` and `.transactionId`, and longest amount, in characters.
const CODE_CHARS_MAX: usize = 50;
const TRANSACTION_ID_CHARS_MAX: usize = 30;
const AMOUNT_CHARS_MAX: usize = 12;
/// The longest time that conversion details cover, in milliseconds: a day.
const CONVERSIONS_SPAN_MS: i64 = 24 * 60 * 60 * 1000;

pub(super) fn routes() -> Router<Arc<Processors>> {
    let at = |path: &str| format!("/_networks/cybersource{path}");
    Router::new()
        .route(&at("/pts/v2/payments"), post(authorize))
        .route(&at("/pts/v2/payments/{id}/captures"), post(capture))
        .route(&at("/pts/v2/payments/{id}/reversals"), post(reverse))
        .route(&at("/pts/v2/payments/{id}/refunds"), post(refund_payment))
        .route(&at("/pts/v2/captures/{id}/refunds"), post(refund_capture))
        .route(&at("/pts/v2/reversals"), post(reverse_unanswered))
        .route(&at("/tss/v2/searches"), post(search))
        .route(&at("/reporting/v3/conversion-details"), get(conversions))
}

/// Checks the digest of the body and the signature of the headers.
fn authorized(method: &Method, headers: &HeaderMap, uri: &axum::http::Uri, body: &[u8]) -> bool {
    let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let target = format!(
        "{} {}",
        method.as_str().to_ascii_lowercase(),
        uri.path_and_query().map_or("/", |target| target.as_str())
    );
    let digest = format!("SHA-256={}", STANDARD.encode(Sha256::digest(body)));
    let mut lines = vec![
        format!("host: {}", header("host")),
        format!("date: {}", header("date")),
        format!("request-target: {target}"),
    ];
    let mut names = "host date request-target".to_owned();
    if method == Method::POST {
        lines.push(format!("digest: {digest}"));
        names.push_str(" digest");
    }
    lines.push(format!("v-c-merchant-id: {CYBERSOURCE_MID}"));
    names.push_str(" v-c-merchant-id");
    let Ok(secret) = STANDARD.decode(CYBERSOURCE_SECRET) else {
        return false;
    };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&secret) else {
        return false;
    };
    mac.update(lines.join("\n").as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    let expected = format!(
        "keyid=\"{CYBERSOURCE_KEY_ID}\", algorithm=\"HmacSHA256\", headers=\"{names}\", signature=\"{signature}\""
    );
    let is_json = header("content-type").starts_with("application/json");
    header("v-c-merchant-id") == CYBERSOURCE_MID
        && (method == Method::GET || (header("digest") == digest && is_json))
        && header("date").ends_with(" GMT")
        && header("signature") == expected
}

fn unauthorized() -> Response {
    reply(401, &json!({"response": {"rmsg": "Authentication Failed"}}))
}

fn invalid(reason: Reason) -> Response {
    reply(
        400,
        &json!({"status": "INVALID_REQUEST", "reason": reason, "message": "The request is not valid."}),
    )
}

/// The request was received, and what came of it is not known.
fn timed_out() -> Response {
    reply(
        502,
        &json!({"status": "SERVER_ERROR", "reason": "SERVER_TIMEOUT", "message": "The request was received but there was a server timeout."}),
    )
}

/// The reason and the reason code of an outcome.
fn reason(outcome: &str) -> (&'static str, &'static str) {
    match outcome {
        DONE => ("", "100"),
        REVIEW => ("DECISION_PROFILE_REVIEW", "480"),
        REFUSED => ("DECISION_PROFILE_REJECT", "481"),
        "insufficient_funds" => ("INSUFFICIENT_FUND", "204"),
        "expired_card" => ("EXPIRED_CARD", "202"),
        "incorrect_cvc" => ("CVN_NOT_MATCH", "209"),
        "processing_error" => ("ISSUER_UNAVAILABLE", "207"),
        _ => ("PROCESSOR_DECLINED", "203"),
    }
}

/// Twenty-two digits, as the provider's ids are.
fn new_id() -> String {
    let number = uuid::Uuid::new_v4().as_u128() % 10_u128.pow(21);
    format!("7{number:021}")
}

fn text<'a>(body: &'a Value, pointer: &str) -> &'a str {
    body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn money(body: &Value, pointer: &str) -> Result<Money, Reason> {
    let (amount, currency) =
        (text(body, &format!("{pointer}/totalAmount")), text(body, &format!("{pointer}/currency")));
    if amount.is_empty() || currency.is_empty() {
        return Err("MISSING_FIELD");
    }
    let money = Currency::from_code(currency).and_then(|currency| Money::from_decimal(amount, currency));
    money.filter(|money| money.minor > 0 && amount.len() <= AMOUNT_CHARS_MAX).ok_or("INVALID_DATA")
}

/// What every request names: our reference, and its transaction id, if it has one.
fn reference(body: &Value) -> Result<(String, String), Reason> {
    let code = text(body, "/clientReferenceInformation/code");
    let unique = text(body, "/clientReferenceInformation/transactionId");
    if code.is_empty() {
        return Err("MISSING_FIELD");
    }
    if code.len() > CODE_CHARS_MAX || unique.len() > TRANSACTION_ID_CHARS_MAX {
        return Err("INVALID_DATA");
    }
    Ok((code.to_owned(), unique.to_owned()))
}

fn done(one: &Transaction, status: &str) -> Response {
    let mut body = json!({
        "id": one.name,
        "status": status,
        "clientReferenceInformation": {"code": one.code},
        "orderInformation": {"amountDetails": {"authorizedAmount": one.money.to_decimal(), "currency": one.money.currency.code()}},
    });
    let (reason, _) = reason(&one.outcome);
    if !reason.is_empty() {
        body["errorInformation"] = json!({"reason": reason});
    }
    reply(201, &body)
}

/// Answers with what was recorded, once it is known what came of it.
fn answer(one: &Transaction, effects: &Effects, status: &str) -> Response {
    if !one.is_decided(effects.now) {
        return timed_out();
    }
    let status = match one.outcome.as_str() {
        DONE => status,
        REVIEW => "AUTHORIZED_PENDING_REVIEW",
        REFUSED => "AUTHORIZED_RISK_DECLINED",
        _ => "DECLINED",
    };
    done(one, status)
}

/// A request, its signature checked.
async fn signed(
    networks: &Processors,
    operation: Operation,
    (headers, uri, bytes): (HeaderMap, axum::http::Uri, Bytes),
    work: impl Fn(&Ledger, &Effects, &Value) -> Result<Result<Response, Reason>, Error> + Send + Sync + 'static,
) -> Response {
    if !authorized(&Method::POST, &headers, &uri, &bytes) {
        return unauthorized();
    }
    let Ok(body) = serde_json::from_slice::<Value>(&bytes) else {
        return invalid("INVALID_DATA");
    };
    networks
        .perform(
            PROVIDER,
            operation,
            Box::new(move |ledger, effects| {
                work(ledger, effects, &body).map(|answer| answer.unwrap_or_else(invalid))
            }),
        )
        .await
}

async fn authorize(
    State(networks): State<Arc<Processors>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    signed(&networks, Operation::Authorize, (headers, uri, bytes), |ledger, effects, body| {
        let checked = reference(body).and_then(|reference| {
            let money = money(body, "/orderInformation/amountDetails")?;
            card(body).map(|number| (reference, money, number))
        });
        let ((code, unique), money, number) = match checked {
            Ok(checked) => checked,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if ledger.is_used(PROVIDER, &unique)? {
            return Ok(Err("DUPLICATE_REQUEST"));
        }
        let natural = sandbox::decline_of(&number).map_or(DONE, Decline::code);
        let one = Transaction {
            kind: Kind::Authorization,
            order: code.clone(),
            name: new_id(),
            unique,
            code,
            money,
            last4: tollgate_domain::card::last_four_digits(&number),
            outcome: effects.outcome(natural),
            visible_at: effects.visible_at(),
            decided_at: effects.decided_at(),
            body: String::new(),
        };
        ledger.add(PROVIDER, &one)?;
        Ok(Ok(answer(&one, effects, "AUTHORIZED")))
    })
    .await
}

/// The card's number, where everything about the card is there and in form.
fn card(body: &Value) -> Result<String, Reason> {
    let part = |name: &str| text(body, &format!("/paymentInformation/card/{name}"));
    let digits = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
    };
    let (number, month, year) = (part("number"), part("expirationMonth"), part("expirationYear"));
    if number.is_empty() || month.is_empty() || year.is_empty() {
        return Err("MISSING_FIELD");
    }
    if !digits(number, 12..=19) {
        return Err("INVALID_CARD");
    }
    let mastercard = part("type") == "002";
    let proof = body.get("consumerAuthenticationInformation");
    let proof_fits = proof.is_none_or(|proof| {
        let has = |name: &str| proof.get(name).is_some_and(Value::is_string);
        has("paSpecificationVersion")
            && if mastercard {
                has("ucafAuthenticationData") && has("ucafCollectionIndicator")
            } else {
                has("cavv")
            }
    });
    if !digits(month, 2..=2) || !digits(year, 4..=4) || !proof_fits {
        return Err("INVALID_DATA");
    }
    Ok(number.to_owned())
}

/// The authorisation that a path names, with its order as the books have it. Only the provider's own ids are known.
fn named(ledger: &Ledger, id: &str, kind: Kind) -> Result<Option<(Transaction, Order)>, Error> {
    let Some(one) = ledger.by_name(PROVIDER, id)?.filter(|one| one.kind == kind) else {
        return Ok(None);
    };
    let order = ledger.order(PROVIDER, &one.order)?;
    Ok(Some((one, order)))
}

async fn capture(
    State(networks): State<Arc<Processors>>,
    Path(id): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    signed(&networks, Operation::Capture, (headers, uri, bytes), move |ledger, effects, body| {
        let read = reference(body)
            .and_then(|reference| Ok((reference, money(body, "/orderInformation/amountDetails")?)));
        let ((code, unique), money) = match read {
            Ok(read) => read,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if ledger.is_used(PROVIDER, &unique)? {
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
        let one = Transaction {
            kind: Kind::Capture,
            name: new_id(),
            unique,
            code,
            money,
            outcome: effects.outcome(DONE),
            visible_at: effects.visible_at(),
            decided_at: effects.decided_at(),
            ..authorization
        };
        ledger.add(PROVIDER, &one)?;
        Ok(Ok(answer(&one, effects, "PENDING")))
    })
    .await
}

async fn reverse(
    State(networks): State<Arc<Processors>>,
    Path(id): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    signed(&networks, Operation::Void, (headers, uri, bytes), move |ledger, effects, body| {
        let found = named(ledger, &id, Kind::Authorization)?;
        reversal(ledger, effects, body, found)
    })
    .await
}

/// By the transaction id of the authorisation, whose answer never came.
async fn reverse_unanswered(
    State(networks): State<Arc<Processors>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    signed(&networks, Operation::Void, (headers, uri, bytes), |ledger, effects, body| {
        let unique = text(body, "/clientReferenceInformation/transactionId");
        let code = text(body, "/clientReferenceInformation/code");
        let order = ledger.order(PROVIDER, code)?;
        let found =
            order.of(Kind::Authorization).find(|one| !unique.is_empty() && one.unique == unique).cloned();
        reversal(ledger, effects, body, found.map(|one| (one, order)))
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
    let one = Transaction {
        kind: Kind::Void,
        name: new_id(),
        unique: String::new(),
        code,
        outcome: effects.outcome(DONE),
        visible_at: effects.visible_at(),
        decided_at: effects.decided_at(),
        ..authorization
    };
    ledger.add(PROVIDER, &one)?;
    Ok(Ok(answer(&one, effects, "REVERSED")))
}

/// Refunds of a payment are of one that was authorised and captured in one request, which ours never are.
async fn refund_payment(
    State(networks): State<Arc<Processors>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    signed(&networks, Operation::Refund, (headers, uri, bytes), |_, _, _| Ok(Err("NOT_SUPPORTED"))).await
}

async fn refund_capture(
    State(networks): State<Arc<Processors>>,
    Path(id): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    signed(&networks, Operation::Refund, (headers, uri, bytes), move |ledger, effects, body| {
        let read = reference(body)
            .and_then(|reference| Ok((reference, money(body, "/orderInformation/amountDetails")?)));
        let ((code, unique), money) = match read {
            Ok(read) => read,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if ledger.is_used(PROVIDER, &unique)? {
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
        let one = Transaction {
            kind: Kind::Refund,
            name: new_id(),
            unique,
            code,
            money,
            outcome: effects.outcome(DONE),
            visible_at: effects.visible_at(),
            decided_at: effects.decided_at(),
            ..capture
        };
        ledger.add(PROVIDER, &one)?;
        Ok(Ok(answer(&one, effects, "PENDING")))
    })
    .await
}

/// One transaction, as a search shows it.
fn summary(one: &Transaction, decision: Option<&str>, now: i64) -> Value {
    let name = match one.kind {
        Kind::Authorization => "ics_auth",
        Kind::Capture => "ics_bill",
        Kind::Void => "ics_auth_reversal",
        Kind::Refund => "ics_credit",
    };
    let (own, whole) = if !one.is_decided(now) {
        ("151", "151")
    } else if one.outcome == REVIEW || decision.is_some() {
        // What a reviewer decides is not shown here.
        ("100", "480")
    } else if one.outcome == REFUSED {
        ("100", "481")
    } else {
        (reason(&one.outcome).1, reason(&one.outcome).1)
    };
    json!({
        "id": one.name,
        "clientReferenceInformation": {"code": one.code},
        "applicationInformation": {
            "reasonCode": whole,
            "applications": [{"name": name, "reasonCode": own}],
        },
    })
}

async fn search(
    State(networks): State<Arc<Processors>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    signed(&networks, Operation::LookUp, (headers, uri, bytes), |ledger, effects, body| {
        let query = text(body, "/query");
        let Some(code) = query.strip_prefix("clientReferenceInformation.code:") else {
            return Ok(Err("INVALID_DATA"));
        };
        if text(body, "/sort").is_empty() {
            return Ok(Err("MISSING_FIELD"));
        }
        let limit = body.pointer("/limit").and_then(Value::as_u64).unwrap_or(20);
        let mut found = Vec::new();
        for one in ledger.by_code(PROVIDER, code)?.iter().rev() {
            if one.visible_at <= effects.now && (found.len() as u64) < limit {
                let decision = ledger.decision_of(PROVIDER, &one.name)?;
                found.push(summary(one, decision.as_deref(), effects.now));
            }
        }
        let mut answer = json!({"totalCount": found.len(), "count": found.len()});
        if !found.is_empty() {
            answer["_embedded"] = json!({"transactionSummaries": found});
        }
        Ok(Ok(reply(201, &answer)))
    })
    .await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Span {
    start_time: String,
    end_time: String,
}

async fn conversions(
    State(networks): State<Arc<Processors>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    Query(span): Query<Span>,
) -> Response {
    if !authorized(&Method::GET, &headers, &uri, b"") {
        return unauthorized();
    }
    let instant = |text: &str| {
        let at: Option<jiff::Timestamp> = text.parse().ok();
        at.map(jiff::Timestamp::as_millisecond)
    };
    let Some((from, to)) = instant(&span.start_time).zip(instant(&span.end_time)) else {
        return invalid("INVALID_DATA");
    };
    if from >= to || to - from > CONVERSIONS_SPAN_MS {
        return invalid("INVALID_DATA");
    }
    networks
        .perform(
            PROVIDER,
            Operation::LookUp,
            Box::new(move |ledger, _| {
                // Times have whole seconds.
                let found: Vec<Value> = ledger
                    .reviews(PROVIDER, from, to + 999)?
                    .into_iter()
                    .map(|(name, decision)| {
                        json!({"requestId": name, "originalDecision": "REVIEW", "newDecision": decision})
                    })
                    .collect();
                if found.is_empty() {
                    return Ok(reply(404, &json!({"code": "404", "message": "No results found"})));
                }
                Ok(reply(200, &json!({"conversionDetails": found})))
            }),
        )
        .await
}
