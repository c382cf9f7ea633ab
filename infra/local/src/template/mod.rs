//! What the SAM templates say, and nothing else: `template.yaml` and the stacks nested in it are read into a [`Cloud`],
//! the one description that the rest of the local cloud runs.
//!
//! Only what is run is read, the functions' policies, and where they log. An alarm, a domain name or how a new version gets its
//! requests is for the real cloud, and an intrinsic in one is never evaluated here.

mod apis;
mod error;
mod functions;
mod intrinsics;
mod load;
mod logs;
mod model;
mod policies;
mod queues;
mod setting;
mod sources;
mod stages;
mod tables;
#[cfg(test)]
mod tests;
mod yaml;

pub use crate::iam::policy::{Actions, Condition, Effect, Grant, Statement};
pub use error::TemplateError;
pub use load::load;
pub use model::{
    Api, Cloud, Function, LogGroup, Queue, QueueSource, Route, ScheduleSource, Secret, Source, StreamSource,
    Table, Throttle,
};
pub use setting::{Setting, parse_overrides};
pub use yaml::read as read_yaml;
