//! A queue as an event source.
//!
//! What the function does not report as failed is deleted. The rest stays hidden for the queue's visibility timeout and
//! then comes back, as in Lambda; the queue's redrive policy ends it.

use std::time::Duration;

use serde_json::json;

use super::{
    context::Context,
    verdict::{Verdict, verdict},
};
use crate::{Error, sqs::Received, template::QueueSource};

/// Batches of one queue at the same time, when the template does not say fewer.
/// What failed comes again after so long. Lambda lets the visibility timeout pass, which is minutes that nobody wants to
/// wait for on a laptop.
const RETRY_AFTER_S: u64 = 1;
const CONCURRENCY: usize = 8;
/// One long poll.
const WAIT: Duration = Duration::from_secs(20);
/// After the queue itself fails.
const PAUSE: Duration = Duration::from_secs(1);
/// What one receive gives.
const RECEIVE_MAX: usize = 10;

pub(super) fn start(context: &Context, source: &QueueSource) {
    let pollers = source.max_concurrency.map_or(CONCURRENCY, |max| max.min(CONCURRENCY));
    for _ in 0..pollers {
        let (context, source) = (context.clone(), source.clone());
        tokio::spawn(async move {
            let mut stop = context.stop.clone();
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => {}
                () = poll(&context, &source) => {}
            }
        });
    }
}

async fn poll(context: &Context, source: &QueueSource) {
    loop {
        if let Err(error) = one_batch(context, source).await {
            crate::logs::log(&source.queue, &format!("the queue can't be read: {error}"));
            tokio::time::sleep(PAUSE).await;
        }
    }
}

async fn one_batch(context: &Context, source: &QueueSource) -> Result<(), Error> {
    let batch = gather(context, source).await?;
    if batch.is_empty() {
        return Ok(());
    }
    let records: Vec<_> = batch.iter().map(|message| message.lambda_record(&source.queue)).collect();
    let event = json!({ "Records": records }).to_string();
    let outcome = context.lambda.invoke(&source.function, event.into()).await;
    let knows = |id: &str| batch.iter().any(|message| message.message_id == id);
    let failed = match verdict(&outcome, source.partial_responses, knows) {
        Verdict::Done => std::collections::HashSet::new(),
        Verdict::Partly(failed) => failed,
        Verdict::Failed(reason) => {
            crate::logs::log(&source.queue, &format!("a batch of {} failed: {reason}", batch.len()));
            batch.iter().map(|message| message.message_id.clone()).collect()
        }
    };
    for message in &batch {
        if failed.contains(&message.message_id) {
            context.sqs.change_visibility(&source.queue, &message.receipt_handle, RETRY_AFTER_S)?;
        } else {
            context.sqs.delete(&source.queue, &message.receipt_handle)?;
        }
    }
    Ok(())
}

/// One receive, or as many as fit into the batching window.
async fn gather(context: &Context, source: &QueueSource) -> Result<Vec<Received>, Error> {
    let sqs = &context.sqs;
    let one = RECEIVE_MAX.min(source.batch_size);
    let mut batch = sqs.receive(&source.queue, one, WAIT, None).await?;
    let deadline = tokio::time::Instant::now() + source.window;
    while !batch.is_empty() && batch.len() < source.batch_size {
        let left = deadline.saturating_duration_since(tokio::time::Instant::now());
        if left.is_zero() {
            break;
        }
        let more = RECEIVE_MAX.min(source.batch_size - batch.len());
        batch.extend(sqs.receive(&source.queue, more, left, None).await?);
    }
    Ok(batch)
}
