//! The local cloud: the functions and templates that are deployed, run on one machine without Docker or an AWS account.
//!
//! [`LocalCloud::start`] reads the SAM templates, opens the data folder and starts everything; [`LocalCloud::stop`] ends
//! everything it started. The program `tollgate-local` (`cargo local`) is a thin shell around these two.

mod aws;
pub mod binaries;
mod clock;
pub mod demo;
pub mod dynamodb;
mod error;
mod front;
mod grants;
mod inbox;
mod lambda;
mod local_cloud;
pub mod logs;
mod net;
pub mod processors;
mod ready;
mod secretsmanager;
mod sources;
pub mod sqs;
mod start;
pub mod state;
pub mod template;

pub use error::Error;
pub use grants::Checks;
pub use local_cloud::{LocalCloud, Options};
pub use ready::Ready;
