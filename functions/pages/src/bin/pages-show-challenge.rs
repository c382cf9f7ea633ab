//! `GET /challenge/{token}`: shows the cardholder the 3-D Secure challenge of one payment.

use tollgate_http::{LambdaError, serve_pages};
use tollgate_pages::{challenge, link_error};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), LambdaError> {
    serve_pages(|gateway, request| async move {
        match gateway.open_challenge(request.path_parameter("token")).await {
            Ok(view) => challenge(&view.payment),
            Err(error) => link_error(&error),
        }
    })
    .await
}
