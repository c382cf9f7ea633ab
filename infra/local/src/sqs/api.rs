//! SQS's JSON protocol, as the AWS SDKs speak it.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Map, Value, json};

use super::{
    digest,
    message::{BATCH_MAX, Received, SendRequest},
    store::{Sqs, SqsError},
};
use crate::{
    aws::{ACCOUNT, name_in, queue_arn},
    clock,
    iam::{Caller, Need, Roles},
    logs::log,
    template::Queue,
};

/// The longest name of a queue.
const QUEUE_NAME_CHARS_MAX: usize = 80;
/// The longest wait of a long poll.
const WAIT_S_MAX: u64 = 20;
const REQUEST_BYTES_MAX: usize = 4 * 1024 * 1024;

struct Endpoint {
    sqs: Arc<Sqs>,
    /// The beginning of queue URLs.
    url: String,
    roles: Arc<Roles>,
}

/// The endpoint's routes, for callers that may do anything; `url` is the beginning of queue URLs.
pub fn router(sqs: Arc<Sqs>, url: String) -> Router {
    checked_router(sqs, url, Arc::default())
}

/// The endpoint's routes, for callers that may do what their roles say.
pub(crate) fn checked_router(sqs: Arc<Sqs>, url: String, roles: Arc<Roles>) -> Router {
    Router::new()
        .route("/", post(call))
        // Some clients post to the queue's URL.
        .route("/{account}/{queue}", post(call))
        .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX))
        .with_state(Arc::new(Endpoint { sqs, url, roles }))
}

enum Refusal {
    Sqs(SqsError),
    UnknownOperation(String),
    AccessDenied(String),
    Batch(&'static str, String),
}

impl From<SqsError> for Refusal {
    fn from(error: SqsError) -> Self {
        Self::Sqs(error)
    }
}

fn bad(text: impl Into<String>) -> Refusal {
    Refusal::Sqs(SqsError::BadValue(text.into()))
}

async fn call(
    State(endpoint): State<Arc<Endpoint>>,
    caller: Option<Extension<Caller>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let caller = caller.map_or(Caller::Operator, |Extension(caller)| caller);
    let target = headers.get("x-amz-target").and_then(|t| t.to_str().ok()).unwrap_or_default();
    let operation = target.strip_prefix("AmazonSQS.").unwrap_or_default().to_owned();
    let result = match serde_json::from_slice::<Value>(&body) {
        Ok(body) => match endpoint.refusal(&caller, &operation, &body) {
            Some(refusal) => Err(refusal),
            None => endpoint.perform(&operation, &body).await,
        },
        Err(error) => Err(bad(error.to_string())),
    };
    match result {
        Ok(answer) => ([("content-type", "application/x-amz-json-1.0")], answer.to_string()).into_response(),
        Err(refusal) => refuse(&refusal),
    }
}

fn refuse(refusal: &Refusal) -> Response {
    let (kind, query_code, text) = match refusal {
        Refusal::Sqs(error) => {
            let (kind, code) = codes(error);
            (kind, code, error.to_string())
        }
        Refusal::AccessDenied(text) => ("AccessDeniedException", "AccessDenied", text.clone()),
        Refusal::UnknownOperation(name) => (
            "UnsupportedOperation",
            "AWS.SimpleQueueService.UnsupportedOperation",
            format!("the local cloud has no `{name}`"),
        ),
        Refusal::Batch(kind, text) => (*kind, *kind, text.clone()),
    };
    let status = match refusal {
        Refusal::Sqs(SqsError::Storage(_)) => StatusCode::INTERNAL_SERVER_ERROR,
        Refusal::AccessDenied(_) => StatusCode::FORBIDDEN,
        Refusal::Sqs(
            SqsError::NoSuchQueue | SqsError::BadValue(_) | SqsError::BadReceipt | SqsError::NotInFlight(_),
        )
        | Refusal::UnknownOperation(_)
        | Refusal::Batch(..) => StatusCode::BAD_REQUEST,
    };
    let namespace = match refusal {
        Refusal::AccessDenied(_) => "com.amazon.coral.service",
        Refusal::Sqs(_) | Refusal::UnknownOperation(_) | Refusal::Batch(..) => "com.amazonaws.sqs",
    };
    let body = json!({"__type": format!("{namespace}#{kind}"), "message": text}).to_string();
    let headers = [
        ("content-type", "application/x-amz-json-1.0".to_owned()),
        ("x-amzn-query-error", format!("{query_code};Sender")),
    ];
    (status, headers, body).into_response()
}

fn codes(error: &SqsError) -> (&'static str, &'static str) {
    match error {
        SqsError::NoSuchQueue => ("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"),
        SqsError::BadValue(_) | SqsError::NotInFlight(_) => {
            ("InvalidParameterValue", "InvalidParameterValue")
        }
        SqsError::BadReceipt => ("ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid"),
        SqsError::Storage(_) => ("InternalFailure", "InternalFailure"),
    }
}

/// The action that an operation needs: a batch needs that of its entries. The service names it in small letters.
fn action(operation: &str) -> String {
    let single = operation.strip_suffix("Batch").unwrap_or(operation);
    format!("sqs:{}", single.to_ascii_lowercase())
}

impl Endpoint {
    /// Why a caller may not do this, if so.
    fn refusal(&self, caller: &Caller, operation: &str, body: &Value) -> Option<Refusal> {
        let resource = match operation {
            "StartMessageMoveTask" => text(body, "SourceArn").to_owned(),
            "GetQueueUrl" | "CreateQueue" => queue_arn(text(body, "QueueName")),
            _ => queue_arn(text(body, "QueueUrl").rsplit('/').next().unwrap_or_default()),
        };
        let refusal = self.roles.refusal(caller, &[Need::new(action(operation), resource)])?;
        log("iam", &refusal);
        Some(Refusal::AccessDenied(refusal))
    }

