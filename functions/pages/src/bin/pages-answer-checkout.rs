//! `POST /checkout/{token}`: the payer pays, and goes on to the challenge, or cancels, and goes back to the merchant.

use tollgate_http::{LambdaError, serve_pages};
use tollgate_pages::{go_on, link_error, nothing_pressed, pressed};

fn main() -> Result<(), LambdaError> {
    serve_pages(|gateway, request| async move {
        let (token, request_ref) = (request.path_parameter("token"), request.id.as_str().into());
        let moved = match pressed(&request, &["pay", "cancel"]) {
            Some("pay") => gateway.confirm_checkout(token, &request_ref).await,
            Some(_) => gateway.cancel_checkout(token, &request_ref).await,
            None => return nothing_pressed(),
        };
        match moved {
            Ok((tenant, payment)) => go_on(&gateway, tenant, &payment),
            Err(error) => link_error(&gateway, &error),
        }
    })
}
