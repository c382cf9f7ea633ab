//! The queues.

use aws_sdk_sqs::types::{QueueAttributeName, SendMessageBatchRequestEntry};
use tollgate_domain::delivery::QUEUE_DELAY_S_MAX;

use crate::{aws::AwsEnvironment, error::StoreError};

/// Messages per `SendMessageBatch` call, by SQS's limit.
const BATCH_MESSAGES_MAX: usize = 10;

/// A queue.
#[derive(Clone, Debug)]
pub struct Queue {
    sqs: aws_sdk_sqs::Client,
    url: String,
}

/// A message to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueMessage {
    /// The text.
    pub body: String,
    /// The message group. SQS keeps a slow group from delaying the others.
    pub group: String,
    /// Delay until it is delivered, in seconds, at most 900.
    pub delay_s: u32,
}

impl Queue {
    /// Opens a queue. Makes no call.
    pub fn open(environment: &AwsEnvironment, url: impl Into<String>) -> Self {
        Self { sqs: environment.sqs(), url: url.into() }
    }

    /// Opens the queue of delivery attempts, which `TOLLGATE_WEBHOOK_QUEUE_URL` names. Makes no call.
    pub fn of_webhooks(environment: &AwsEnvironment) -> Result<Self, StoreError> {
        Self::of_variable(environment, "TOLLGATE_WEBHOOK_QUEUE_URL")
    }

    /// Opens the queue of due work, which `TOLLGATE_DUE_WORK_QUEUE_URL` names. Makes no call.
    pub fn of_due_work(environment: &AwsEnvironment) -> Result<Self, StoreError> {
        Self::of_variable(environment, "TOLLGATE_DUE_WORK_QUEUE_URL")
    }

    /// Opens the queue of changes that were put aside, which `TOLLGATE_CHANGE_QUEUE_URL` names. Makes no call.
    pub fn of_changes(environment: &AwsEnvironment) -> Result<Self, StoreError> {
        Self::of_variable(environment, "TOLLGATE_CHANGE_QUEUE_URL")
    }

    fn of_variable(environment: &AwsEnvironment, name: &'static str) -> Result<Self, StoreError> {
        let url = std::env::var(name).ok().filter(|url| !url.is_empty());
        Ok(Self::open(environment, url.ok_or(StoreError::Environment(name))?))
    }

    /// Opens the queue with this name. One call.
    pub async fn named(environment: &AwsEnvironment, name: &str) -> Result<Self, StoreError> {
        let sqs = environment.sqs();
        let found = sqs.get_queue_url().queue_name(name).send().await;
        let found = found.map_err(|e| failed("GetQueueUrl", e))?;
        Ok(Self { sqs, url: found.queue_url.unwrap_or_default() })
    }

    /// Moves this dead-letter queue's messages back to their source queue; SQS does so in the background.
    /// Returns roughly how many there were. Two calls.
    pub async fn redrive(&self) -> Result<u64, StoreError> {
        let attributes = self
            .sqs
            .get_queue_attributes()
            .queue_url(&self.url)
            .attribute_names(QueueAttributeName::QueueArn)
            .attribute_names(QueueAttributeName::ApproximateNumberOfMessages)
            .send()
            .await
            .map_err(|e| failed("GetQueueAttributes", e))?;
        let attribute = |name| attributes.attributes()?.get(&name).cloned();
        let waiting = attribute(QueueAttributeName::ApproximateNumberOfMessages);
        let waiting = waiting.and_then(|n| n.parse().ok()).unwrap_or(0);
        if waiting > 0 {
            self.sqs
                .start_message_move_task()
                .set_source_arn(attribute(QueueAttributeName::QueueArn))
                .send()
                .await
                .map_err(|e| failed("StartMessageMoveTask", e))?;
        }
        Ok(waiting)
    }

    /// Sends all messages; after an error some may have been sent. One call per ten.
    pub async fn send(&self, messages: &[QueueMessage]) -> Result<(), StoreError> {
        for batch in messages.chunks(BATCH_MESSAGES_MAX) {
            let entries = batch
                .iter()
                .enumerate()
                .map(|(at, message)| {
                    SendMessageBatchRequestEntry::builder()
                        .id(at.to_string())
                        .message_body(&message.body)
                        .message_group_id(&message.group)
                        .delay_seconds(i32::try_from(message.delay_s.min(QUEUE_DELAY_S_MAX)).unwrap_or(0))
                        .build()
                        .map_err(|e| StoreError::BadValue(e.to_string()))
                })
                .collect::<Result<Vec<_>, _>>()?;
            let sent = self
                .sqs
                .send_message_batch()
                .queue_url(&self.url)
                .set_entries(Some(entries))
                .send()
                .await
                .map_err(|e| failed("SendMessageBatch", e))?;
            if let Some(failed) = sent.failed().first() {
                return Err(StoreError::Aws {
                    operation: "SendMessageBatch",
                    detail: format!("{}: {}", failed.code(), failed.message().unwrap_or_default()),
                });
            }
        }
        Ok(())
    }
}

fn failed<E: std::error::Error + Send + Sync + 'static>(
    operation: &'static str,
    error: aws_sdk_sqs::error::SdkError<E>,
) -> StoreError {
    StoreError::Aws { operation, detail: aws_sdk_sqs::error::DisplayErrorContext(error).to_string() }
}
