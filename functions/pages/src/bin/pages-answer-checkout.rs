//! `POST /checkout/{token}`: the payer pays, and goes on to the challenge, or cancels, and goes back to the merchant.

use tollgate_http::{LambdaError, serve_pages};
use tollgate_pages::{go_on, link_error, nothing_pressed, pressed};

fn main() -> Result<(), LambdaError> {
    serve_pages(|gateway, request| async move {
        let (token, cause) = (request.path_parameter("token"), gateway.new_cause());
        let moved = match pressed(&request, &["pay", "cancel"]) {
            Some("pay") => gateway.confirm_checkout(token, &cause).await,
            Some(_) => gateway.cancel_checkout(token, &cause).await,
            None => return nothing_pressed(),
        };
        match moved {
            Ok((tenant, payment)) => go_on(&gateway, tenant, &payment),
            Err(error) => link_error(&gateway, &error),
        }
    })
}
