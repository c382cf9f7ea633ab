//! A queue as an event source: batches at once, several at a time; only what succeeded is deleted.

use std::time::Duration;

use axum::body::Bytes;
use serde_json::{Value, json};

use super::failed_items;
use crate::{
    functions::Functions,
    queues::{Queues, Received},
    sqs::{attributes, md5},
    template::{ACCOUNT, REGION},
};

/// Batches of one queue at a time.
const CONCURRENCY: usize = 4;

/// Feeds a function from a queue for ever.
pub async fn run(functions: Functions, queues: Queues, function: String, queue: String, batch: usize) {
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..CONCURRENCY {
        workers.spawn(work(
            functions.clone(),
            queues.clone(),
            function.clone(),
            queue.clone(),
            batch,
        ));
    }
    while workers.join_next().await.is_some() {}
}

async fn work(functions: Functions, queues: Queues, function: String, queue: String, batch: usize) {
    let max = i64::try_from(batch).unwrap_or(1);
    loop {
        match queues.receive(&queue, max, None, Duration::from_secs(20)).await {
            Ok(messages) if messages.is_empty() => {}
            Ok(messages) => handle(&functions, &queues, &function, &queue, &messages).await,
            Err(error) => {
                eprintln!("{queue}: {error}");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

async fn handle(functions: &Functions, queues: &Queues, function: &str, queue: &str, messages: &[Received]) {
    let records: Vec<Value> = messages.iter().map(|message| record(queue, message)).collect();
    let event = json!({"Records": records}).to_string();
    let failed = match functions.invoke(function, Bytes::from(event)).await {
        Ok(answer) => failed_items(&answer),
        Err(error) => {
            eprintln!("{function}: {error}");
            messages
                .iter()
                .map(|message| message.message_id.clone())
                .collect()
        }
    };
    for message in messages {
        let done = if failed.contains(&message.message_id) {
            // Lambda leaves it hidden until its visibility timeout; here a developer need not wait for so long.
            queues.change_visibility(queue, &message.receipt, 1).map(|_| ())
        } else {
            queues.delete(queue, &message.receipt)
        };
        if let Err(error) = done {
            eprintln!("{queue}: {error}");
        }
    }
}

fn record(queue: &str, message: &Received) -> Value {
    json!({
        "messageId": message.message_id,
        "receiptHandle": message.receipt,
        "body": message.body,
        "attributes": attributes(message),
        "messageAttributes": {},
        "md5OfBody": md5(&message.body),
        "eventSource": "aws:sqs",
        "eventSourceARN": format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"),
        "awsRegion": REGION,
    })
}
