//! A function for the local cloud's tests. It answers an HTTP request with its event and environment, or fails as the
//! request's `id` says. `START_MS` delays its start. It appends the records of batches to the file `RECORD`, one line each.

use std::{io::Write as _, time::Duration};

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    if let Ok(start_ms) = std::env::var("START_MS") {
        tokio::time::sleep(Duration::from_millis(start_ms.parse()?)).await;
    }
    lambda_runtime::run(service_fn(answer)).await
}

async fn answer(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let event = event.payload;
    if let Some(records) = event["Records"].as_array() {
        return batch(records).await;
    }
    if let Some(line) = event["record"].as_str() {
        record(line)?;
        return Ok(Value::Null);
    }
    if let Some(bytes) = event["bytes"].as_u64() {
        // With its quotes the answer has two bytes more.
        return Ok("x".repeat(usize::try_from(bytes)?).into());
    }
    match event["pathParameters"]["id"].as_str() {
        Some("outlive") => {
            tokio::spawn(async {
                tokio::time::sleep(Duration::from_millis(200)).await;
                record("outlived")
            });
            respond(&json!({"pid": std::process::id()}))
        }
        Some("large") => respond(&"x".repeat(7 * 1024 * 1024).into()),
        Some("crash") => std::process::exit(3),
        Some("error") => Err("it went wrong".into()),
        Some("slow") => {
            tokio::time::sleep(Duration::from_mins(1)).await;
            Ok(Value::Null)
        }
        Some("wait") => {
            tokio::time::sleep(Duration::from_millis(300)).await;
            respond(&json!({"pid": std::process::id()}))
        }
        _ => {
            let environment: serde_json::Map<_, _> = std::env::vars().map(|(k, v)| (k, v.into())).collect();
            respond(&json!({"pid": std::process::id(), "event": event, "environment": environment}))
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "what a handler gives")]
fn respond(body: &Value) -> Result<Value, Error> {
    Ok(json!({"statusCode": 200, "headers": {"content-type": "application/json"}, "body": body.to_string()}))
}

/// Writes each record to the file. One that begins with `wait` takes a while and is written with the process's id. One that
/// begins with `bad` is reported as failed; one with `poison` fails the batch.
async fn batch(records: &[Value]) -> Result<Value, Error> {
    let mut failures = Vec::new();
    for item in records {
        let (id, text) = match item["eventSource"].as_str() {
            Some("aws:sqs") => (&item["messageId"], &item["body"]),
            _ => (&item["dynamodb"]["SequenceNumber"], &item["dynamodb"]["NewImage"]["pk"]["S"]),
        };
        let text = text.as_str().unwrap_or_default();
        if text.starts_with("poison") {
            return Err("poisoned".into());
        }
        if text.starts_with("wait") {
            tokio::time::sleep(Duration::from_millis(200)).await;
            record(&format!("{text} in {}", std::process::id()))?;
        } else if text.starts_with("bad") {
            failures.push(json!({"itemIdentifier": id}));
            if item["eventSource"] == "aws:dynamodb" {
                break;
            }
        } else {
            record(text)?;
        }
    }
    Ok(json!({"batchItemFailures": failures}))
}

fn record(line: &str) -> Result<(), Error> {
    let path = std::env::var("RECORD")?;
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(format!("{line}\n").as_bytes())?;
    Ok(())
}
