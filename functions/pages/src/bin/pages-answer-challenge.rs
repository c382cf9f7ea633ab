//! `POST /challenge/{token}`: takes the cardholder's answer, once, and sends the browser on to the merchant.

use tollgate_http::{LambdaError, serve_pages};
use tollgate_pages::{go_on, link_error, nothing_pressed, pressed};

fn main() -> Result<(), LambdaError> {
    serve_pages(|gateway, request| async move {
        let Some(button) = pressed(&request, &["complete", "fail"]) else {
            return nothing_pressed();
        };
        let (token, request_ref) = (request.path_parameter("token"), request.id.as_str().into());
        match gateway.answer_challenge(token, button == "complete", &request_ref).await {
            Ok((tenant, payment)) => go_on(&gateway, tenant, &payment),
            Err(error) => link_error(&gateway, &error),
        }
    })
}
