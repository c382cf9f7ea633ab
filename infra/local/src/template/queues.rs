//! SQS queues.

use std::time::Duration;

use serde_json::Value;

use super::{Queue, TemplateError, intrinsics::Stack};
use crate::aws::name_in;

pub(super) fn read(stack: &Stack<'_>, id: &str, properties: &Value) -> Result<Queue, TemplateError> {
    let properties = stack.evaluate(properties, id)?;
    if properties["FifoQueue"] == true {
        return Err(stack.error(id, "the local cloud has standard queues only"));
    }
    let seconds =
        |property: &str, default| Duration::from_secs(properties[property].as_u64().unwrap_or(default));
    let redrive = &properties["RedrivePolicy"];
    let receives = redrive["maxReceiveCount"].as_u64().and_then(|n| u32::try_from(n).ok());
    Ok(Queue {
        name: stack.name_of(id, "QueueName")?,
        visibility: seconds("VisibilityTimeout", Queue::VISIBILITY_S_DEFAULT),
        retention: seconds("MessageRetentionPeriod", Queue::RETENTION_S_DEFAULT),
        delay: seconds("DelaySeconds", 0),
        redrive: redrive["deadLetterTargetArn"]
            .as_str()
            .zip(receives)
            .map(|(arn, receives)| (name_in(arn).to_owned(), receives)),
    })
}
