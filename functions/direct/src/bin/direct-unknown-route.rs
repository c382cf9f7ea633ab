//! Every other path and method: a 404 in this API's own shape, which API Gateway's would not be, with the caller's rate headers.

use tollgate_direct::Direct;
use tollgate_http::{LambdaError, serve_unknown_route_to_callers};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), LambdaError> {
    serve_unknown_route_to_callers::<Direct>().await
}
