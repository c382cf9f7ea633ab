//! The schedule: does what is due and nobody else will do.

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use tollgate_gateway::{AwsEnvironment, Gateway, Queue};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    tollgate_http::init_logs();
    let gateway = Gateway::start().await?;
    let queue = Queue::from_environment(&AwsEnvironment::from_environment()?)?;
    let (gateway, queue) = (&gateway, &queue);
    lambda_runtime::run(service_fn(|_: LambdaEvent<Value>| async move {
        let report = gateway.run_due_work(queue).await?;
        if report.done + report.failed > 0 {
            tracing::info!(done = report.done, failed = report.failed, "due work");
        }
        Ok::<_, lambda_runtime::Error>(())
    }))
    .await
}
