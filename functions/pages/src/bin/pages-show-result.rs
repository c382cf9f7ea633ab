//! `GET /result/{token}`: waits with the payer until the payment is decided, then goes back to the merchant.

use tollgate_http::{LambdaError, serve_pages};
use tollgate_pages::{link_error, result};

fn main() -> Result<(), LambdaError> {
    serve_pages(|gateway, request| async move {
        match gateway.open_result(request.path_parameter("token")).await {
            Ok((tenant, payment)) => result(&gateway, tenant, &payment),
            Err(error) => link_error(&gateway, &error),
        }
    })
}
