//! The simulated `CyberSource`: the payments API and the transaction search, under HTTP signatures.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{OriginalUri, Path, State},
    http::HeaderMap,
    response::Response,
    routing::post,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tollgate_domain::{Currency, Money, Provider};
use uuid::Uuid;

use super::{
    CYBERSOURCE_KEY_ID, CYBERSOURCE_MID, CYBERSOURCE_SECRET, Networks, Operation,
    ledger::{Order, Refused},
    reply,
};

pub(super) fn routes() -> Router<Arc<Networks>> {
    Router::new()
        .route("/_networks/cybersource/pts/v2/payments", post(authorize))
        .route(
            "/_networks/cybersource/pts/v2/payments/{id}/{operation}",
            post(follow_up),
        )
        .route("/_networks/cybersource/tss/v2/searches", post(search))
}

/// Checks the digest of the body and the signature of the five headers.
fn authorized(headers: &HeaderMap, path: &str, body: &[u8]) -> bool {
    let header = |name: &str| {
        headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
    };
    let digest = format!("SHA-256={}", STANDARD.encode(Sha256::digest(body)));
    let text = format!(
        "host: {}\ndate: {}\n(request-target): post {path}\ndigest: {digest}\nv-c-merchant-id: {CYBERSOURCE_MID}",
        header("host"),
        header("date"),
    );
    let Ok(secret) = STANDARD.decode(CYBERSOURCE_SECRET) else {
        return false;
    };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&secret) else {
        return false;
    };
    mac.update(text.as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    let expected = format!(
        "keyid=\"{CYBERSOURCE_KEY_ID}\", algorithm=\"HmacSHA256\", \
         headers=\"host date (request-target) digest v-c-merchant-id\", signature=\"{signature}\""
    );
    header("v-c-merchant-id") == CYBERSOURCE_MID
        && header("digest") == digest
        && !header("date").is_empty()
        && header("signature") == expected
}

fn unauthorized() -> Response {
    reply(401, &json!({"response": {"rmsg": "Authentication Failed"}}))
}

fn invalid(reason: &str) -> Response {
    reply(
        400,
        &json!({"status": "INVALID_REQUEST", "reason": reason, "message": "The request is not valid."}),
    )
}

fn refused(refused: &Refused) -> Response {
    match refused {
        Refused::Duplicate => invalid("DUPLICATE_REQUEST"),
        Refused::Invalid => invalid("INVALID_DATA"),
    }
}

fn reason(order: &Order) -> (&'static str, &'static str) {
    match order.decline.as_deref() {
        None => ("", "100"),
        Some("insufficient_funds") => ("INSUFFICIENT_FUND", "204"),
        Some("expired_card") => ("EXPIRED_CARD", "202"),
        Some("incorrect_cvc") => ("CVN_NOT_MATCH", "211"),
        Some("processing_error") => ("PROCESSOR_ERROR", "150"),
        Some(_) => ("PROCESSOR_DECLINED", "203"),
    }
}

fn money(body: &Value, pointer: &str) -> Option<Money> {
    let details = body.pointer(pointer)?;
    let currency = Currency::from_code(details.get("currency")?.as_str()?)?;
    Money::from_decimal(details.get("totalAmount")?.as_str()?, currency)
}

fn done(id: &str, code: &str, status: &str, order: &Order) -> Response {
    let mut body = json!({
        "id": id,
        "status": status,
        "clientReferenceInformation": {"code": code},
        "orderInformation": {"amountDetails": {"authorizedAmount": order.money(), "currency": order.currency}},
    });
    if order.decline.is_some() {
        body["errorInformation"] = json!({"reason": reason(order).0});
    }
    reply(201, &body)
}

async fn authorize(
    State(networks): State<Arc<Networks>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !authorized(&headers, uri.path(), &body) {
        return unauthorized();
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let code = text("/clientReferenceInformation/code");
    let Some(amount) = money(&body, "/orderInformation/amountDetails").filter(|_| !code.is_empty()) else {
        return invalid("MISSING_FIELD");
    };
    networks
        .perform(Provider::CyberSource, Operation::Authorize, |ledger| {
            let id = Uuid::new_v4().simple().to_string();
            let number = text("/paymentInformation/card/number");
            let order = ledger.authorize(Provider::CyberSource, code, &id, amount, number)?;
            Ok(match order {
                Ok(order) if order.decline.is_some() => done(&id, code, "DECLINED", &order),
                Ok(order) => done(&id, code, "AUTHORIZED", &order),
                Err(why) => refused(&why),
            })
        })
        .await
}

async fn follow_up(
    State(networks): State<Arc<Networks>>,
    Path((id, operation)): Path<(String, String)>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !authorized(&headers, uri.path(), &body) {
        return unauthorized();
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let code = body
        .pointer("/clientReferenceInformation/code")
        .and_then(Value::as_str);
    let code = code.unwrap_or_default();
    let operation = match operation.as_str() {
        "captures" => Operation::Capture,
        "reversals" => Operation::Void,
        "refunds" => Operation::Refund,
        _ => return invalid("INVALID_DATA"),
    };
    let amount = money(&body, "/orderInformation/amountDetails")
        .or_else(|| money(&body, "/reversalInformation/amountDetails"));
    let Some(amount) = amount.filter(|_| !code.is_empty()) else {
        return invalid("MISSING_FIELD");
    };
    networks
        .perform(Provider::CyberSource, operation, |ledger| {
            let own_id = Uuid::new_v4().simple().to_string();
            let (order, status) = match operation {
                Operation::Capture => (ledger.capture(Provider::CyberSource, &id, amount)?, "PENDING"),
                Operation::Refund => (
                    ledger.refund(Provider::CyberSource, &id, code, &own_id, amount)?,
                    "PENDING",
                ),
                _ => (ledger.void(Provider::CyberSource, &id)?, "REVERSED"),
            };
            Ok(match order {
                Ok(order) => done(&own_id, code, status, &order),
                Err(why) => refused(&why),
            })
        })
        .await
}

async fn search(
    State(networks): State<Arc<Networks>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !authorized(&headers, uri.path(), &body) {
        return unauthorized();
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let query = body.get("query").and_then(Value::as_str).unwrap_or_default();
    let Some(code) = query.strip_prefix("clientReferenceInformation.code:") else {
        return invalid("INVALID_DATA");
    };
    networks
        .perform(Provider::CyberSource, Operation::LookUp, |ledger| {
            let mut found = Vec::new();
            let mut add = |id: &str, name: &str, reason_code: &str| {
                found.push(json!({
                    "id": id,
                    "clientReferenceInformation": {"code": code},
                    "applicationInformation": {"applications": [{"name": name, "reasonCode": reason_code}]},
                }));
            };
            if let Some(order) = ledger
                .find(Provider::CyberSource, code)?
                .filter(|o| o.reference == code)
            {
                if order.voids > 0 {
                    add("r", "ics_auth_reversal", "100");
                }
                if order.captures > 0 {
                    add("c", "ics_bill", "100");
                }
                add(&order.network_id, "ics_auth", reason(&order).1);
            }
            if let Some(refund) = ledger.find_refund(Provider::CyberSource, code)? {
                add(&refund.network_id, "ics_credit", "100");
            }
            Ok(reply(
                201,
                &json!({"totalCount": found.len(), "_embedded": {"transactionSummaries": found}}),
            ))
        })
        .await
}
