//! The queue of due work: does the work of every message, all of a batch at the same time.

use std::time::Instant;

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use lambda_runtime::{LambdaEvent, service_fn};
use tokio::task::JoinSet;
use tollgate_gateway::{DueMessage, DueQueues, Error, Worker};
use tollgate_workers::{BatchResponse, due_queues, log_invocation};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    tollgate_http::init_logs();
    let (worker, queues) = (Worker::start().await?, due_queues()?);
    let (worker, queues) = (&worker, &queues);
    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        let (began, records) = (Instant::now(), event.payload.records.len());
        let worker = worker.metered();
        let response = run(&worker, queues, event.payload).await;
        log_invocation(records, &worker.cost(), began);
        response
    }))
    .await
}

async fn run(
    worker: &Worker,
    queues: &DueQueues,
    batch: SqsEvent,
) -> Result<BatchResponse, lambda_runtime::Error> {
    let mut work = JoinSet::new();
    for message in batch.records {
        let (worker, queues) = (worker.clone(), queues.clone());
        work.spawn(async move {
            let id = message.message_id.clone().unwrap_or_default();
            (id, run_one(&worker, &queues, &message).await)
        });
    }
    let mut response = BatchResponse::default();
    while let Some(done) = work.join_next().await {
        let (id, outcome) = done?;
        if let Err(error) = outcome {
            tracing::error!(%error, message_id = id, "message of due work does not read");
            response.failed(id);
        }
    }
    Ok(response)
}

/// An error means that the message does not read. Work that fails is measured, and found again.
async fn run_one(worker: &Worker, queues: &DueQueues, message: &SqsMessage) -> Result<(), Error> {
    let message = DueMessage::parse(message.body.as_deref().unwrap_or_default())?;
    // It is logged and measured there.
    let _ = Box::pin(worker.run_due_work(&message, queues)).await;
    Ok(())
}
