//! Every other path: a plain page that says so. Needs no table.

use tollgate_http::{LambdaError, init_logs, run};
use tollgate_pages::notice;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), LambdaError> {
    init_logs();
    run(|_| async {
        notice(
            404,
            "There is no such page",
            "Check the address, or go back to the shop.",
        )
    })
    .await
}
