//! Every other path: a plain page that says so. Needs no table.

use lambda_http::service_fn;
use tollgate_http::{LambdaError, init_logs};
use tollgate_pages::notice;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), LambdaError> {
    init_logs();
    lambda_http::run(service_fn(|_: lambda_http::Request| async {
        notice(
            404,
            "There is no such page",
            "Check the address, or go back to the shop.",
        )
    }))
    .await
}
