//! The transaction search, and the conversion details: how reviews were decided.

use std::sync::Arc;

use axum::{
    extract::{OriginalUri, Query, State},
    http::{HeaderMap, Method},
    response::Response,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    super::{
        faults::Operation,
        simulators::{Simulators, reply},
    },
    fields::text,
    replies::{invalid, summary, unauthorized},
    request::{PROCESSOR, Signed, authorized, perform},
};

/// Transactions in the answer to a search without a limit.
const SEARCH_LIMIT_DEFAULT: u64 = 20;
/// The longest period of conversion details: a day.
const CONVERSIONS_SPAN_MS_MAX: i64 = 24 * 60 * 60 * 1000;

pub(super) async fn search(State(simulators): State<Arc<Simulators>>, Signed(body): Signed) -> Response {
    perform(&simulators, Operation::LookUp, move |ledger, effects| {
        let query = text(&body, "/query");
        let code = query.strip_prefix("clientReferenceInformation.code:").ok_or("INVALID_DATA")?;
        if text(&body, "/sort").is_empty() {
            return Err("MISSING_FIELD".into());
        }
        let limit = body.pointer("/limit").and_then(Value::as_u64).unwrap_or(SEARCH_LIMIT_DEFAULT);
        let mut found = Vec::new();
        for transaction in ledger.by_code(PROCESSOR, code)?.iter().rev() {
            if transaction.visible_at <= effects.now && (found.len() as u64) < limit {
                let decision = ledger.decision_of(PROCESSOR, &transaction.id)?;
                found.push(summary(transaction, decision.as_deref(), effects.now));
            }
        }
        let mut answer = json!({"totalCount": found.len(), "count": found.len()});
        if !found.is_empty() {
            answer["_embedded"] = json!({"transactionSummaries": found});
        }
        Ok(reply(201, &answer))
    })
    .await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Span {
    start_time: String,
    end_time: String,
}

pub(super) async fn conversions(
    State(simulators): State<Arc<Simulators>>,
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
    if from >= to || to - from > CONVERSIONS_SPAN_MS_MAX {
        return invalid("INVALID_DATA");
    }
    perform(&simulators, Operation::LookUp, move |ledger, _| {
        // The period is given in whole seconds.
        let reviews = ledger.reviews(PROCESSOR, from, to + 999)?;
        let details = reviews.into_iter().map(|(name, decision)| {
            json!({"requestId": name, "originalDecision": "REVIEW", "newDecision": decision})
        });
        let details: Vec<Value> = details.collect();
        if details.is_empty() {
            return Ok(reply(404, &json!({"code": "404", "message": "No results found"})));
        }
        Ok(reply(200, &json!({"conversionDetails": details})))
    })
    .await
}
