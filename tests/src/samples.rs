//! Programs of the texts' samples, run in the languages of their readers.

use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

/// So long a program may run: a browser's first start on a busy machine is most of it.
const PROGRAM_TIME_MAX: std::time::Duration = std::time::Duration::from_mins(3);

/// Whether `curl`, the command that the texts use, is there; says so where it is not.
pub fn has_curl() -> bool {
    let there = std::process::Command::new("curl").arg("--version").output().is_ok();
    if !there {
        println!("skipped: curl is not installed");
    }
    there
}

/// Runs `curl`; gives status and body.
pub fn curl(arguments: &[&str]) -> (u16, Value) {
    let output = std::process::Command::new("curl")
        .args(["-s", "-w", "\n%{http_code}"])
        .args(arguments)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (body, status) = text.rsplit_once('\n').unwrap();
    let body = serde_json::from_str(body).unwrap_or(Value::Null);
    (status.parse().unwrap(), body)
}

fn quiet(arguments: &[&str]) -> Command {
    let mut command = Command::new(arguments[0]);
    command.args(&arguments[1..]).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Whether a command succeeds, and so what it asks for is there; says so where it is not. In CI a missing one is a failure.
pub async fn runs(needs: &[&str]) -> bool {
    // Its output is discarded. Into a pipe that is closed already, a program that is still printing would fail.
    let mut command = Command::new(needs[0]);
    command.args(&needs[1..]).stdout(Stdio::null()).stderr(Stdio::null());
    let there = command.status().await.is_ok_and(|status| status.success());
    if !there {
        assert!(std::env::var_os("CI").is_none(), "CI lacks what `{}` asks for", needs.join(" "));
        println!("skipped: `{}` fails", needs.join(" "));
    }
    there
}

/// Runs a program of a text's sample in one of the languages of its readers; `None`, with a notice, where the language
/// or a library of it is missing. CI has them all, and there a missing one is a failure.
pub async fn run_sample(command: &[&str], needs: &[&str], program: &str) -> Option<String> {
    if !runs(needs).await {
        return None;
    }
    let mut child = quiet(command).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut input, program.as_bytes()).await.unwrap();
    drop(input);
    let output = tokio::time::timeout(PROGRAM_TIME_MAX, child.wait_with_output())
        .await
        .unwrap_or_else(|_| panic!("`{}` has not ended", command.join(" ")))
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    Some(String::from_utf8(output.stdout).unwrap())
}
