//! The stream of the table `tollgate`: turns each committed change into events and a message for every endpoint.

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use lambda_runtime::{LambdaEvent, service_fn};
use tollgate_gateway::{AwsEnvironment, Error, Gateway, Publisher, Queue, StoreError, subject_of};
use tollgate_workers::BatchResponse;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    tollgate_http::init_logs();
    let gateway = Gateway::from_environment()?;
    let queue = Queue::from_environment(&AwsEnvironment::from_environment()?)?;
    gateway.warm_up().await;
    let (gateway, queue) = (&gateway, &queue);
    lambda_runtime::run(service_fn(|event: LambdaEvent<Event>| {
        publish(gateway, queue, event.payload)
    }))
    .await
}

/// Publishes a batch in order and stops at the first change that fails: Lambda begins again there, so that the changes
/// of one item are never published out of order.
async fn publish(
    gateway: &Gateway,
    queue: &Queue,
    batch: Event,
) -> Result<BatchResponse, lambda_runtime::Error> {
    let mut response = BatchResponse::default();
    let mut publisher = gateway.publisher(queue);
    for record in batch.records {
        let sequence = record.change.sequence_number.clone().unwrap_or_default();
        if let Err(error) = publish_one(&mut publisher, record).await {
            tracing::error!(%error, sequence, "change was not published");
            response.failed(sequence);
            break;
        }
    }
    Ok(response)
}

async fn publish_one(publisher: &mut Publisher<'_>, record: EventRecord) -> Result<(), Error> {
    let before = read(record.change.old_image)?;
    let Some((scope, key, after)) = read(record.change.new_image)? else {
        return Ok(());
    };
    let published = publisher
        .publish(
            scope,
            &key,
            before.as_ref().map(|(_, _, subject)| subject),
            &after,
        )
        .await?;
    tracing::info!(
        key,
        events = published.events,
        messages = published.messages,
        "published"
    );
    Ok(())
}

type Subject = (tollgate_domain::Scope, String, tollgate_domain::Subject);

fn read(image: serde_dynamo::Item) -> Result<Option<Subject>, StoreError> {
    subject_of(image)
}
