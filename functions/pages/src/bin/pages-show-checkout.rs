//! `GET /checkout/{token}`: shows the payer what is about to be paid.

use tollgate_gateway::Purpose;
use tollgate_http::{LambdaError, serve_pages};
use tollgate_pages::{checkout, link_error};

fn main() -> Result<(), LambdaError> {
    serve_pages(|gateway, request| async move {
        let token = request.path_parameter("token");
        match gateway.open_link(Purpose::Checkout, token).await {
            Ok(view) => checkout(&view),
            Err(error) => link_error(&gateway, &error),
        }
    })
}
