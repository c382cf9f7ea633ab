//! Every path of version 1: deprecated, and gone after its end.

use lambda_http::{Request, RequestExt, service_fn};
use tollgate_gateway::{Clock, SystemClock};
use tollgate_http::{LambdaError, init_logs};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), LambdaError> {
    init_logs();
    lambda_http::run(service_fn(|request: Request| async move {
        tollgate_intents::deprecated::answer(request.raw_http_path(), SystemClock.now())
    }))
    .await
}
