//! Building the functions, with what the templates say is needed and nothing more.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{Error, template};

/// Where cargo puts a profile's binaries.
pub fn folder(root: &Path, release: bool) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    target.join(if release { "release" } else { "debug" })
}

/// Builds the crates that the templates' functions are in. What cargo says goes to standard error.
pub fn build(root: &Path, release: bool) -> Result<(), Error> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // `cargo run` sets the variable: build scripts that look at it (ring's) would run again, and everything after them be
    // built again.
    command
        .current_dir(root)
        .env_remove("CARGO_MANIFEST_DIR")
        .args(["build", "--bins"]);
    if release {
        command.arg("--release");
    }
    for package in packages(root)? {
        command.args(["--package", &package]);
    }
    let status = command
        // Standard output is for the one line that `--json` promises.
        .stdout(Stdio::null())
        .stdin(Stdio::null())
        .status()
        .map_err(|e| Error::Build(format!("cargo can't be started: {e}")))?;
    if status.success() {
        Ok(())
    } else {
        Err(Error::Build(format!("cargo build ended with {status}")))
    }
}

/// The packages in the folders that `CodeUri` names.
fn packages(root: &Path) -> Result<BTreeSet<String>, Error> {
    // No URL or secret matters to what is built.
    let setting = template::Setting {
        front_url: String::new(),
        sqs_url: String::new(),
        parameters: Vec::new(),
        secret: &|_, _| Ok("-".to_owned()),
    };
    let cloud = template::load(&root.join("template.yaml"), &setting)?;
    let folders: BTreeSet<_> = cloud
        .functions
        .into_iter()
        .map(|function| function.code)
        .collect();
    folders.iter().map(|folder| package(folder)).collect()
}

fn package(folder: &Path) -> Result<String, Error> {
    let manifest = folder.join("Cargo.toml");
    let text = std::fs::read_to_string(&manifest).map_err(|e| Error::state(&manifest, e.to_string()))?;
    text.lines()
        .find_map(|line| line.strip_prefix("name")?.trim_start().strip_prefix('='))
        .map(|name| name.trim().trim_matches('"').to_owned())
        .ok_or_else(|| Error::state(&manifest, "it names no package"))
}
