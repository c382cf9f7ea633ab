//! The way out to the card processors.
//!
//! Two kinds: the [`sandbox`] is a pure function of the instrument, so that asking it costs nothing and can be repeated; a
//! [`AnyProcessor`] speaks to a merchant's processor over a wire, where a request may be lost half-way and must never be taken
//! for a failure. The order of work for it is the gateway's: record, ask with our own reference, record the answer.

mod account;
mod any_processor;
mod cybersource;
mod http;
mod mpgs;
pub mod processor;
pub mod sandbox;

pub use account::{Account, BadAccount};
pub use any_processor::{AnyProcessor, Now};
pub use cybersource::CyberSource;
pub use http::{Client, ClientError};
pub use mpgs::Mpgs;
