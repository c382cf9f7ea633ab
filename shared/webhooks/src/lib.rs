//! Sending webhooks: signatures, the retry schedule, and the addresses that deliveries may go to.
//!
//! The body of an event is made by `tollgate-apis`. Everything here but [`Sender`] and [`Lookup`] is pure.

mod address;
mod resolve;
mod schedule;
mod send;
mod sign;

pub use address::{EndpointUrl, UrlRefusal, UrlRules, is_public};
pub use resolve::{Found, Lookup};
pub use schedule::{Delay, RetrySchedule, ScheduleError};
pub use send::{Attempt, Outcome, SendError, Sender, SenderError};
pub use sign::{Header, SigningSecret, hmac_sha256, hmac_sha256_hex, sign, verify_timestamped};
