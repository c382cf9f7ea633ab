//! `POST /notices/{processor}/{merchant}/{mode}`: takes what a processor tells by itself, once it is proven.

use tollgate_gateway::NoticeAddress;
use tollgate_http::{LambdaError, serve_pages};
use tollgate_pages::noticed;

fn main() -> Result<(), LambdaError> {
    serve_pages(|gateway, request| async move {
        let to = NoticeAddress {
            processor: request.path_parameter("processor"),
            merchant: request.path_parameter("merchant"),
            mode: request.path_parameter("mode"),
        };
        noticed(gateway.receive_notice(&to, |name| request.header(name), request.body()).await)
    })
}
