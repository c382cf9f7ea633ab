//! Lambda: functions as processes, each with one invocation at a time, and more processes under load.

mod freezer;
mod group;
mod instance;
mod invocation;
mod invoke_api;
mod pool;
mod process;
mod runtime_api;

pub(crate) use invocation::{FunctionError, Outcome};
pub(crate) use invoke_api::router;
pub(crate) use pool::Lambda;
pub(crate) use process::Host;
