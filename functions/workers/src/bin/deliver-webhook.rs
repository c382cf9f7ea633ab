//! The webhook queue: makes one attempt for every message, all of a batch at the same time.

use std::time::Instant;

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use lambda_runtime::{LambdaEvent, service_fn};
use tokio::task::JoinSet;
use tollgate_gateway::{Deliverer, DeliverySettings, Error, Message, Worker};
use tollgate_workers::{BatchResponse, due_queues, log_invocation};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    tollgate_http::init_logs();
    let worker = Worker::start().await?;
    let queues = due_queues()?;
    let deliverer = Deliverer::new(worker, queues, DeliverySettings::from_environment()?)?;
    let deliverer = &deliverer;
    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        let (began, records) = (Instant::now(), event.payload.records.len());
        let deliverer = deliverer.metered();
        let response = deliver(&deliverer, event.payload).await;
        log_invocation(records, &deliverer.cost(), began);
        response
    }))
    .await
}

async fn deliver(deliverer: &Deliverer, batch: SqsEvent) -> Result<BatchResponse, lambda_runtime::Error> {
    let mut attempts = JoinSet::new();
    for message in batch.records {
        let deliverer = deliverer.clone();
        attempts.spawn(async move {
            let id = message.message_id.clone().unwrap_or_default();
            (id, attempt(&deliverer, &message).await)
        });
    }
    let mut response = BatchResponse::default();
    while let Some(done) = attempts.join_next().await {
        let (id, outcome) = done?;
        if let Err(error) = outcome {
            tracing::error!(%error, message_id = id, "delivery attempt was not made or not recorded");
            response.failed(id);
        }
    }
    Ok(response)
}

async fn attempt(deliverer: &Deliverer, message: &SqsMessage) -> Result<(), Error> {
    let message = Message::parse(message.body.as_deref().unwrap_or_default())?;
    Box::pin(deliverer.attempt(&message)).await
}
