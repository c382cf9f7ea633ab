//! Clients of card processors.
//!
//! The [`sandbox`] is a pure function of the instrument, so it can be called repeatedly. An [`AnyProcessor`]
//! calls a merchant's processor, where a request or its answer may be lost; that must never count as a failed
//! charge. A [`payout_rail`] carries payouts to banks. The gateway decides the order: record the request, send it with our reference, record the answer.

mod account;
mod any_processor;
mod cybersource;
mod http;
mod mpgs;
pub mod notice;
pub mod payout_rail;
pub mod processor;
pub mod sandbox;
pub mod settlement;

pub use account::{Account, BadAccount};
pub use any_processor::AnyProcessor;
pub use cybersource::CyberSource;
pub use http::{Client, ClientError};
pub use mpgs::Mpgs;
pub use processor::Now;
