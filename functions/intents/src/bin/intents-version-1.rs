//! Every path of version 1: deprecated, and gone after its end.

use tollgate_gateway::{Clock, SystemClock};
use tollgate_http::{LambdaError, init_logs, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), LambdaError> {
    init_logs();
    run(|request| async move { tollgate_intents::deprecated::answer(&request.path, SystemClock.now()) }).await
}
