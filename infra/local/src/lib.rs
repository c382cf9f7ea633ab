//! The local cloud: the functions and templates that are deployed, run on one machine without Docker or an AWS account.
//!
//! [`LocalCloud::start`] reads the SAM templates, opens the data folder and starts everything; [`LocalCloud::stop`] ends
//! everything it started. The program `tollgate-local` (`cargo local`) is a thin shell around these two.

mod aws;
mod aws_json;
pub mod binaries;
mod checks;
mod clock;
pub mod demo;
pub mod dynamodb;
pub mod dynamodb_faults;
mod dynamodb_rules;
mod error;
mod front;
mod iam;
mod inbox;
mod lambda;
mod local_cloud;
pub mod logs;
mod net;
mod options;
pub mod processors;
mod ready;
mod secretsmanager;
mod services;
mod sources;
pub mod sqs;
mod start;
pub mod state;
pub mod template;

pub use checks::Checks;
pub use error::Error;
pub use local_cloud::LocalCloud;
pub use options::{LambdaOptions, Options};
pub use ready::Ready;
