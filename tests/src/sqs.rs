//! SQS asked directly: what a test puts on a queue, and what it finds there.

use serde_json::{Value, json};

use crate::Cloud;

async fn ask(cloud: &Cloud, operation: &str, body: &Value) -> Value {
    let request = reqwest::Client::new()
        .post(cloud.ready["sqs"].as_str().unwrap())
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", format!("AmazonSQS.{operation}"))
        .body(body.to_string());
    let answer = request.send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_success(), "{operation}: {text}");
    serde_json::from_str(&text).unwrap_or_default()
}

async fn url(cloud: &Cloud, queue: &str) -> Value {
    ask(cloud, "GetQueueUrl", &json!({"QueueName": queue})).await["QueueUrl"].clone()
}

/// Puts a message on a queue.
pub async fn send(cloud: &Cloud, queue: &str, body: &str) {
    let url = url(cloud, queue).await;
    ask(cloud, "SendMessage", &json!({"QueueUrl": url, "MessageBody": body})).await;
}

/// The bodies of up to ten messages of a queue that can be received now.
pub async fn receive(cloud: &Cloud, queue: &str) -> Vec<String> {
    let request =
        json!({"QueueUrl": url(cloud, queue).await, "MaxNumberOfMessages": 10, "VisibilityTimeout": 0});
    let answer = ask(cloud, "ReceiveMessage", &request).await;
    let messages = answer["Messages"].as_array().cloned().unwrap_or_default();
    messages.iter().map(|message| message["Body"].as_str().unwrap().to_owned()).collect()
}
