//! Builds the functions that the templates name.

use std::{
    collections::BTreeSet,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{Error, template};

/// This program's name.
const PROGRAM: &str = "tollgate-local";

/// The folder of a profile's binaries.
pub fn folder(root: &Path, release: bool) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    target.join(if release { "release" } else { "debug" })
}

/// Builds the binaries that the templates name, and for a release this program too. Cargo prints its progress on standard
/// error.
pub fn build(root: &Path, release: bool) -> Result<(), Error> {
    let mut binaries = named(root)?;
    eprintln!("Building {} functions.", binaries.len());
    if release {
        binaries.insert(PROGRAM.to_owned());
    }
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // Only binaries are named, no packages: the dependencies then have the features of the whole workspace, as for
    // `cargo local` and `cargo test`, and are built once for all three.
    // `cargo run` sets this variable. Build scripts that depend on it (ring's) would run again, and every crate that
    // depends on theirs would be built again.
    command.current_dir(root).env_remove("CARGO_MANIFEST_DIR").arg("build");
    if release {
        command.arg("--release");
    }
    for binary in binaries {
        command.args(["--bin", &binary]);
    }
    let status = command
        // Standard output is reserved for the line of `--json`.
        .stdout(Stdio::null())
        .stdin(Stdio::null())
        .status()
        .map_err(|e| Error::Build(format!("cargo can't be started: {e}")))?;
    if status.success() { Ok(()) } else { Err(Error::Build(format!("cargo build ended with {status}"))) }
}

/// Replaces this process by the program's release build, unless it is that already. Returns an error where that fails.
pub fn become_release(root: &Path) -> Result<(), Error> {
    let optimised = folder(root, true).join(PROGRAM);
    let failed = |e: std::io::Error| Error::Build(format!("{}: {e}", optimised.display()));
    let this = std::env::current_exe().and_then(std::fs::canonicalize).map_err(failed)?;
    if this == std::fs::canonicalize(&optimised).map_err(failed)? {
        return Ok(());
    }
    let error = Command::new(&optimised)
        .args(std::env::args_os().skip(1))
        .env("TOLLGATE_LOCAL_SKIP_BUILD", "1")
        .exec();
    Err(failed(error))
}

/// The binaries that the templates name.
fn named(root: &Path) -> Result<BTreeSet<String>, Error> {
    // URLs and secrets do not change which binaries there are.
    let setting = template::Setting {
        front_url: String::new(),
        sqs_url: String::new(),
        parameters: Vec::new(),
        secret: &|_, _| Ok("-".to_owned()),
    };
    let cloud = template::load(&root.join("template.yaml"), &setting)?;
    Ok(cloud.functions.into_iter().map(|function| function.binary).collect())
}
