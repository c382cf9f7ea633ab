//! Building the functions, with what the templates say is needed and nothing more.

use std::{
    collections::BTreeSet,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{Error, template};

/// This program.
const THIS: &str = "tollgate-local";

/// Where cargo puts a profile's binaries.
pub fn folder(root: &Path, release: bool) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    target.join(if release { "release" } else { "debug" })
}

/// Builds the binaries that the templates name, and for a release this program too. Cargo shows on standard error how far it is.
pub fn build(root: &Path, release: bool) -> Result<(), Error> {
    let mut binaries = named(root)?;
    eprintln!("Building {} functions.", binaries.len());
    if release {
        binaries.insert(THIS.to_owned());
    }
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // Binaries are named and packages are not: the dependencies then have the features that the whole workspace asks for,
    // as they have for `cargo local` and `cargo test`, and are built once for all three.
    // `cargo run` sets the variable: build scripts that look at it (ring's) would run again, and everything after them be
    // built again.
    command.current_dir(root).env_remove("CARGO_MANIFEST_DIR").arg("build");
    if release {
        command.arg("--release");
    }
    for binary in binaries {
        command.args(["--bin", &binary]);
    }
    let status = command
        // Standard output is for the one line that `--json` promises.
        .stdout(Stdio::null())
        .stdin(Stdio::null())
        .status()
        .map_err(|e| Error::Build(format!("cargo can't be started: {e}")))?;
    if status.success() { Ok(()) } else { Err(Error::Build(format!("cargo build ended with {status}"))) }
}

/// Goes on as this program's optimised build, if this is not it. Returns only where that fails.
pub fn become_release(root: &Path) -> Result<(), Error> {
    let optimised = folder(root, true).join(THIS);
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
    // No URL or secret matters to what is built.
    let setting = template::Setting {
        front_url: String::new(),
        sqs_url: String::new(),
        parameters: Vec::new(),
        secret: &|_, _| Ok("-".to_owned()),
    };
    let cloud = template::load(&root.join("template.yaml"), &setting)?;
    Ok(cloud.functions.into_iter().map(|function| function.binary).collect())
}
