//! The built binaries: where they are, and building them once for each test process.

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// The workspace's root.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The folder of the built binaries: the one that holds the running test.
pub fn target() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors()
        .find(|folder| folder.ends_with("debug") || folder.ends_with("release"))
        .unwrap()
        .to_owned()
}

pub(crate) fn is_release() -> bool {
    target().ends_with("release")
}

static BUILT: OnceLock<()> = OnceLock::new();

/// Builds every binary once for each test process; nothing to do when they are there.
pub(crate) fn build() {
    BUILT.get_or_init(|| run_cargo(&["--bins"]));
}

/// Builds every binary and every example, in a release where the caller is in one.
pub fn build_with_examples() {
    BUILT.get_or_init(|| {
        let release = is_release().then_some("--release");
        run_cargo(&["--bins", "--examples"].into_iter().chain(release).collect::<Vec<_>>());
    });
}

/// Builds every binary as `cargo local` does, also where the caller is a release; gives their folder.
pub fn build_debug() -> PathBuf {
    run_cargo(&["--bins"]);
    target().with_file_name("debug")
}

/// Builds these binaries and no others, as they are in a release where the caller is: what a bench needs.
pub fn build_some(binaries: &[&str]) {
    BUILT.get_or_init(|| {
        let mut arguments: Vec<&str> = binaries.iter().flat_map(|name| ["--bin", name]).collect();
        if is_release() {
            arguments.push("--release");
        }
        run_cargo(&arguments);
    });
}

fn run_cargo(arguments: &[&str]) {
    let mut cargo = std::process::Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // Where these differ from an ordinary build's, build scripts run again and their dependents are built again.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let differs = text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_");
        if differs || text == "RUSTC_BOOTSTRAP" {
            cargo.env_remove(&name);
        }
    }
    let status = cargo
        .current_dir(root())
        .args(["build", "--workspace", "--quiet"])
        .args(arguments)
        .arg("--target-dir")
        .arg(target().parent().unwrap())
        .status()
        .unwrap();
    assert!(status.success(), "the functions do not build");
}

/// Where a built binary is.
pub fn binary(name: &str) -> PathBuf {
    build();
    target().join(name)
}

/// A folder of links to the binaries of another, except that some names lead elsewhere.
pub(crate) fn link_binaries(
    data: &tempfile::TempDir,
    binaries: &Path,
    instead: &[(String, PathBuf)],
) -> PathBuf {
    let links = data.path().join("binaries");
    let _ = std::fs::remove_dir_all(&links);
    std::fs::create_dir_all(&links).unwrap();
    for entry in std::fs::read_dir(binaries).unwrap() {
        let entry = entry.unwrap();
        if !entry.file_type().unwrap().is_file() {
            continue;
        }
        let name = entry.file_name();
        let other = instead.iter().find(|(instead, _)| name == instead.as_str());
        let leads_to = other.map_or_else(|| entry.path(), |(_, path)| path.clone());
        std::os::unix::fs::symlink(leads_to, links.join(name)).unwrap();
    }
    links
}
