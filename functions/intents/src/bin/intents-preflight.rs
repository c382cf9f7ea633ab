//! `OPTIONS` of the routes that payers' pages call: whether a page of another origin may.

use tollgate_http::{LambdaError, serve_preflight};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), LambdaError> {
    serve_preflight().await
}
