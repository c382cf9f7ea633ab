//! What end-to-end tests share: a local cloud for each test, a client that knows a front door's envelope, a receiver of
//! webhooks, and transcripts of whole answers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::missing_panics_doc)]

mod admin;
mod binaries;
mod built_release;
mod client;
mod cloud;
mod documents;
mod receiver;
mod samples;
mod wait;

pub mod due_work;
pub mod dynamodb;
pub mod fill;
pub mod metrics;
pub mod point_in_time;
pub mod redact;
pub mod release;
pub mod sqs;
pub mod transcript;

pub use rustix::process::Signal;

pub use self::{
    admin::printed,
    binaries::{binary, build_debug, build_some, build_with_examples, root, target},
    client::{Answer, Client, reset_in, stands},
    cloud::{Cloud, signal},
    documents::check_document,
    receiver::{ClosedPort, Receiver, Webhook},
    samples::{curl, has_curl, run_sample, runs},
    wait::{DEADLINE, eventually, settled},
};
