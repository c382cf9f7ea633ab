//! `GET /challenge/{token}`: shows the cardholder the 3-D Secure challenge of one payment.

use tollgate_gateway::Purpose;
use tollgate_http::{LambdaError, serve_pages};
use tollgate_pages::{challenge, link_error};

fn main() -> Result<(), LambdaError> {
    serve_pages(|gateway, request| async move {
        let token = request.path_parameter("token");
        match gateway.open_link(Purpose::Challenge, token).await {
            Ok(view) => challenge(&view),
            Err(error) => link_error(&gateway, &error),
        }
    })
}
