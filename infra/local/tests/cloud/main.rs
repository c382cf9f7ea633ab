//! The local cloud, run with a small template and one function whose behaviour the tests choose.
#![expect(clippy::expect_used, reason = "the tests' helpers fail as tests do")]

mod clients;
mod freezing;
mod http;
mod iam;
mod limits;
mod paths;
mod processes;
mod running;
mod sources;
mod sqs;
