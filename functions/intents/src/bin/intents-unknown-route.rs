//! Every other path and method: a 404 in this API's own shape, which API Gateway's would not be.

use tollgate_http::{LambdaError, serve_counted_unknown_route};
use tollgate_intents::Intents;

fn main() -> Result<(), LambdaError> {
    serve_counted_unknown_route(&Intents)
}
