//! Writes the log, in the mode that is set for the process.

use std::{
    fmt::Write as _,
    io::Write as _,
    path::Path,
    sync::{Mutex, OnceLock, PoisonError},
};

use serde_json::{Value, json};

use super::{log_file::LogFile, palette::Palette, request_line::RequestLine};
use crate::{Error, clock, state};

/// What is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogMode {
    /// One line a request, and the functions' warnings and errors; all their logs are in `functions.log` of the data folder
    #[default]
    Requests,
    /// The same and everything that the functions log, as they write it
    All,
    /// The same as `all`, as JSON lines
    Json,
}

/// Members of a function's line that its short form leaves out: it shows them otherwise, or they are for CloudWatch.
const LEFT_OUT: &[&str] = &["timestamp", "level", "target", "message", "function", "_aws", "Stack"];

struct Logs {
    mode: LogMode,
    palette: Palette,
    file: Option<Mutex<LogFile>>,
}

static LOGS: OnceLock<Logs> = OnceLock::new();
/// Used before `set_up`, as in tests.
static PLAIN: Logs = Logs { mode: LogMode::All, palette: Palette::new(false), file: None };

/// Sets what is shown, once for the process. Empties the file in the data folder.
///
/// # Errors
///
/// The file can't be made.
pub fn set_up(mode: LogMode, data: &Path) -> Result<(), Error> {
    let file = match mode {
        LogMode::Requests => {
            state::make_folder(data)?;
            Some(Mutex::new(LogFile::create(data)?))
        }
        LogMode::All | LogMode::Json => None,
    };
    let palette = Palette::of(&std::io::stderr());
    // A second call changes nothing.
    let _ = LOGS.set(Logs { mode, palette, file });
    Ok(())
}

fn logs() -> &'static Logs {
    LOGS.get().unwrap_or(&PLAIN)
}

/// Writes a line about a part of the local cloud.
pub(crate) fn log(name: &str, line: &str) {
    match logs().mode {
        LogMode::Json => print(&json!({"kind": "local", "part": name, "line": line}).to_string()),
        LogMode::Requests | LogMode::All => print(&format!("[{name}] {line}")),
    }
}

/// Handles a line that a function's process wrote: shows it or keeps it in the file. `group` is the log group that it
/// would be in.
pub(crate) fn function(name: &str, group: &str, line: &str) {
    let logs = logs();
    match logs.mode {
        LogMode::All => print(&format!("[{name}] {line}")),
        LogMode::Json => {
            let line = serde_json::from_str(line).unwrap_or_else(|_| Value::from(line));
            print(&json!({"kind": "function", "function": name, "group": group, "line": line}).to_string());
        }
        LogMode::Requests => {
            if let Some(file) = &logs.file {
                file.lock().unwrap_or_else(PoisonError::into_inner).append(&format!("[{name}] {line}\n"));
            }
            if let Some(warning) = warning(line) {
                print(&format!("[{name}] {warning}"));
            }
        }
    }
}

/// Writes a request's line.
pub(crate) fn request(line: &RequestLine) {
    let logs = logs();
    match logs.mode {
        LogMode::Requests => print(&line.text(logs.palette)),
        LogMode::All => print(&format!("[request] {}", line.text(logs.palette))),
        LogMode::Json => {
            let mut json = line.json();
            json["timestamp"] = Value::from(clock::rfc3339(clock::now_ms()));
            print(&json.to_string());
        }
    }
}

fn print(line: &str) {
    // Standard error may be closed; the cloud runs on.
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// A short form of a function's line, if it is a warning, an error, or not a JSON log line; else `None`.
fn warning(line: &str) -> Option<String> {
    let Ok(Value::Object(fields)) = serde_json::from_str(line) else {
        return Some(line.to_owned());
    };
    let level = fields.get("level").and_then(Value::as_str).unwrap_or("ERROR");
    if !matches!(level, "WARN" | "ERROR") {
        return None;
    }
    let message = fields.get("message").and_then(Value::as_str).unwrap_or_default();
    let mut text = format!("{level} {message}");
    for (name, value) in &fields {
        if !LEFT_OUT.contains(&name.as_str()) {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            // Writing to a `String` never fails.
            let _ = write!(text, " {name}={value}");
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_and_what_is_no_log_line_are_shown() {
        assert_eq!(warning(r#"{"level":"INFO","message":"request"}"#), None);
        assert_eq!(
            warning(r#"{"timestamp":"t","level":"WARN","message":"unclear","payment":"p","tries":2}"#)
                .as_deref(),
            Some("WARN unclear payment=p tries=2")
        );
        assert_eq!(
            warning(r#"{"_aws":{"Timestamp":1},"Stack":"s","level":"ERROR","message":"stuck","function":"f","n":1}"#)
                .as_deref(),
            Some("ERROR stuck n=1")
        );
        assert_eq!(warning("thread panicked").as_deref(), Some("thread panicked"));
    }
}
