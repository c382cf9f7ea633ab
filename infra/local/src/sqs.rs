//! The SQS endpoint: the JSON protocol that today's SDKs speak.

use std::time::Duration;

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use md5::{Digest, Md5};
use serde_json::{Value, json};

use crate::{
    queues::{Queues, Received},
    template::{ACCOUNT, REGION},
};

/// Largest message, in bytes.
const MAX_MESSAGE_BYTES: usize = 1024 * 1024;

/// The endpoint.
pub fn router(queues: Queues, base: String) -> Router {
    Router::new().fallback(post(handle)).with_state((queues, base))
}

struct SqsError(&'static str, String);

impl IntoResponse for SqsError {
    fn into_response(self) -> Response {
        let status = if self.0 == "InternalError" { 500 } else { 400 };
        let body = json!({"__type": format!("com.amazonaws.sqs#{}", self.0), "message": self.1});
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        let code = match self.0 {
            "QueueDoesNotExist" => "AWS.SimpleQueueService.NonExistentQueue;Sender",
            _ => "",
        };
        (
            status,
            [
                ("x-amzn-query-error", code),
                ("content-type", "application/x-amz-json-1.0"),
            ],
            body.to_string(),
        )
            .into_response()
    }
}

impl From<rusqlite::Error> for SqsError {
    fn from(error: rusqlite::Error) -> Self {
        Self("InternalError", error.to_string())
    }
}

async fn handle(
    State((queues, base)): State<(Queues, String)>,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> Result<Json<Value>, SqsError> {
    let target = headers
        .get("x-amz-target")
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let action = target.strip_prefix("AmazonSQS.").unwrap_or_default();
    let input: Value =
        serde_json::from_slice(&body).map_err(|e| SqsError("InvalidParameterValue", e.to_string()))?;
    perform(&queues, &base, action, &input).await.map(Json)
}

async fn perform(queues: &Queues, base: &str, action: &str, input: &Value) -> Result<Value, SqsError> {
    let url = |name: &str| format!("{base}/{ACCOUNT}/{name}");
    match action {
        "ListQueues" => return Ok(json!({"QueueUrls": queues.names().map(url).collect::<Vec<_>>()})),
        "GetQueueUrl" | "CreateQueue" => {
            let name = input["QueueName"].as_str().unwrap_or_default();
            queues.spec(name).ok_or_else(|| no_queue(name))?;
            return Ok(json!({"QueueUrl": url(name)}));
        }
        _ => {}
    }
    let queue = input["QueueUrl"]
        .as_str()
        .and_then(|url| url.rsplit('/').next())
        .unwrap_or_default();
    let spec = queues.spec(queue).ok_or_else(|| no_queue(queue))?;
    match action {
        "SendMessage" => send(queues, queue, input),
        "SendMessageBatch" => batch(input, |entry| send(queues, queue, entry)),
        "ReceiveMessage" => {
            let max = input["MaxNumberOfMessages"].as_i64().unwrap_or(1);
            let wait = Duration::from_secs(input["WaitTimeSeconds"].as_u64().unwrap_or(0).min(20));
            let received = queues
                .receive(queue, max, input["VisibilityTimeout"].as_i64(), wait)
                .await?;
            Ok(json!({"Messages": received.iter().map(show).collect::<Vec<_>>()}))
        }
        "DeleteMessage" => {
            queues.delete(queue, input["ReceiptHandle"].as_str().unwrap_or_default())?;
            Ok(json!({}))
        }
        "DeleteMessageBatch" => batch(input, |entry| {
            queues.delete(queue, entry["ReceiptHandle"].as_str().unwrap_or_default())?;
            Ok(json!({}))
        }),
        "ChangeMessageVisibility" => change_visibility(queues, queue, input),
        "ChangeMessageVisibilityBatch" => batch(input, |entry| change_visibility(queues, queue, entry)),
        "PurgeQueue" => {
            queues.purge(queue)?;
            Ok(json!({}))
        }
        "GetQueueAttributes" => {
            let (visible, flying, delayed) = queues.counts(queue)?;
            let mut attributes = json!({
                "QueueArn": format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"),
                "ApproximateNumberOfMessages": visible.to_string(),
                "ApproximateNumberOfMessagesNotVisible": flying.to_string(),
                "ApproximateNumberOfMessagesDelayed": delayed.to_string(),
                "VisibilityTimeout": spec.visibility_s.to_string(),
                "MessageRetentionPeriod": spec.retention_s.to_string(),
            });
            if let Some((target, most)) = &spec.redrive {
                let target = format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{target}");
                let policy = json!({"deadLetterTargetArn": target, "maxReceiveCount": most});
                attributes["RedrivePolicy"] = json!(policy.to_string());
            }
            Ok(json!({"Attributes": attributes}))
        }
        other => Err(SqsError(
            "UnsupportedOperation",
            format!("{other} is not known here"),
        )),
    }
}

fn no_queue(name: &str) -> SqsError {
    SqsError("QueueDoesNotExist", format!("there is no queue {name}"))
}

fn send(queues: &Queues, queue: &str, input: &Value) -> Result<Value, SqsError> {
    let body = input["MessageBody"].as_str().unwrap_or_default();
    if body.is_empty() {
        return Err(SqsError("MissingParameter", "MessageBody is required".into()));
    }
    if body.len() > MAX_MESSAGE_BYTES {
        return Err(SqsError(
            "InvalidParameterValue",
            "the message is too large".into(),
        ));
    }
    let delay_s = input["DelaySeconds"].as_i64().unwrap_or(0);
    if !(0..=900).contains(&delay_s) {
        return Err(SqsError(
            "InvalidParameterValue",
            "DelaySeconds must be between 0 and 900".into(),
        ));
    }
    let id = queues.send(
        queue,
        body,
        input["MessageGroupId"].as_str().unwrap_or_default(),
        delay_s,
    )?;
    Ok(json!({"MessageId": id, "MD5OfMessageBody": md5(body)}))
}

fn change_visibility(queues: &Queues, queue: &str, input: &Value) -> Result<Value, SqsError> {
    let seconds = input["VisibilityTimeout"].as_i64().unwrap_or(0).clamp(0, 43_200);
    if queues.change_visibility(
        queue,
        input["ReceiptHandle"].as_str().unwrap_or_default(),
        seconds,
    )? {
        Ok(json!({}))
    } else {
        Err(SqsError(
            "MessageNotInflight",
            "the receipt handle is not the latest of a message in flight".into(),
        ))
    }
}

/// Does each entry of a batch by itself.
fn batch(input: &Value, each: impl Fn(&Value) -> Result<Value, SqsError>) -> Result<Value, SqsError> {
    let entries = input["Entries"].as_array().cloned().unwrap_or_default();
    if entries.is_empty() || entries.len() > 10 {
        return Err(SqsError(
            "TooManyEntriesInBatchRequest",
            "a batch has 1 to 10 entries".into(),
        ));
    }
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for entry in &entries {
        match each(entry) {
            Ok(mut done) => {
                done["Id"] = entry["Id"].clone();
                successful.push(done);
            }
            Err(SqsError(code, message)) => {
                failed
                    .push(json!({"Id": entry["Id"], "Code": code, "Message": message, "SenderFault": true}));
            }
        }
    }
    Ok(json!({"Successful": successful, "Failed": failed}))
}

fn show(message: &Received) -> Value {
    let mut attributes = attributes(message);
    if !message.group.is_empty() {
        attributes["MessageGroupId"] = json!(message.group);
    }
    json!({
        "MessageId": message.message_id,
        "ReceiptHandle": message.receipt,
        "Body": message.body,
        "MD5OfBody": md5(&message.body),
        "Attributes": attributes,
    })
}

/// A message's system attributes.
pub fn attributes(message: &Received) -> Value {
    json!({
        "ApproximateReceiveCount": message.receives.to_string(),
        "SentTimestamp": message.sent_ms.to_string(),
        "ApproximateFirstReceiveTimestamp": message.first_received_ms.to_string(),
        "SenderId": ACCOUNT,
    })
}

/// The MD5 of a text in hex, which SDKs check.
pub fn md5(text: &str) -> String {
    hex::encode(Md5::digest(text.as_bytes()))
}
