//! The command line: its arguments, and what each command does.

mod api;
mod arguments;
mod client;
mod event_files;
mod failure;
mod greeting;
mod invoke;
mod listen;
mod local;
mod placeholder;
mod recipes;
mod root;
mod run;
mod terminal;
mod trigger;

pub(crate) use arguments::{Arguments, Command};
pub(crate) use invoke::invoke;
pub(crate) use listen::listen;
pub(crate) use run::run;
pub(crate) use trigger::trigger;
