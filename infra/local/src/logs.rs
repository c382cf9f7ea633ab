//! What the local cloud writes while it runs: one line a request, and what its parts and the functions say.
//!
//! Everything goes to standard error, which leaves standard output to the line of `--json`.

use std::{
    fmt::Write as _,
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock, PoisonError},
};

use serde_json::{Value, json};

use crate::{Error, clock, state};

/// The file of the data folder that holds the functions' logs where they are not shown.
pub const FILE: &str = "functions.log";
/// The file is begun anew at this size, so that a cloud that runs for long does not fill the disk.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Shown {
    /// One line a request, and the functions' warnings and errors; all their logs are in `functions.log` of the data folder
    #[default]
    Requests,
    /// The same and everything that the functions log, as they write it
    All,
    /// The same as `all`, as JSON lines
    Json,
}

/// Colours, where somebody looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Palette {
    coloured: bool,
}

impl Palette {
    /// Colours for a stream that is a terminal, unless `NO_COLOR` is set and not empty.
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

    /// Text of less weight.
    pub fn faint(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// A status code: green when it went well, yellow when the caller erred, red when we did.
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

/// A request as its line shows it. Nothing in it may be a secret: no query, no body, no header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RequestLine {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) status: u16,
    pub(crate) duration_ms: u64,
    /// The function that answered.
    pub(crate) function: Option<String>,
    /// The code of the error that it answered.
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
    shown: Shown,
    palette: Palette,
    kept: Option<Mutex<Kept>>,
}

struct Kept {
    file: File,
    path: PathBuf,
    size_bytes: u64,
}

static LOGS: OnceLock<Logs> = OnceLock::new();
/// Where nobody has set anything up, as in tests within one process.
static PLAIN: Logs = Logs { shown: Shown::All, palette: Palette::new(false), kept: None };

/// Says what is shown, once for the process. The file in the data folder is begun anew.
///
/// # Errors
///
/// The file can't be made.
pub fn set_up(shown: Shown, data: &Path) -> Result<(), Error> {
    let kept = match shown {
        Shown::Requests => {
            state::make_folder(data)?;
            let path = data.join(FILE);
            let file = state::create_private(&path).map_err(|e| Error::state(&path, e.to_string()))?;
            Some(Mutex::new(Kept { file, path, size_bytes: 0 }))
        }
        Shown::All | Shown::Json => None,
    };
    let palette = Palette::of(&std::io::stderr());
    // A second call keeps what the first one said.
    let _ = LOGS.set(Logs { shown, palette, kept });
    Ok(())
}

fn logs() -> &'static Logs {
    LOGS.get().unwrap_or(&PLAIN)
}

/// Writes a line of a part of the local cloud.
pub(crate) fn log(name: &str, line: &str) {
    match logs().shown {
        Shown::Json => print(&json!({"kind": "local", "part": name, "line": line}).to_string()),
        Shown::Requests | Shown::All => print(&format!("[{name}] {line}")),
    }
}

/// Writes or keeps a line that a function's process wrote.
pub(crate) fn function(name: &str, line: &str) {
    let logs = logs();
    match logs.shown {
        Shown::All => print(&format!("[{name}] {line}")),
        Shown::Json => {
            let line = serde_json::from_str(line).unwrap_or_else(|_| Value::from(line));
            print(&json!({"kind": "function", "function": name, "line": line}).to_string());
        }
        Shown::Requests => {
            if let Some(kept) = &logs.kept {
                kept.lock().unwrap_or_else(PoisonError::into_inner).keep(&format!("[{name}] {line}\n"));
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
    match logs.shown {
        Shown::Requests => print(&line.text(logs.palette)),
        Shown::All => print(&format!("[request] {}", line.text(logs.palette))),
        Shown::Json => {
            let mut told = line.json();
            told["timestamp"] = Value::from(clock::iso(clock::now_ms()));
            print(&told.to_string());
        }
    }
}

fn print(line: &str) {
    // Nobody may be listening any more; the cloud runs on.
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// A function's line in short, if it is one that people want to see: a warning, an error, or no line of a log at all.
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

impl Kept {
    fn keep(&mut self, line: &str) {
        if self.size_bytes > FILE_BYTES_MAX
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
        let mut kept =
            Kept { file: state::create_private(&path).expect("a file"), path: path.clone(), size_bytes: 0 };
        kept.keep("one\n");
        kept.keep("two\n");
        assert_eq!(std::fs::read_to_string(&path).expect("text"), "one\ntwo\n");
        kept.size_bytes = FILE_BYTES_MAX + 1;
        kept.keep("three\n");
        assert_eq!(std::fs::read_to_string(&path).expect("text"), "three\n");
    }
}