    async fn perform(&self, operation: &str, body: &Value) -> Result<Value, Refusal> {
        let queue = || queue_name(body);
        match operation {
            "SendMessage" => Ok(self.send(&queue()?, body)?),
            "SendMessageBatch" => self.batch(body, |entry| Ok(self.send(&queue()?, entry)?)),
            "ReceiveMessage" => self.receive(&queue()?, body).await,
            "DeleteMessage" => {
                self.sqs.delete(&queue()?, text(body, "ReceiptHandle"))?;
                Ok(json!({}))
            }
            "DeleteMessageBatch" => self.batch(body, |entry| {
                self.sqs.delete(&queue()?, text(entry, "ReceiptHandle"))?;
                Ok(json!({}))
            }),
            "ChangeMessageVisibility" => {
                self.change_visibility(&queue()?, body)?;
                Ok(json!({}))
            }
            "ChangeMessageVisibilityBatch" => self.batch(body, |entry| {
                self.change_visibility(&queue()?, entry)?;
                Ok(json!({}))
            }),
            "GetQueueUrl" => {
                let name = text(body, "QueueName");
                self.sqs.describe(name)?;
                Ok(json!({"QueueUrl": self.queue_url(name)}))
            }
            "GetQueueAttributes" => self.attributes(&queue()?, body),
            "ListQueues" => {
                let prefix = text(body, "QueueNamePrefix");
                let names = self.sqs.names().into_iter().filter(|name| name.starts_with(prefix));
                let urls: Vec<_> = names.map(|name| self.queue_url(&name)).collect();
                Ok(json!({"QueueUrls": urls}))
            }
            "CreateQueue" => self.create(body),
            "PurgeQueue" => {
                self.sqs.purge(&queue()?)?;
                Ok(json!({}))
            }
            "StartMessageMoveTask" => {
                let source = name_in(text(body, "SourceArn"));
                let destination = body["DestinationArn"].as_str().map(name_in);
                let moved = self.sqs.move_all(source, destination)?;
                Ok(json!({"TaskHandle": format!("moved-{moved}-{}", clock::now_ms())}))
            }
            other => Err(Refusal::UnknownOperation(other.to_owned())),
        }
    }

    fn queue_url(&self, name: &str) -> String {
        format!("{}/{ACCOUNT}/{name}", self.url)
    }

