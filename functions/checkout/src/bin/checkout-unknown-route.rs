//! Every other path and method: a 404 in this API's own shape, which API Gateway's would not be.

use tollgate_checkout::Checkout;
use tollgate_http::{LambdaError, serve_unknown_route};

fn main() -> Result<(), LambdaError> {
    serve_unknown_route(&Checkout)
}
