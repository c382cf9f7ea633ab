//! The local cloud's log: one line for each request, and the lines of its parts and of the functions.
//!
//! It goes to standard error, because standard output is reserved for the line of `--json`.

mod log;
mod log_file;
mod palette;
mod request_line;

pub use log::{LogMode, set_up};
pub(crate) use log::{function, log, request};
pub use palette::Palette;
pub(crate) use request_line::RequestLine;
