//! A queue as an event source.
//!
//! Messages that the function does not report as failed are deleted. The others come back, until the queue's redrive
//! policy moves them to the dead-letter queue.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{
    batch_result::{BatchResult, batch_result},
    context::Context,
};
use crate::{
    Error,
    aws::{REGION, queue_arn},
    sqs::{BATCH_MAX, Received},
    template::QueueSource,
};

/// How long a failed message stays hidden. On Lambda it is the rest of the visibility timeout: minutes, too long for trying
/// things out.
const RETRY_DELAY_S: u64 = 1;
/// Batches of one queue at the same time, at most; the template may say fewer.
const CONCURRENCY_MAX: usize = 8;
/// The wait of one long poll.
const WAIT: Duration = Duration::from_secs(20);
/// The pause after the queue can't be read.
const ERROR_PAUSE: Duration = Duration::from_secs(1);

pub(super) fn start(context: &Context, source: &QueueSource) {
    let pollers = source.max_concurrency.map_or(CONCURRENCY_MAX, |max| max.min(CONCURRENCY_MAX));
    for _ in 0..pollers {
        let (context, source) = (context.clone(), source.clone());
        tokio::spawn(async move {
            let mut stop = context.stop.clone();
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => {}
                () = poll(&context, &source) => {}
            }
        });
    }
}

async fn poll(context: &Context, source: &QueueSource) {
    loop {
        if let Err(error) = deliver_batch(context, source).await {
            crate::logs::log(&source.queue, &format!("the queue can't be read: {error}"));
            tokio::time::sleep(ERROR_PAUSE).await;
        }
    }
}

async fn deliver_batch(context: &Context, source: &QueueSource) -> Result<(), Error> {
    let batch = receive_batch(context, source).await?;
    if batch.is_empty() {
        return Ok(());
    }
    let records: Vec<_> = batch.iter().map(|message| record(message, &source.queue)).collect();
    let event = json!({ "Records": records }).to_string();
    let outcome = context.lambda.invoke(&source.function, event.into()).await;
    let knows = |id: &str| batch.iter().any(|message| message.message_id == id);
    let failed = match batch_result(&outcome, source.partial_responses, knows) {
        BatchResult::Done => std::collections::HashSet::new(),
        BatchResult::Partly(failed) => failed,
        BatchResult::Failed(reason) => {
            crate::logs::log(&source.queue, &format!("a batch of {} failed: {reason}", batch.len()));
            batch.iter().map(|message| message.message_id.clone()).collect()
        }
    };
    for message in &batch {
        if failed.contains(&message.message_id) {
            context.sqs.change_visibility(&source.queue, &message.receipt_handle, RETRY_DELAY_S)?;
        } else {
            context.sqs.delete(&source.queue, &message.receipt_handle)?;
        }
    }
    Ok(())
}

/// Receives a batch: once, or repeatedly within the batching window.
async fn receive_batch(context: &Context, source: &QueueSource) -> Result<Vec<Received>, Error> {
    let sqs = &context.sqs;
    let one = BATCH_MAX.min(source.batch_size);
    let mut batch = sqs.receive(&source.queue, one, WAIT, None).await?;
    let deadline = tokio::time::Instant::now() + source.window;
    while !batch.is_empty() && batch.len() < source.batch_size {
        let left = deadline.saturating_duration_since(tokio::time::Instant::now());
        if left.is_zero() {
            break;
        }
        let more = BATCH_MAX.min(source.batch_size - batch.len());
        batch.extend(sqs.receive(&source.queue, more, left, None).await?);
    }
    Ok(batch)
}

/// The record that Lambda gives a function.
///
/// `SqsMessage` of `aws_lambda_events` is not used: it writes `md5OfMessageAttributes` as null if there are no attributes,
/// and Lambda leaves the field out.
fn record(message: &Received, queue: &str) -> Value {
    let mut own = Map::new();
    for (name, attribute) in message.attributes.as_object().into_iter().flatten() {
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
        "messageId": message.message_id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": message.system_attributes(),
        "messageAttributes": own,
        "md5OfBody": message.md5_of_body,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn(queue),
        "awsRegion": REGION,
    })
}
