//! `cargo local`: starts everything and stops it at a signal.

use std::{path::PathBuf, time::Duration};

use tokio::signal::unix::{SignalKind, signal};
use tollgate_local::{
    Checks, Error, LambdaOptions, LocalCloud, Options, binaries, dynamodb_faults::DynamoDbSettings, logs,
    state, template,
};

use super::{arguments::Run, failure::Failure, greeting, root::find_root, terminal::print_line};

/// How long a function's start may take.
const INIT_SECONDS: &str = "TOLLGATE_LOCAL_INIT_SECONDS";
const INIT_SECONDS_MAX: u64 = 900;

/// Runs the local cloud until SIGINT or SIGTERM.
///
/// # Errors
///
/// It can't be built or started.
pub(crate) async fn run(arguments: &Run) -> Result<(), Failure> {
    // From here on a signal, even during the build, leads to an orderly end.
    let mut terminate = signal(SignalKind::terminate()).map_err(|e| Error::Build(e.to_string()))?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|e| Error::Build(e.to_string()))?;
    let lambda = lambda_options()?;
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
        None => (std::env::temp_dir().join(format!("tollgate-{}", state::random_text(10)?)), true),
    };
    logs::set_up(arguments.logs, &data)?;
    let mut parameters = template::parse_overrides(
        "AllowLoopbackWebhooks=true ServeVersion1=always DueShards=4 DueClaimSeconds=2",
    );
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
        checks: Checks { stale_reads: checked("stale-reads") },
        lambda,
        dynamodb: DynamoDbSettings::parse(&std::env::var("TOLLGATE_LOCAL_DYNAMODB").unwrap_or_default())?,
    })
    .await?;
    if arguments.json {
        print_line(&serde_json::to_string(&cloud.ready).map_err(|e| Error::Build(e.to_string()))?);
    } else {
        let palette = logs::Palette::of(&std::io::stdout());
        print_line(&greeting::greeting(&cloud.ready, &data, temporary, palette));
    }
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    cloud.stop().await;
    if temporary {
        // If the folder can't be deleted, the system clears it with its other temporary files.
        let _ = std::fs::remove_dir_all(&data);
    }
    Ok(())
}

/// How functions run, as the environment says.
fn lambda_options() -> Result<LambdaOptions, Failure> {
    let init_timeout = match std::env::var(INIT_SECONDS) {
        Err(_) => LambdaOptions::INIT_TIMEOUT,
        Ok(text) => text
            .parse()
            .ok()
            .filter(|seconds| (1..=INIT_SECONDS_MAX).contains(seconds))
            .map(Duration::from_secs)
            .ok_or_else(|| {
                Failure::Usage(format!("{INIT_SECONDS} is not a number from 1 to {INIT_SECONDS_MAX}"))
            })?,
    };
    let freeze = std::env::var_os("TOLLGATE_LOCAL_FREEZE").is_some_and(|value| value == "1");
    Ok(LambdaOptions { init_timeout, freeze })
}
