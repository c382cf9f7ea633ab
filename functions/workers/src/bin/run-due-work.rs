//! Runs every minute: resumes stuck charges and refunds, expires challenges, requeues webhooks, continues erasures.

use std::time::Instant;

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use tollgate_gateway::{AwsEnvironment, Queue, Worker};
use tollgate_workers::log_invocation;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    tollgate_http::init_logs();
    let worker = Worker::start().await?;
    let queue = Queue::from_environment(&AwsEnvironment::from_environment()?)?;
    let (worker, queue) = (&worker, &queue);
    lambda_runtime::run(service_fn(|_: LambdaEvent<Value>| async move {
        let began = Instant::now();
        let worker = worker.metered();
        let report = worker.run_due_work(queue).await?;
        let found = report.done + report.failed;
        if found > 0 {
            tracing::info!(done = report.done, failed = report.failed, "due work");
            log_invocation(found, &worker.cost(), began);
        }
        Ok::<_, lambda_runtime::Error>(())
    }))
    .await
}
