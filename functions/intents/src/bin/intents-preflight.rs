//! `OPTIONS` of the routes that payers' pages call: whether a page of another origin may.

use tollgate_http::{LambdaError, serve_preflight};

fn main() -> Result<(), LambdaError> {
    serve_preflight()
}
