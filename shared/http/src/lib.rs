//! What every route shares: the frame around a handler.
//!
//! A route names the permission it needs and a handler. The frame reads the request, starts to authenticate and meter
//! it, runs the handler, and makes the answer: status, body, rate-limit headers, request id, and every error in the
//! front door's own shape, even for a bad key, a body that is too large or an unknown path.

mod api;
mod api_error;
mod event;
mod fields;
mod handler;
mod logs;
mod problem;
mod request;
mod request_context;

pub use api::{Api, Content, Reply};
pub use api_error::{ApiError, ErrorKind};
pub use event::run;
pub use fields::{FieldError, Fields, Issue, Wrong};
pub use handler::{serve, serve_counted_unknown_route, serve_pages, serve_preflight, serve_unknown_route};
pub use lambda_http::Error as LambdaError;
pub use logs::init_logs;
pub use problem::Problem;
pub use request::{BODY_BYTES_MAX, Request, basic_user, bearer_token};
pub use request_context::{Decoded, RequestContext, Route};