    fn send(&self, queue: &str, body: &Value) -> Result<Value, SqsError> {
        let request = SendRequest {
            body: text(body, "MessageBody").to_owned(),
            group: body["MessageGroupId"].as_str().map(str::to_owned),
            delay_s: body["DelaySeconds"].as_u64(),
            attributes: body["MessageAttributes"].clone(),
        };
        let sent = self.sqs.send(queue, &request)?;
        let mut answer = json!({"MessageId": sent.message_id, "MD5OfMessageBody": sent.md5_of_body});
        if let Some(digest) = sent.md5_of_attributes {
            answer["MD5OfMessageAttributes"] = digest.into();
        }
        Ok(answer)
    }

    /// Performs every entry; the answer names each by its `Id`.
    fn batch(&self, body: &Value, each: impl Fn(&Value) -> Result<Value, Refusal>) -> Result<Value, Refusal> {
        let queue = queue_name(body)?;
        self.sqs.describe(&queue)?;
        let entries = body["Entries"].as_array().map(Vec::as_slice).unwrap_or_default();
        if entries.is_empty() {
            return Err(Refusal::Batch(
                "EmptyBatchRequest",
                "There should be at least one entry.".to_owned(),
            ));
        }
        if entries.len() > BATCH_MAX {
            let text = format!(
                "Maximum number of entries per request are {BATCH_MAX}. You have sent {}.",
                entries.len()
            );
            return Err(Refusal::Batch("TooManyEntriesInBatchRequest", text));
        }
        let mut ids = std::collections::HashSet::new();
        if let Some(twice) = entries.iter().map(|e| text(e, "Id")).find(|id| !ids.insert(*id)) {
            let text = format!("Id {twice} repeated.");
            return Err(Refusal::Batch("BatchEntryIdsNotDistinct", text));
        }
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for entry in entries {
            match each(entry) {
                Ok(mut answer) => {
                    answer["Id"] = entry["Id"].clone();
                    successful.push(answer);
                }
                Err(Refusal::Sqs(error)) => failed.push(json!({
                    "Id": entry["Id"], "SenderFault": true, "Code": codes(&error).1, "Message": error.to_string(),
                })),
                Err(
                    refusal @ (Refusal::UnknownOperation(_) | Refusal::AccessDenied(_) | Refusal::Batch(..)),
                ) => return Err(refusal),
            }
        }
        let mut answer = json!({"Successful": successful});
        if !failed.is_empty() {
            answer["Failed"] = failed.into();
        }
        Ok(answer)
    }

    async fn receive(&self, queue: &str, body: &Value) -> Result<Value, Refusal> {
        let max = body["MaxNumberOfMessages"].as_u64().unwrap_or(1);
        let max = usize::try_from(max).unwrap_or(0);
        if !(1..=BATCH_MAX).contains(&max) {
            return Err(bad(format!(
                "Value {max} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and {BATCH_MAX}, if provided."
            )));
        }
        let wait_s = body["WaitTimeSeconds"].as_u64().unwrap_or(0);
        if wait_s > WAIT_S_MAX {
            return Err(bad(format!(
                "Value {wait_s} for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= {WAIT_S_MAX}, if provided."
            )));
        }
        let visibility = body["VisibilityTimeout"].as_u64().map(Duration::from_secs);
        let received = self.sqs.receive(queue, max, Duration::from_secs(wait_s), visibility).await?;
        if received.is_empty() {
            return Ok(json!({}));
        }
        let messages: Vec<_> = received.iter().map(|message| to_json(message, body)).collect();
        Ok(json!({"Messages": messages}))
    }

    fn change_visibility(&self, queue: &str, body: &Value) -> Result<(), Refusal> {
        let seconds = body["VisibilityTimeout"]
            .as_u64()
            .ok_or_else(|| bad("The request must contain the parameter VisibilityTimeout."))?;
        Ok(self.sqs.change_visibility(queue, text(body, "ReceiptHandle"), seconds)?)
    }

