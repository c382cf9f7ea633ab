//! Routes for every path and method that no other route has.

use lambda_http::Error as LambdaError;
use tollgate_apis::{BODY_BYTES_MAX, Problem};
use tollgate_gateway::{Entropy, OsEntropy};

use crate::{api::Api, event, handler::serve, request_context::Route, response::respond};

/// Runs the route for every other path and method, for an API that sends rate-limit headers with every answer to a key.
///
/// # Errors
/// See [`serve`].
pub fn serve_counted_unknown_route(api: &'static dyn Api) -> Result<(), LambdaError> {
    let route = Route::any_key().for_pages_too();
    serve(api, route, |_| std::future::ready(Err(Problem::UnknownRoute)))
}

/// Runs the route for every other path and method. It needs no key and no table.
///
/// # Errors
/// Those of Lambda's runtime.
pub fn serve_unknown_route(api: &'static dyn Api) -> Result<(), LambdaError> {
    event::run(move |request| async move {
        let request_id = request_id_without_gateway();
        let problem =
            if request.body().len() > BODY_BYTES_MAX { Problem::BodyTooLarge } else { Problem::UnknownRoute };
        let reply = api.problem(&problem, &request_id);
        tracing::info!(request_id, status = reply.status, method = request.method, "unknown route");
        Ok(respond(api, &request, &reply, &request_id, None))
    })
}

fn request_id_without_gateway() -> String {
    let mut bytes = [0; 16];
    OsEntropy.fill(&mut bytes);
    tollgate_domain::EventId::from_bytes(bytes).to_prefixed("req_")
}
