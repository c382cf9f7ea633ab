//! The kinds of faults, and what a caller is answered.

use axum::{
    body::Body,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::aws_json::JSON;

/// Something that goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// `ProvisionedThroughputExceededException`: nothing was done.
    TableThrottled,
    /// `ThrottlingException`: nothing was done.
    RequestThrottled,
    /// `RequestLimitExceeded`: the account's limit; nothing was done.
    AccountThrottled,
    /// A transaction that was canceled because one of its items was throttled.
    TransactionThrottled,
    /// Another transaction has the item: `TransactionConflictException`, or a transaction that was canceled for it.
    Conflict,
    /// `TransactionInProgressException`: the same transaction is being carried out.
    InProgress,
    /// A batch of which only a part was read.
    Unprocessed,
    /// `InternalServerError`: nothing was done.
    ErrorBefore,
    /// `InternalServerError`, although the call took effect.
    ErrorAfter,
    /// The connection closes without an answer: nothing was done.
    ClosedBefore,
    /// The connection closes without an answer, although the call took effect.
    ClosedAfter,
}

impl Fault {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::TableThrottled,
        Self::RequestThrottled,
        Self::AccountThrottled,
        Self::TransactionThrottled,
        Self::Conflict,
        Self::InProgress,
        Self::Unprocessed,
        Self::ErrorBefore,
        Self::ErrorAfter,
        Self::ClosedBefore,
        Self::ClosedAfter,
    ];

    /// Whether DynamoDB may answer this call so.
    pub fn can_strike(self, operation: &str, body: &Value) -> bool {
        let is_transaction = operation == "TransactWriteItems";
        match self {
            Self::TransactionThrottled | Self::InProgress => is_transaction,
            Self::Conflict => is_transaction || matches!(operation, "PutItem" | "UpdateItem" | "DeleteItem"),
            // A batch of which nothing could be read is refused as a whole.
            Self::Unprocessed => operation == "BatchGetItem" && batch_keys(body) > 1,
            Self::TableThrottled
            | Self::RequestThrottled
            | Self::AccountThrottled
            | Self::ErrorBefore
            | Self::ErrorAfter
            | Self::ClosedBefore
            | Self::ClosedAfter => true,
        }
    }

    /// Whether the call takes effect all the same.
    pub const fn takes_effect(self) -> bool {
        match self {
            Self::ErrorAfter | Self::ClosedAfter | Self::Unprocessed => true,
            Self::TableThrottled
            | Self::RequestThrottled
            | Self::AccountThrottled
            | Self::TransactionThrottled
            | Self::Conflict
            | Self::InProgress
            | Self::ErrorBefore
            | Self::ClosedBefore => false,
        }
    }

    /// What the caller gets in place of an answer; `None` if it gets the answer.
    pub(super) fn answer(self, operation: &str, body: &Value) -> Option<Response> {
        let own = |name: &str| format!("com.amazonaws.dynamodb.v20120810#{name}");
        let refused = |kind: String, message: &str| Some(refusal(400, &kind, message));
        match self {
            Self::Unprocessed => None,
            Self::TableThrottled => refused(
                own("ProvisionedThroughputExceededException"),
                "The level of configured provisioned throughput for the table was exceeded.",
            ),
            Self::RequestThrottled => refused(
                "com.amazon.coral.availability#ThrottlingException".to_owned(),
                "Rate of requests exceeds the allowed throughput.",
            ),
            Self::AccountThrottled => refused(
                own("RequestLimitExceeded"),
                "Throughput exceeds the current throughput limit for your account.",
            ),
            Self::TransactionThrottled => Some(canceled(body, "ThrottlingError")),
            Self::Conflict if operation == "TransactWriteItems" => {
                Some(canceled(body, "TransactionConflict"))
            }
            Self::Conflict => {
                refused(own("TransactionConflictException"), "Transaction is ongoing for the item")
            }
            Self::InProgress => refused(
                own("TransactionInProgressException"),
                "The transaction with the given request token is already in progress.",
            ),
            Self::ErrorBefore | Self::ErrorAfter => {
                Some(refusal(500, &own("InternalServerError"), "Internal server error"))
            }
            Self::ClosedBefore | Self::ClosedAfter => Some(closed()),
        }
    }
}

fn batch_keys(body: &Value) -> usize {
    let tables = body["RequestItems"].as_object().into_iter().flatten();
    tables.filter_map(|(_, table)| table["Keys"].as_array()).map(Vec::len).sum()
}

fn refusal(status: u16, kind: &str, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, JSON, json!({"__type": kind, "message": message}).to_string()).into_response()
}

/// A transaction that was canceled because of its last item.
fn canceled(body: &Value, code: &str) -> Response {
    let items = body["TransactItems"].as_array().map_or(1, Vec::len);
    let mut codes = vec!["None"; items];
    if let Some(last) = codes.last_mut() {
        *last = code;
    }
    let reasons: Vec<Value> = codes.iter().map(|code| json!({"Code": code})).collect();
    let listed = codes.join(", ");
    let text =
        format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{listed}]");
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": text,
        "CancellationReasons": reasons,
    });
    (StatusCode::BAD_REQUEST, JSON, body.to_string()).into_response()
}

/// An answer whose body fails before its first byte: the server closes the connection and has sent nothing.
fn closed() -> Response {
    let failed = futures_util::stream::once(async { Err::<Vec<u8>, _>(std::io::Error::other("closed")) });
    Body::from_stream(failed).into_response()
}
