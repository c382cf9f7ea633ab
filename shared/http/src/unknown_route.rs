//! Routes for every path and method that no other route has.

use lambda_http::Error as LambdaError;
use tollgate_apis::{BODY_BYTES_MAX, Problem};

use crate::{api::Api, handler::serve, plain::run, request_context::Route, response::respond};

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
    run(api.published().front_door().as_str(), move |request| async move {
        let problem =
            if request.body().len() > BODY_BYTES_MAX { Problem::BodyTooLarge } else { Problem::UnknownRoute };
        let reply = api.problem(&problem, &request.id);
        Ok(respond(api, &request, &reply, &request.id, None))
    })
}
