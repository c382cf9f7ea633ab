//! SQS's JSON protocol, as the AWS SDKs speak it.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Map, Value, json};

use super::{Received, SendRequest, Sqs, SqsError};
use crate::{
    clock,
    template::{ACCOUNT, Queue, REGION},
};

/// Messages or entries of one call.
const BATCH: usize = 10;
/// SQS's longest long poll.
const WAIT_S_MAX: u64 = 20;
const REQUEST_BYTES_MAX: usize = 4 * 1024 * 1024;

struct Endpoint {
    sqs: Arc<Sqs>,
    /// Queue URLs begin with it.
    url: String,
}

/// The endpoint's routes, of queues behind `url`.
pub fn router(sqs: Arc<Sqs>, url: String) -> Router {
    Router::new()
        .route("/", post(call))
        // Some clients post to the queue's own URL.
        .route("/{account}/{queue}", post(call))
        .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX))
        .with_state(Arc::new(Endpoint { sqs, url }))
}

enum Refusal {
    Sqs(SqsError),
    UnknownOperation(String),
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

async fn call(State(endpoint): State<Arc<Endpoint>>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|t| t.to_str().ok()).unwrap_or_default();
    let operation = target.strip_prefix("AmazonSQS.").unwrap_or_default().to_owned();
    let result = match serde_json::from_slice::<Value>(&body) {
        Ok(body) => endpoint.perform(&operation, &body).await,
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
        Refusal::UnknownOperation(name) => (
            "UnsupportedOperation",
            "AWS.SimpleQueueService.UnsupportedOperation",
            format!("the local cloud has no `{name}`"),
        ),
        Refusal::Batch(kind, text) => (*kind, *kind, text.clone()),
    };
    let status = match refusal {
        Refusal::Sqs(SqsError::Storage(_)) => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    };
    let body = json!({"__type": format!("com.amazonaws.sqs#{kind}"), "message": text}).to_string();
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

impl Endpoint {
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
                let source = last(text(body, "SourceArn"), ':');
                let destination = body["DestinationArn"].as_str().map(|arn| last(arn, ':'));
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
        let (id, body_sum, attributes_sum) = self.sqs.send(queue, &request)?;
        let mut answer = json!({"MessageId": id, "MD5OfMessageBody": body_sum});
        if let Some(sum) = attributes_sum {
            answer["MD5OfMessageAttributes"] = sum.into();
        }
        Ok(answer)
    }

    /// Does every entry and tells of each by its `Id`.
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
        if entries.len() > BATCH {
            let text = format!(
                "Maximum number of entries per request are {BATCH}. You have sent {}.",
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
                Err(other) => return Err(other),
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
        if !(1..=BATCH).contains(&max) {
            return Err(bad(format!(
                "Value {max} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and {BATCH}, if provided."
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
        let messages: Vec<_> = received.iter().map(|message| wire(message, body)).collect();
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
        put("QueueArn", arn(name));
        put("ApproximateNumberOfMessages", ready.to_string());
        put("ApproximateNumberOfMessagesNotVisible", in_flight.to_string());
        put("ApproximateNumberOfMessagesDelayed", delayed.to_string());
        put("VisibilityTimeout", queue.visibility.as_secs().to_string());
        put("MessageRetentionPeriod", queue.retention.as_secs().to_string());
        put("DelaySeconds", queue.delay.as_secs().to_string());
        if let Some((dead_letters, receives)) = &queue.redrive {
            let policy = json!({"deadLetterTargetArn": arn(dead_letters), "maxReceiveCount": receives});
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
        let name_is_good = (1..=80).contains(&name.len())
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
            let dead_letters = last(policy["deadLetterTargetArn"].as_str()?, ':').to_owned();
            Some((dead_letters, u32::try_from(receives).ok()?))
        });
        self.sqs.create(&Queue {
            name: name.to_owned(),
            visibility: attribute("VisibilityTimeout", 30),
            retention: attribute("MessageRetentionPeriod", 345_600),
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

fn last(text: &str, separator: char) -> &str {
    text.rsplit(separator).next().unwrap_or_default()
}

pub(super) fn arn(queue: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}")
}

/// A queue's URL names it by its last segment, whatever host and port came before it.
fn queue_name(body: &Value) -> Result<String, Refusal> {
    match last(text(body, "QueueUrl"), '/') {
        "" => Err(bad("The request must contain the parameter QueueUrl.")),
        name => Ok(name.to_owned()),
    }
}

fn wire(message: &Received, asked: &Value) -> Value {
    let mut wire = json!({
        "MessageId": message.message_id,
        "ReceiptHandle": message.receipt_handle,
        "MD5OfBody": message.md5_of_body,
        "Body": message.body,
    });
    let mut wanted = names(asked, "MessageSystemAttributeNames");
    wanted.extend(names(asked, "AttributeNames"));
    let mut attributes = system_attributes(message);
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
            wire["MD5OfMessageAttributes"] = super::digest::of_attributes(&own).into();
            wire["MessageAttributes"] = own;
        }
    }
    wire
}

fn system_attributes(message: &Received) -> Map<String, Value> {
    let mut attributes = Map::new();
    let mut put = |key: &str, value: String| attributes.insert(key.to_owned(), Value::from(value));
    put("ApproximateReceiveCount", message.receive_count.to_string());
    put("SentTimestamp", message.sent_ms.to_string());
    put("SenderId", "local".to_owned());
    put("ApproximateFirstReceiveTimestamp", message.first_received_ms.to_string());
    if let Some(group) = &message.group {
        put("MessageGroupId", group.clone());
    }
    attributes
}

impl Received {
    /// The record that Lambda gives a function.
    pub(crate) fn lambda_record(&self, queue: &str) -> Value {
        let mut own = Map::new();
        for (name, attribute) in self.attributes.as_object().into_iter().flatten() {
            own.insert(
                name.clone(),
                json!({
                    "stringValue": attribute["StringValue"],
                    "binaryValue": attribute["BinaryValue"],
                    "stringListValues": [], "binaryListValues": [],
                    "dataType": attribute["DataType"],
                }),
            );
        }
        json!({
            "messageId": self.message_id,
            "receiptHandle": self.receipt_handle,
            "body": self.body,
            "attributes": system_attributes(self),
            "messageAttributes": own,
            "md5OfBody": self.md5_of_body,
            "eventSource": "aws:sqs",
            "eventSourceARN": arn(queue),
            "awsRegion": REGION,
        })
    }
}
