//! What the SAM templates say, and nothing else: `template.yaml` and the stacks nested in it are read into a [`Cloud`],
//! the one description that the rest of the local cloud runs.
//!
//! Only what is run is read, and the functions' policies. An alarm or a log group is for the real cloud, and an intrinsic in
//! one is never evaluated here.

mod apis;
mod error;
mod functions;
mod intrinsics;
mod load;
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
    Api, Cloud, Function, Queue, QueueSource, Route, ScheduleSource, Secret, Source, StreamSource, Table,
    Throttle,
};
pub use setting::{Setting, parse_overrides};
pub use yaml::read as read_yaml;