    fn attributes(&self, name: &str, body: &Value) -> Result<Value, Refusal> {
        let queue = self.sqs.describe(name)?;
        let (ready, in_flight, delayed) = self.sqs.counts(name)?;
        let mut all = Map::new();
        let mut put = |key: &str, value: String| all.insert(key.to_owned(), Value::from(value));
        put("QueueArn", queue_arn(name));
        put("ApproximateNumberOfMessages", ready.to_string());
        put("ApproximateNumberOfMessagesNotVisible", in_flight.to_string());
        put("ApproximateNumberOfMessagesDelayed", delayed.to_string());
        put("VisibilityTimeout", queue.visibility.as_secs().to_string());
        put("MessageRetentionPeriod", queue.retention.as_secs().to_string());
        put("DelaySeconds", queue.delay.as_secs().to_string());
        if let Some((dead_letters, receives)) = &queue.redrive {
            let policy = json!({"deadLetterTargetArn": queue_arn(dead_letters), "maxReceiveCount": receives});
            put("RedrivePolicy", policy.to_string());
        }
        let wanted = names(body, "AttributeNames");
        if !wanted.contains(&"All") {
            all.retain(|key, _| wanted.contains(&key.as_str()));
        }
        Ok(json!({"Attributes": all}))
    }

    fn create(&self, body: &Value) -> Result<Value, Refusal> {
        let name = text(body, "QueueName");
        let name_is_good = (1..=QUEUE_NAME_CHARS_MAX).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if !name_is_good {
            return Err(bad(
                "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
            ));
        }
        let attribute = |key: &str, default: u64| {
            let value = body["Attributes"][key].as_str().and_then(|text| text.parse().ok());
            Duration::from_secs(value.unwrap_or(default))
        };
        let policy: Option<Value> =
            body["Attributes"]["RedrivePolicy"].as_str().and_then(|text| serde_json::from_str(text).ok());
        let redrive = policy.and_then(|policy| {
            let receives = &policy["maxReceiveCount"];
            let receives = receives.as_u64().or_else(|| receives.as_str()?.parse().ok())?;
            let dead_letters = name_in(policy["deadLetterTargetArn"].as_str()?).to_owned();
            Some((dead_letters, u32::try_from(receives).ok()?))
        });
        self.sqs.create(&Queue {
            name: name.to_owned(),
            visibility: attribute("VisibilityTimeout", Queue::VISIBILITY_S_DEFAULT),
            retention: attribute("MessageRetentionPeriod", Queue::RETENTION_S_DEFAULT),
            delay: attribute("DelaySeconds", 0),
            redrive,
        });
        Ok(json!({"QueueUrl": self.queue_url(name)}))
    }
}

fn text<'a>(body: &'a Value, name: &str) -> &'a str {
    body[name].as_str().unwrap_or_default()
}

fn names<'a>(body: &'a Value, name: &str) -> Vec<&'a str> {
    body[name].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The queue's name: the last segment of its URL.
fn queue_name(body: &Value) -> Result<String, Refusal> {
    match text(body, "QueueUrl").rsplit('/').next().unwrap_or_default() {
        "" => Err(bad("The request must contain the parameter QueueUrl.")),
        name => Ok(name.to_owned()),
    }
}

fn to_json(message: &Received, asked: &Value) -> Value {
    let mut wire = json!({
        "MessageId": message.message_id,
        "ReceiptHandle": message.receipt_handle,
        "MD5OfBody": message.md5_of_body,
        "Body": message.body,
    });
    let mut wanted = names(asked, "MessageSystemAttributeNames");
    wanted.extend(names(asked, "AttributeNames"));
    let mut attributes = message.system_attributes();
    if !wanted.contains(&"All") {
        attributes.retain(|key, _| wanted.contains(&key.as_str()));
    }
    if !attributes.is_empty() {
        wire["Attributes"] = attributes.into();
    }
    let wanted = names(asked, "MessageAttributeNames");
    if let Some(own) = message.attributes.as_object() {
        let all = wanted.iter().any(|name| *name == "All" || *name == ".*");
        let own: Map<_, _> = own
            .iter()
            .filter(|(key, _)| all || wanted.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        if !own.is_empty() {
            let own = Value::from(own);
            wire["MD5OfMessageAttributes"] = digest::of_attributes(&own).into();
            wire["MessageAttributes"] = own;
        }
    }
    wire
}
