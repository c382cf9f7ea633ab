//! The stream of the table `tollgate`: turns each committed change into events and a message for every endpoint.

use std::time::Instant;

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use futures_util::stream::{self, StreamExt};
use lambda_runtime::{LambdaEvent, service_fn};
use tollgate_gateway::{AwsEnvironment, Error, Publisher, Queue, StoreError, Worker, subject_of};
use tollgate_workers::{BatchResponse, log_invocation};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    tollgate_http::init_logs();
    let worker = Worker::start().await?;
    let queue = Queue::from_environment(&AwsEnvironment::from_environment()?)?;
    let (worker, queue) = (&worker, &queue);
    lambda_runtime::run(service_fn(|event: LambdaEvent<Event>| async move {
        let (began, records) = (Instant::now(), event.payload.records.len());
        let worker = worker.metered();
        let response = publish(&worker, queue, event.payload).await;
        log_invocation(records, &worker.cost(), began);
        response
    }))
    .await
}

/// Changes that are published concurrently.
const AT_A_TIME: usize = 8;

/// Publishes a batch, a few changes at a time, and returns the first change that failed: Lambda starts again there. Later
/// changes are then published again, which changes nothing.
async fn publish(
    worker: &Worker,
    queue: &Queue,
    batch: Event,
) -> Result<BatchResponse, lambda_runtime::Error> {
    let mut response = BatchResponse::default();
    let publisher = &worker.publisher(queue);
    let mut outcomes = stream::iter(batch.records)
        .map(|record| async move {
            let sequence = record.change.sequence_number.clone().unwrap_or_default();
            (sequence, publish_one(publisher, record).await)
        })
        .buffered(AT_A_TIME);
    while let Some((sequence, outcome)) = outcomes.next().await {
        if let Err(error) = outcome {
            tracing::error!(%error, sequence, "change was not published");
            response.failed(sequence);
            break;
        }
    }
    Ok(response)
}

async fn publish_one(publisher: &Publisher<'_>, record: EventRecord) -> Result<(), Error> {
    let before = read(record.change.old_image)?;
    let Some((tenant, key, after)) = read(record.change.new_image)? else {
        return Ok(());
    };
    let published =
        publisher.publish(tenant, &key, before.as_ref().map(|(_, _, subject)| subject), &after).await?;
    tracing::info!(key, events = published.events, messages = published.messages, "published");
    Ok(())
}

type Subject = (tollgate_domain::Tenant, String, tollgate_domain::Subject);

fn read(image: serde_dynamo::Item) -> Result<Option<Subject>, StoreError> {
    subject_of(image)
}
