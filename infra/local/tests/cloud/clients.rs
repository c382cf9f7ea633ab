//! Clients of the local cloud's endpoints.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::{config as db_config, types::AttributeValue};
use aws_sdk_sqs::config as sqs_config;
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) async fn get(url: &str) -> (u16, Value) {
    let answer = reqwest::get(url).await.expect("an answer");
    let status = answer.status().as_u16();
    let text = answer.text().await.expect("a body");
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// Repeats a request until it has an answer.
pub(crate) async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(Instant::now() < deadline, "waited too long for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "a client of the local cloud's own, not the store's")]
fn dynamodb(url: &str) -> aws_sdk_dynamodb::Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(db_config::BehaviorVersion::latest())
        .region(db_config::Region::new("us-east-1"))
        .credentials_provider(db_config::Credentials::new("local", "local", None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(url);
    aws_sdk_dynamodb::Client::from_conf(config.build())
}

pub(crate) fn sqs(url: &str) -> aws_sdk_sqs::Client {
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(sqs_config::BehaviorVersion::latest())
        .region(sqs_config::Region::new("us-east-1"))
        .credentials_provider(sqs_config::Credentials::new("local", "local", None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(url);
    aws_sdk_sqs::Client::from_conf(config.build())
}

pub(crate) async fn put(dynamodb_url: &str, pk: &str, kind: &str) {
    dynamodb(dynamodb_url)
        .put_item()
        .table_name("tollgate-things")
        .item("pk", AttributeValue::S(pk.to_owned()))
        .item("t", AttributeValue::S(kind.to_owned()))
        .send()
        .await
        .expect("a put");
}

pub(crate) async fn queue_url(sqs: &aws_sdk_sqs::Client, name: &str) -> String {
    let answer = sqs.get_queue_url().queue_name(name).send().await.expect("a queue");
    answer.queue_url().expect("its URL").to_owned()
}

pub(crate) async fn receive(sqs: &aws_sdk_sqs::Client, name: &str) -> Vec<String> {
    let answer = sqs
        .receive_message()
        .queue_url(queue_url(sqs, name).await)
        .max_number_of_messages(10)
        .wait_time_seconds(1)
        .send()
        .await
        .expect("a receive");
    answer.messages().iter().filter_map(|m| m.body().map(str::to_owned)).collect()
}
