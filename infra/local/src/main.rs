//! `cargo local`: the whole gateway on this machine.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use tokio::signal::unix::{SignalKind, signal};
use tollgate_local::{Checks, Error, LocalCloud, Options, Ready, binaries, state, template};

const USAGE: &str = "usage: cargo local [--port 9000] [--data DIR] [--json] [--release]

  --port N     the front's port; 0 takes a free one (default: 9000)
  --data DIR   where all state is kept (default: a fresh temporary folder)
  --json       print one line of JSON when ready, and nothing else
  --release    build and run the functions with optimisations

environment:
  TOLLGATE_PARAMETER_OVERRIDES   template parameters, as samconfig.toml writes them: Key=Value Other=\"1,2\"
  TOLLGATE_LOCAL_SKIP_BUILD=1    run the binaries that are there already
  TOLLGATE_LOCAL_BINARIES=DIR    run the binaries of this folder
  TOLLGATE_LOCAL_CHECK=LIST      what tests check: `grants` refuses calls of DynamoDB that a function's policies do not
                                 allow, `stale-reads` answers eventually consistent reads as if nothing were written yet
";
const DEFAULT_PORT: u16 = 9000;

struct Arguments {
    port: u16,
    data: Option<PathBuf>,
    json: bool,
    release: bool,
}

fn main() -> ExitCode {
    let arguments = match read_arguments(std::env::args().skip(1)) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(reason) => {
            eprintln!("{reason}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(run(&arguments));
    // Blocking work that still runs must not hold the end up.
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// `None` when help is asked for.
fn read_arguments(mut given: impl Iterator<Item = String>) -> Result<Option<Arguments>, String> {
    let mut arguments = Arguments {
        port: DEFAULT_PORT,
        data: None,
        json: false,
        release: false,
    };
    while let Some(argument) = given.next() {
        let (name, inline) = match argument.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (argument, None),
        };
        let mut value = || {
            inline
                .clone()
                .or_else(|| given.next())
                .ok_or(format!("{name} needs a value"))
        };
        match name.as_str() {
            "--port" => {
                let text = value()?;
                arguments.port = text.parse().map_err(|_| format!("`{text}` is not a port"))?;
            }
            "--data" => arguments.data = Some(PathBuf::from(value()?)),
            "--json" => arguments.json = true,
            "--release" => arguments.release = true,
            "--help" | "-h" => return Ok(None),
            other => return Err(format!("there is no option `{other}`")),
        }
    }
    Ok(Some(arguments))
}

async fn run(arguments: &Arguments) -> Result<(), Error> {
    // From here on a signal ends things in order, also one that comes during the build.
    let mut terminate = signal(SignalKind::terminate()).map_err(|e| Error::Build(e.to_string()))?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|e| Error::Build(e.to_string()))?;
    let root = find_root()?;
    let given = std::env::var_os("TOLLGATE_LOCAL_BINARIES").map(PathBuf::from);
    let skip =
        given.is_some() || std::env::var_os("TOLLGATE_LOCAL_SKIP_BUILD").is_some_and(|value| value == "1");
    if !skip {
        binaries::build(&root, arguments.release)?;
        if arguments.release {
            binaries::become_release(&root)?;
        }
    }
    let (data, temporary) = match &arguments.data {
        Some(data) => (data.clone(), false),
        None => (
            std::env::temp_dir().join(format!("tollgate-{}", state::random_text(10)?)),
            true,
        ),
    };
    let mut parameters = template::parse_overrides("AllowLoopbackWebhooks=true ServeVersion1=always");
    let checks = std::env::var("TOLLGATE_LOCAL_CHECK").unwrap_or_default();
    let checked = |name: &str| checks.split(',').any(|check| check.trim() == name);
    let overrides = std::env::var("TOLLGATE_PARAMETER_OVERRIDES").unwrap_or_default();
    parameters.extend(template::parse_overrides(&overrides));
    let cloud = LocalCloud::start(&Options {
        binaries: given.unwrap_or_else(|| binaries::folder(&root, arguments.release)),
        root,
        port: arguments.port,
        data: data.clone(),
        parameters,
        checks: Checks {
            grants: checked("grants"),
            stale_reads: checked("stale-reads"),
        },
    })
    .await?;
    if arguments.json {
        println!(
            "{}",
            serde_json::to_string(&cloud.ready).map_err(|e| Error::Build(e.to_string()))?
        );
    } else {
        print!("{}", greeting(&cloud.ready, &data));
    }
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    cloud.stop().await;
    if temporary {
        // Nobody can name the folder again; what can't be deleted, the system clears with its temporary files.
        let _ = std::fs::remove_dir_all(&data);
    }
    Ok(())
}

/// The repository: where this program was built, or the nearest folder above with a `template.yaml`.
fn find_root() -> Result<PathBuf, Error> {
    let starts = [
        std::env::current_dir().ok(),
        std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from),
        Some(PathBuf::from(env!("CARGO_MANIFEST_DIR"))),
    ];
    starts
        .iter()
        .flatten()
        .flat_map(|start| start.ancestors())
        .find(|folder| folder.join("template.yaml").is_file())
        .map(Path::to_owned)
        .ok_or_else(|| Error::Build("there is no template.yaml in this folder or one above it".to_owned()))
}

fn greeting(ready: &Ready, data: &Path) -> String {
    let mut lines = vec![String::new(), "Tollgate runs.".to_owned(), String::new()];
    let row = |name: &str, value: &str| format!("  {name:<16} {value}");
    for (name, url) in ready.apis.iter().filter(|(name, _)| ready.served.contains(name)) {
        lines.push(row(name, url.as_str().unwrap_or_default()));
    }
    lines.push(row("DynamoDB", &ready.dynamodb));
    lines.push(row("SQS", &ready.sqs));
    lines.push(row("Secrets Manager", &ready.secretsmanager));
    lines.push(row("state", &data.display().to_string()));
    if let Some(keys) = &ready.credentials {
        lines.push("\nThe demo merchant's test keys:\n".to_owned());
        lines.push(row("secret key", &keys.secret_key));
        lines.push(row("publishable key", &keys.publishable_key));
        lines.push(row("merchant id", &keys.api_key));
        lines.push("\n  checkout: the merchant id as X-Api-Key, the secret key as X-Api-Secret".to_owned());
        lines.push(
            "  direct:   the same two as client_id and client_secret, or the secret key itself".to_owned(),
        );
        if let Some(url) = ready.apis.get("charges").and_then(serde_json::Value::as_str) {
            let body = r#"{"amount":1234,"currency":"GBP","source":{"type":"card","token":"tok_visa_4242"}}"#;
            lines.push("\nTake a payment:\n".to_owned());
            lines.push(format!("  curl {url}/payments \\"));
            lines.push(format!("    -H 'Authorization: Bearer {}' \\", keys.secret_key));
            lines.push("    -H 'Content-Type: application/json' \\".to_owned());
            lines.push(format!("    -d '{body}'"));
        }
    }
    lines.push(format!("\nand see its webhook: {}\n", ready.dashboard));
    lines.push("Ctrl-C stops everything.\n".to_owned());
    lines.join("\n")
}
