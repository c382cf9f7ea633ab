//! The local cloud's log: one line for each request, and the lines of its parts and of the functions.
//!
//! It goes to standard error, because standard output is reserved for the line of `--json`.

use std::{
    fmt::Write as _,
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock, PoisonError},
};

use serde_json::{Value, json};

use crate::{Error, clock, state};

/// The file in the data folder for the functions' logs, when the terminal does not show them all.
pub const FILE: &str = "functions.log";
/// The file is emptied at this size, so that it never fills the disk.
const FILE_MAX_BYTES: u64 = 64 * 1024 * 1024;

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

/// Colours for a terminal, or none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Palette {
    coloured: bool,
}

impl Palette {
    /// Colours if the stream is a terminal and `NO_COLOR` is unset or empty.
    pub fn of(stream: &impl std::io::IsTerminal) -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self::new(stream.is_terminal() && !unwanted)
    }

    /// Colours or none.
    pub const fn new(coloured: bool) -> Self {
        Self { coloured }
    }

    /// Bold text.
    pub fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// Faint text.
    pub fn faint(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// A status code: green below 400, yellow below 500, else red.
    pub fn status(self, status: u16) -> String {
        let code = match status {
            0..400 => "32",
            400..500 => "33",
            _ => "31",
        };
        self.paint(code, &status.to_string())
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.coloured { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// A request, as its line shows it. It holds no secret: no query, no body, no header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RequestLine {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) status: u16,
    pub(crate) duration_ms: u64,
    /// The function that answered.
    pub(crate) function: Option<String>,
    /// The code of the error in its answer.
    pub(crate) code: Option<String>,
}

impl RequestLine {
    fn text(&self, palette: Palette) -> String {
        let mut text = format!(
            "{} {} {} {}",
            self.method,
            self.path,
            palette.status(self.status),
            palette.faint(&format!("{} ms", self.duration_ms))
        );
        for part in [&self.function, &self.code].into_iter().flatten() {
            text.push(' ');
            text.push_str(part);
        }
        text
    }

    fn json(&self) -> Value {
        json!({
            "kind": "request",
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "duration_ms": self.duration_ms,
            "function": self.function,
            "code": self.code,
        })
    }
}

struct Logs {
    mode: LogMode,
    palette: Palette,
    file: Option<Mutex<LogFile>>,
}

struct LogFile {
    file: File,
    path: PathBuf,
    size_bytes: u64,
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
            let path = data.join(FILE);
            let file = state::create_private(&path).map_err(|e| Error::state(&path, e.to_string()))?;
            Some(Mutex::new(LogFile { file, path, size_bytes: 0 }))
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

/// Handles a line that a function's process wrote: shows it or keeps it in the file.
pub(crate) fn function(name: &str, line: &str) {
    let logs = logs();
    match logs.mode {
        LogMode::All => print(&format!("[{name}] {line}")),
        LogMode::Json => {
            let line = serde_json::from_str(line).unwrap_or_else(|_| Value::from(line));
            print(&json!({"kind": "function", "function": name, "line": line}).to_string());
        }
        LogMode::Requests => {
            if let Some(file) = &logs.file {
                file.lock().unwrap_or_else(PoisonError::into_inner).keep(&format!("[{name}] {line}\n"));
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
        if !matches!(name.as_str(), "timestamp" | "level" | "target" | "message") {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            // Writing to a `String` never fails.
            let _ = write!(text, " {name}={value}");
        }
    }
    Some(text)
}

impl LogFile {
    fn keep(&mut self, line: &str) {
        if self.size_bytes > FILE_MAX_BYTES
            && let Ok(file) = state::create_private(&self.path)
        {
            self.file = file;
            self.size_bytes = 0;
        }
        // A full disk must not stop the cloud.
        let _ = self.file.write_all(line.as_bytes());
        self.size_bytes += u64::try_from(line.len()).unwrap_or(u64::MAX / 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> RequestLine {
        RequestLine {
            method: "POST".to_owned(),
            path: "/charges/v1/payments".to_owned(),
            status: 402,
            duration_ms: 35,
            function: Some("charges-create-payment".to_owned()),
            code: Some("card_declined".to_owned()),
        }
    }

    #[test]
    fn a_requests_line_says_what_was_asked_and_what_came_of_it() {
        assert_eq!(
            line().text(Palette::new(false)),
            "POST /charges/v1/payments 402 35 ms charges-create-payment card_declined"
        );
        let coloured = line().text(Palette::new(true));
        assert!(coloured.contains("\x1b[33m402\x1b[0m"), "{coloured}");
        assert_eq!(line().json()["code"], "card_declined");
    }

    #[test]
    fn warnings_and_what_is_no_log_line_are_shown() {
        assert_eq!(warning(r#"{"level":"INFO","message":"request"}"#), None);
        assert_eq!(
            warning(r#"{"timestamp":"t","level":"WARN","message":"unclear","payment":"p","tries":2}"#)
                .as_deref(),
            Some("WARN unclear payment=p tries=2")
        );
        assert_eq!(warning("thread panicked").as_deref(), Some("thread panicked"));
    }

    #[test]
    fn the_file_is_begun_anew_before_it_fills_the_disk() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(FILE);
        let mut kept = LogFile {
            file: state::create_private(&path).expect("a file"),
            path: path.clone(),
            size_bytes: 0,
        };
        kept.keep("one\n");
        kept.keep("two\n");
        assert_eq!(std::fs::read_to_string(&path).expect("text"), "one\ntwo\n");
        kept.size_bytes = FILE_MAX_BYTES + 1;
        kept.keep("three\n");
        assert_eq!(std::fs::read_to_string(&path).expect("text"), "three\n");
    }
}
