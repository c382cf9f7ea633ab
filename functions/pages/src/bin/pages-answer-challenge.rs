//! `POST /challenge/{token}`: takes the cardholder's answer, once, and sends the browser on to the merchant.

use tollgate_http::{LambdaError, serve_pages};
use tollgate_pages::{answered, link_error, notice};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), LambdaError> {
    serve_pages(|gateway, request| async move {
        let mut form = url::form_urlencoded::parse(request.body());
        let passed = match form
            .find(|(name, _)| name == "answer")
            .as_ref()
            .map(|(_, answer)| answer.as_ref())
        {
            Some("complete") => true,
            Some("fail") => false,
            _ => {
                return notice(
                    400,
                    "Nothing was chosen",
                    "Go back and choose one of the two buttons.",
                );
            }
        };
        let request_id = gateway.new_request_id();
        match gateway
            .answer_challenge(request.path_parameter("token"), passed, &request_id)
            .await
        {
            Ok(payment) => answered(&payment),
            Err(error) => link_error(&error),
        }
    })
    .await
}
