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
use tollgate_domain::{Currency, Money, Provider};

use super::{
    MPGS_MID, MPGS_PASSWORD, Networks, Operation,
    ledger::{Order, Refused},
    reply,
};

const BASE: &str = "/_networks/mpgs/api/rest/version/{version}/merchant/{mid}/order/{order}";

pub(super) fn routes() -> Router<Arc<Networks>> {
    Router::new().route(BASE, get(retrieve_order)).route(
        &format!("{BASE}/transaction/{{transaction}}"),
        put(perform).get(retrieve_transaction),
    )
}

fn authorized(headers: &HeaderMap, mid: &str) -> bool {
    let expected = format!(
        "Basic {}",
        STANDARD.encode(format!("merchant.{MPGS_MID}:{MPGS_PASSWORD}"))
    );
    mid == MPGS_MID
        && headers
            .get("authorization")
            .is_some_and(|sent| sent == expected.as_str())
}

fn error(status: u16, cause: &str, explanation: &str) -> Response {
    reply(
        status,
        &json!({"error": {"cause": cause, "explanation": explanation}, "result": "ERROR"}),
    )
}

fn unauthorized() -> Response {
    error(401, "INVALID_REQUEST", "Invalid credentials.")
}

fn refused(refused: &Refused) -> Response {
    match refused {
        Refused::Duplicate => error(400, "INVALID_REQUEST", "The transaction exists already"),
        Refused::Invalid => error(400, "INVALID_REQUEST", "The order does not allow this"),
    }
}

fn gateway_code(order: &Order) -> &'static str {
    match order.decline.as_deref() {
        None => "APPROVED",
        Some("insufficient_funds") => "INSUFFICIENT_FUNDS",
        Some("expired_card") => "EXPIRED_CARD",
        Some("incorrect_cvc") => "INVALID_CSC",
        Some("processing_error") => "ACQUIRER_SYSTEM_ERROR",
        Some(_) => "DECLINED",
    }
}

fn status(order: &Order) -> &'static str {
    if order.decline.is_some() {
        "FAILED"
    } else if order.voids > 0 {
        "CANCELLED"
    } else if order.captures == 0 {
        "AUTHORIZED"
    } else if order.refunded == 0 {
        "CAPTURED"
    } else if order.refunded < order.amount {
        "PARTIALLY_REFUNDED"
    } else {
        "REFUNDED"
    }
}

fn transaction(order: &Order, id: &str, kind: &str, http: u16) -> Response {
    let failed = order.decline.is_some();
    reply(
        http,
        &json!({
            "merchant": MPGS_MID,
            "order": {"id": order.reference, "status": status(order), "amount": order.money(), "currency": order.currency},
            "response": {"gatewayCode": gateway_code(order)},
            "result": if failed { "FAILURE" } else { "SUCCESS" },
            "transaction": {"id": id, "type": kind, "amount": order.money(), "currency": order.currency},
        }),
    )
}

fn money(value: Option<&Value>) -> Option<Money> {
    let value = value?;
    let currency = Currency::from_code(value.get("currency")?.as_str()?)?;
    Money::from_decimal(value.get("amount")?.as_str()?, currency)
}

async fn perform(
    State(networks): State<Arc<Networks>>,
    Path((_, mid, order, id)): Path<(String, String, String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !authorized(&headers, &mid) {
        return unauthorized();
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let operation = match text("/apiOperation") {
        "AUTHORIZE" => Operation::Authorize,
        "CAPTURE" => Operation::Capture,
        "VOID" => Operation::Void,
        "REFUND" => Operation::Refund,
        _ => return error(400, "INVALID_REQUEST", "Unknown apiOperation"),
    };
    let amount = money(body.get("order").or_else(|| body.get("transaction")));
    let amount = match (amount, operation) {
        (Some(amount), _) => Some(amount),
        (None, Operation::Void) => None,
        (None, _) => return error(400, "INVALID_REQUEST", "An amount and a currency are needed"),
    };
    networks
        .perform(Provider::Mpgs, operation, |ledger| {
            let done = match (operation, amount) {
                (Operation::Authorize, Some(amount)) => {
                    let number = text("/sourceOfFunds/provided/card/number");
                    ledger.authorize(Provider::Mpgs, &order, "", amount, number)?
                }
                (Operation::Capture, Some(amount)) => ledger.capture(Provider::Mpgs, &order, amount)?,
                (Operation::Refund, Some(amount)) => {
                    ledger.refund(Provider::Mpgs, &order, &id, &id, amount)?
                }
                _ => ledger.void(Provider::Mpgs, &order)?,
            };
            Ok(match done {
                Ok(done) => transaction(&done, &id, text("/apiOperation"), 201),
                Err(why) => refused(&why),
            })
        })
        .await
}

async fn retrieve_order(
    State(networks): State<Arc<Networks>>,
    Path((_, mid, order)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response {
    if !authorized(&headers, &mid) {
        return unauthorized();
    }
    networks
        .perform(Provider::Mpgs, Operation::LookUp, |ledger| {
            Ok(match ledger.find(Provider::Mpgs, &order)? {
                None => error(400, "INVALID_REQUEST", "Unable to find order"),
                Some(order) => reply(
                    200,
                    &json!({
                        "id": order.reference,
                        "status": status(&order),
                        "amount": order.money(),
                        "currency": order.currency,
                        "transaction": [{"response": {"gatewayCode": gateway_code(&order)}, "transaction": {"id": "1"}}],
                        "result": "SUCCESS",
                    }),
                ),
            })
        })
        .await
}

async fn retrieve_transaction(
    State(networks): State<Arc<Networks>>,
    Path((_, mid, order, id)): Path<(String, String, String, String)>,
    headers: HeaderMap,
) -> Response {
    if !authorized(&headers, &mid) {
        return unauthorized();
    }
    networks
        .perform(Provider::Mpgs, Operation::LookUp, |ledger| {
            let refund = ledger.find_refund(Provider::Mpgs, &id)?;
            let found = refund.filter(|refund| refund.order == order);
            Ok(match (found, ledger.find(Provider::Mpgs, &order)?) {
                (Some(refund), Some(order)) => transaction(&order, &refund.network_id, "REFUND", 200),
                _ => error(400, "INVALID_REQUEST", "Unable to find transaction"),
            })
        })
        .await
}
