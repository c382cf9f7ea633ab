//! `cargo local [--port 9000] [--data DIR] [--json] [--release]`: builds the functions and runs them all here.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use tollgate_local::cloud::{self, Cloud, Options};

const HELP: &str = "\
Runs Tollgate on this machine: every function, table and queue of template.yaml, with embedded parts.

Usage: cargo local [--port 9000] [--data DIR] [--json] [--release]

  --port PORT   the port of all APIs; 0 takes a free one (default 9000)
  --data DIR    where state lives (default: a fresh temporary folder)
  --json        print one line of JSON when ready, and nothing else, on standard output
  --release     build and run optimised binaries

Environment:
  TOLLGATE_PARAMETER_OVERRIDES   parameters of template.yaml: \"Key=Value Other='a, b'\"
  TOLLGATE_LOCAL_SKIP_BUILD=1    do not build the functions first";

/// The packages whose binaries are functions.
const PACKAGES: &[&str] = &[
    "tollgate-charges",
    "tollgate-intents",
    "tollgate-pages",
    "tollgate-workers",
];

struct Arguments {
    port: u16,
    data: Option<PathBuf>,
    json: bool,
    release: bool,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn arguments() -> Result<Option<Arguments>, String> {
    let mut arguments = Arguments {
        port: 9000,
        data: None,
        json: false,
        release: false,
    };
    let mut given = std::env::args().skip(1);
    while let Some(argument) = given.next() {
        let mut value = |what: &str| given.next().ok_or_else(|| format!("{argument} needs {what}"));
        match argument.as_str() {
            "--port" => {
                let port = value("a port")?;
                arguments.port = port.parse().map_err(|_| format!("--port {port} is not a port"))?;
            }
            "--data" => arguments.data = Some(PathBuf::from(value("a folder")?)),
            "--json" => arguments.json = true,
            "--release" => arguments.release = true,
            "--help" | "-h" => return Ok(None),
            other => return Err(format!("{other} is not an option; see cargo local --help")),
        }
    }
    Ok(Some(arguments))
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let Some(arguments) = arguments()? else {
        println!("{HELP}");
        return Ok(());
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()?;
    let binaries = build(&root, arguments.release)?;
    let temporary = match &arguments.data {
        Some(_) => None,
        None => Some(tempfile::tempdir()?),
    };
    let data = arguments
        .data
        .clone()
        .or_else(|| temporary.as_ref().map(|t| t.path().to_owned()))
        .unwrap_or_default();
    let overrides = std::env::var("TOLLGATE_PARAMETER_OVERRIDES").unwrap_or_default();
    let options = Options {
        root,
        binaries,
        port: arguments.port,
        data,
        parameters: parameter_overrides(&overrides)?,
    };
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(async {
            let cloud = cloud::start(options).await?;
            if arguments.json {
                println!("{}", cloud.to_json());
            } else {
                welcome(&cloud);
            }
            let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
            tokio::select! {
                _ = terminate.recv() => {}
                interrupted = tokio::signal::ctrl_c() => interrupted?,
            }
            cloud.stop().await;
            Ok(())
        })
}

/// Builds the functions' binaries; gives their folder.
fn build(root: &Path, release: bool) -> Result<PathBuf, Failure> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    if std::env::var_os("TOLLGATE_LOCAL_SKIP_BUILD").is_none() {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(root).args(["build", "--bins", "--quiet"]);
        cargo.args(PACKAGES.iter().flat_map(|package| ["--package", package]));
        if release {
            cargo.arg("--release");
        }
        // Standard output is for the one line of JSON.
        let status = cargo.stdout(Stdio::null()).status()?;
        if !status.success() {
            return Err("the functions do not build".into());
        }
    }
    Ok(root.join(target).join(if release { "release" } else { "debug" }))
}

/// Reads `Key=Value Other="a b"`, as `parameter_overrides` of samconfig.toml is written.
fn parameter_overrides(text: &str) -> Result<HashMap<String, String>, Failure> {
    let mut overrides = HashMap::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (key, after) = rest
            .split_once('=')
            .ok_or("TOLLGATE_PARAMETER_OVERRIDES is not a list of Key=Value")?;
        let (value, left) = match after.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            Some(quote) => after[1..]
                .split_once(quote)
                .ok_or("TOLLGATE_PARAMETER_OVERRIDES: a quote is not closed")?,
            None => after.split_once(' ').unwrap_or((after, "")),
        };
        overrides.insert(key.trim().to_owned(), value.to_owned());
        rest = left.trim_start();
    }
    Ok(overrides)
}

fn welcome(cloud: &Cloud) {
    let described = cloud.to_json();
    println!("Tollgate runs on this machine.\n");
    for name in ["charges", "intents"] {
        println!(
            "  {name:<10}{}",
            described["apis"][name].as_str().unwrap_or_default()
        );
    }
    println!("  {:<10}{}/_inbox", "inbox", cloud.front);
    println!("  {:<10}{}", "DynamoDB", cloud.dynamodb);
    println!("  {:<10}{}\n", "SQS", cloud.sqs);
    println!(
        "The demo merchant's secret key: {}\n",
        cloud.demo.credentials.secret_key
    );
    println!("Take a payment:\n");
    println!("  curl {}/charges/v1/payments \\", cloud.front);
    println!(
        "    -H 'Authorization: Bearer {}' \\",
        cloud.demo.credentials.secret_key
    );
    println!("    -H 'Content-Type: application/json' \\");
    println!(
        "    -d '{{\"amount\":1234,\"currency\":\"GBP\",\"source\":{{\"type\":\"card\",\"token\":\"tok_visa_4242\"}}}}'\n"
    );
    println!(
        "and see its webhook at {}/_inbox. Ctrl-C stops everything.",
        cloud.front
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameter_overrides_are_read_as_sam_reads_them() {
        let read = parameter_overrides("A=1 B='x, y' C=\"z\"").unwrap();
        assert_eq!(
            (read["A"].as_str(), read["B"].as_str(), read["C"].as_str()),
            ("1", "x, y", "z")
        );
        assert!(parameter_overrides("nonsense").is_err());
    }
}
