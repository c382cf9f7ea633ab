//! What each published API says: its objects, errors, event types, limits, signature and version.
//!
//! A folder per API ([`intents`], [`charges`], [`direct`], [`simple`], [`checkout`]):
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | the API's [`PublishedApi`]: limits, signature, event types |
//! | `names.rs` | prefixes of ids, the version, the words of fields |
//! | `objects.rs` | the objects of its answers and events: add a field here |
//! | `errors.rs` | the code, message and status of each [`Problem`] |
//!
//! Everything is pure: domain values in, serializable objects out. Answers and webhooks use the same objects, so they cannot
//! differ. How a request is read is in `functions/<api>`, beside the routes.

pub mod charges;
pub mod checkout;
pub mod direct;
mod error;
mod event_body;
mod failure;
pub mod intents;
mod json;
mod limits;
mod problem;
mod published;
mod registry;
mod signature;
pub mod simple;

pub use error::{Answer, ApiError, ErrorKind};
pub use failure::Failure;
pub use json::to_canonical;
pub use limits::ApiLimits;
pub use problem::{BODY_BYTES_MAX, FieldError, Issue, Problem};
pub use published::{EventContext, PublishedApi};
pub use registry::{event, event_type, event_types, published, rate_limit};
pub use signature::{RotationOrder, SignatureScheme};
