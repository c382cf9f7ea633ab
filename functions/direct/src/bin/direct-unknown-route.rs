//! Every other path and method: a 404 in this API's own shape, which API Gateway's would not be, with the caller's rate headers.

use tollgate_direct::Direct;
use tollgate_http::{LambdaError, serve_counted_unknown_route};

fn main() -> Result<(), LambdaError> {
    serve_counted_unknown_route(&Direct)
}
