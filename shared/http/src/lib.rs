//! What every route shares.
//!
//! A route names the permission it needs and a handler ([`serve`]). Around the handler, this crate reads the request
//! ([`Request`], [`Fields`]), starts to authenticate and meter the caller, and makes the response: status, body, rate-limit
//! headers, request id, and every error in the API's own shape.
//!
//! | file | does |
//! |---|---|
//! | `event` | receives Lambda's events |
//! | `request`, `fields` | read a request |
//! | `card_data` | removes card data before a body is fingerprinted |
//! | `request_context` | what a handler gets: the request and the caller's use cases |
//! | `handler` | runs a route's handler |
//! | `admission` | decides whether the caller gets what the handler found |
//! | `reply`, `response`, `cors` | make the answer |
//! | `access_log`, `logs` | log |
//! | `pages`, `plain`, `unknown_route` | routes without a caller |

mod access_log;
mod admission;
mod api;
mod card_data;
mod cors;
mod event;
mod fields;
mod handler;
mod logs;
mod pages;
mod plain;
mod reply;
mod request;
mod request_context;
mod response;
mod unknown_route;

pub use api::Api;
pub use card_data::{CardPlace, without_card_data};
pub use cors::serve_preflight;
pub use fields::{Fields, ID_CHARS_MAX, Wrong};
pub use handler::serve;
pub use lambda_http::Error as LambdaError;
pub use logs::init_logs;
pub use pages::serve_pages;
pub use plain::run;
pub use reply::{Content, Reply};
pub use request::{Request, basic_user, bearer_token};
pub use request_context::{Decoded, RequestContext, Route};
pub use tollgate_apis::{Answer, FieldError, Issue, Problem};
pub use unknown_route::{serve_counted_unknown_route, serve_unknown_route};
