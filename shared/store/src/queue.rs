//! The queue of webhook messages.

use aws_sdk_sqs::types::{QueueAttributeName, SendMessageBatchRequestEntry};

use crate::{aws::AwsEnvironment, error::StoreError};

/// Messages of one `SendMessageBatch` call, by SQS's own limit.
const BATCH: usize = 10;
/// Longest delay of a message, in seconds, by SQS's own limit.
pub(crate) const DELAY_S_MAX: u32 = 900;

/// A queue.
#[derive(Clone, Debug)]
pub struct Queue {
    sqs: aws_sdk_sqs::Client,
    url: String,
}

/// A message to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueMessage {
    /// Its text.
    pub body: String,
    /// The group it belongs to: SQS lets no group hold up the others.
    pub group: String,
    /// How long it stays hidden, in seconds, at most 900.
    pub delay_s: u32,
}

impl Queue {
    /// Opens a queue. Makes no call.
    pub fn open(environment: &AwsEnvironment, url: impl Into<String>) -> Self {
        Self { sqs: environment.sqs(), url: url.into() }
    }

    /// Opens the queue that `TOLLGATE_WEBHOOK_QUEUE_URL` names. Makes no call.
    pub fn from_environment(environment: &AwsEnvironment) -> Result<Self, StoreError> {
        let url = std::env::var("TOLLGATE_WEBHOOK_QUEUE_URL").ok().filter(|url| !url.is_empty());
        Ok(Self::open(environment, url.ok_or(StoreError::Environment("TOLLGATE_WEBHOOK_QUEUE_URL"))?))
    }

    /// Opens the queue of this name. One call.
    pub async fn named(environment: &AwsEnvironment, name: &str) -> Result<Self, StoreError> {
        let sqs = environment.sqs();
        let found = sqs.get_queue_url().queue_name(name).send().await;
        let found = found.map_err(|e| failed("GetQueueUrl", e))?;
        Ok(Self { sqs, url: found.queue_url.unwrap_or_default() })
    }

    /// Has the messages of a dead-letter queue, which this is, moved back to the queue they came from, by SQS itself and as
    /// fast as it can; says about how many there were. Two calls.
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

    /// Sends messages, all of them or an error; after an error some may have been sent. One call for every ten.
    pub async fn send(&self, messages: &[QueueMessage]) -> Result<(), StoreError> {
        for batch in messages.chunks(BATCH) {
            let entries = batch
                .iter()
                .enumerate()
                .map(|(at, message)| {
                    SendMessageBatchRequestEntry::builder()
                        .id(at.to_string())
                        .message_body(&message.body)
                        .message_group_id(&message.group)
                        .delay_seconds(i32::try_from(message.delay_s.min(DELAY_S_MAX)).unwrap_or(0))
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
