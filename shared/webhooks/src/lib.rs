//! Webhooks: how the ledger's things are shown, how a delivery is signed, where it may go, and when it is tried again.
//!
//! Everything but [`Sender`] and [`Lookup`] is pure. The order of a delivery is: [`render`], [`canonical::to_js_string`], [`sign`],
//! [`send`], and when that fails [`schedule`].

mod address;
mod canonical;
pub mod render;
mod resolve;
mod schedule;
mod send;
mod sign;

pub use address::{EndpointUrl, UrlRefusal, UrlRules, is_public};
pub use canonical::to_js_string;
pub use resolve::{Found, Lookup};
pub use schedule::{Delay, RetrySchedule, ScheduleError};
pub use send::{Attempt, Outcome, SendError, Sender, SenderError};
pub use sign::{Header, SigningSecret, hmac_sha256, hmac_sha256_hex, sign, verify_timestamped};
