//! Every other path and method: a 404 in this API's own shape, which API Gateway's would not be.

use tollgate_http::{LambdaError, serve_unknown_route};
use tollgate_simple::Simple;

fn main() -> Result<(), LambdaError> {
    serve_unknown_route(&Simple)
}
