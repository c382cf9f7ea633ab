//! The stream of the main table: turns each committed change into events and a message for every endpoint. Also the queue
//! of changes that were put aside.

use std::time::Instant;

use futures_util::stream::{self, StreamExt};
use lambda_runtime::{LambdaEvent, service_fn};
use serde::Deserialize;
use serde_json::Value;
use tollgate_gateway::{AwsEnvironment, ChangeMessage, Error, Publisher, Queue, Worker};
use tollgate_workers::{BatchResponse, log_invocation};

/// Changes that are published concurrently.
const AT_A_TIME: usize = 8;

/// A batch of the stream or of the queue. Records are read one by one, so that one that does not read costs no other.
#[derive(Deserialize)]
struct Batch {
    #[serde(rename = "Records")]
    records: Vec<Value>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    tollgate_http::init_logs();
    let worker = Worker::start().await?;
    let environment = AwsEnvironment::from_environment()?;
    let (webhooks, changes) = (Queue::of_webhooks(&environment)?, Queue::of_changes(&environment)?);
    let (worker, webhooks, changes) = (&worker, &webhooks, &changes);
    lambda_runtime::run(service_fn(|event: LambdaEvent<Batch>| async move {
        let (began, records) = (Instant::now(), event.payload.records);
        let count = records.len();
        let worker = worker.metered();
        let publisher = worker.publisher(webhooks);
        let is_of_queue = records.iter().any(|record| record["eventSource"] == "aws:sqs");
        let response = if is_of_queue {
            publish_messages(&publisher, records).await
        } else {
            publish_changes(&publisher, changes, records).await
        };
        log_invocation(count, &worker.cost(), began);
        Ok::<_, lambda_runtime::Error>(response)
    }))
    .await
}

/// Publishes a batch of the stream, a few changes at a time, and returns the first change that failed: Lambda starts again
/// there. Later changes are then published again, which changes nothing.
async fn publish_changes(publisher: &Publisher<'_>, changes: &Queue, records: Vec<Value>) -> BatchResponse {
    let mut response = BatchResponse::default();
    let mut outcomes = stream::iter(records)
        .map(|record| async move {
            let outcome = publisher.publish_or_put_aside(&record, changes).await;
            (record, outcome)
        })
        .buffered(AT_A_TIME);
    while let Some((record, outcome)) = outcomes.next().await {
        if let Err(error) = outcome {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let sequence = text(&record["dynamodb"]["SequenceNumber"]);
            let key = text(&record["dynamodb"]["Keys"]["pk"]["S"]);
            tracing::error!(%error, sequence, key, "change was not published");
            response.failed(sequence);
            break;
        }
    }
    response
}

/// Publishes changes that were put aside, one after the other.
async fn publish_messages(publisher: &Publisher<'_>, records: Vec<Value>) -> BatchResponse {
    let mut response = BatchResponse::default();
    for record in records {
        let id = record["messageId"].as_str().unwrap_or_default();
        if let Err(error) = publish_message(publisher, &record).await {
            tracing::error!(%error, message_id = id, "change was not published");
            response.failed(id);
        }
    }
    response
}

async fn publish_message(publisher: &Publisher<'_>, record: &Value) -> Result<(), Error> {
    let message = ChangeMessage::parse(record["body"].as_str().unwrap_or_default())?;
    publisher.publish(&message.record).await?;
    Ok(())
}
