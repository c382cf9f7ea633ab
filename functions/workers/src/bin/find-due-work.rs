//! Runs every minute for each kind of due work: claims what is due, and queues it.

use std::time::Instant;

use lambda_runtime::{LambdaEvent, service_fn};
use serde::Deserialize;
use tollgate_gateway::{DUE_CLAIM_MS, DueKind, Part, Worker};
use tollgate_workers::{due_queues, log_invocation};

/// The longest first claim, in seconds: an hour.
const CLAIM_S_MAX: i64 = 3600;

/// The input of a schedule: a kind, and which of its shards.
#[derive(Deserialize)]
struct Input {
    kind: String,
    #[serde(default)]
    part: u8,
    #[serde(default = "one")]
    of: u8,
}

const fn one() -> u8 {
    1
}

/// How long the first claim of an item lasts, in milliseconds: `TOLLGATE_DUE_CLAIM_SECONDS`.
fn claim_ms() -> Result<i64, lambda_runtime::Error> {
    match std::env::var("TOLLGATE_DUE_CLAIM_SECONDS") {
        Ok(seconds) => Ok(seconds.parse::<i64>()?.clamp(1, CLAIM_S_MAX) * 1000),
        Err(_) => Ok(DUE_CLAIM_MS),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    tollgate_http::init_logs();
    let (worker, queues) = (Worker::start().await?.with_due_claim_ms(claim_ms()?), due_queues()?);
    let (worker, queues) = (&worker, &queues);
    lambda_runtime::run(service_fn(|event: LambdaEvent<Input>| async move {
        let began = Instant::now();
        let Input { kind, part, of } = event.payload;
        let kind = DueKind::from_code(&kind).ok_or_else(|| format!("there is no due work `{kind}`"))?;
        let worker = worker.metered();
        let report = worker.find_due_work(kind, Part { index: part, of }, queues).await?;
        if report.found > 0 {
            log_invocation(report.found, &worker.cost(), began);
        }
        Ok::<_, lambda_runtime::Error>(())
    }))
    .await
}
