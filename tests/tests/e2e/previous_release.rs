//! While a release is rolled out, and when it is rolled back, the one before works on what this one wrote. Here its own
//! sources read it.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::json;
use tollgate_tests::{
    release::{record, scan},
    root,
};

/// The folder of everything built.
fn target() -> PathBuf {
    tollgate_tests::target().parent().unwrap().to_owned()
}

fn run(command: &mut Command, what: &str) {
    let status = command.status().unwrap_or_else(|e| panic!("{what}: {e}"));
    assert!(status.success(), "{what}: {status}");
}

/// Takes the shared crates out of the history, puts the reader beside them and builds it.
fn build_reader(commit: &str) -> PathBuf {
    let known = Command::new("git")
        .args(["cat-file", "-e", &format!("{commit}^{{commit}}")])
        .current_dir(root())
        .status();
    assert!(
        known.is_ok_and(|status| status.success()),
        "the history lacks {commit}, the release before this one (tests/data/previous-release), so it cannot be said whether \
         it reads what this one writes: fetch the whole history (`git fetch --unshallow`)"
    );
    let sources = target().join("previous-release").join(commit);
    std::fs::create_dir_all(sources.join("reader/src")).unwrap();
    let archive = sources.join("sources.tar");
    run(
        Command::new("git")
            .args(["archive", "--format=tar", "--output"])
            .arg(&archive)
            .args([commit, "shared", "Cargo.toml", "Cargo.lock", "rust-toolchain.toml"])
            .current_dir(root()),
        "git archive",
    );
    run(Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(&sources), "tar");
    let manifest = std::fs::read_to_string(sources.join("Cargo.toml")).unwrap();
    let members = |line: &&str| line.starts_with("members = ");
    let theirs = manifest.lines().find(members).unwrap();
    let manifest = manifest.replace(theirs, "members = [\"shared/*\", \"reader\"]");
    // Of two releases with one version cargo would take what it built of one for the other.
    let version = "version = \"0.1.0\"";
    assert!(manifest.contains(version), "the workspace has another version");
    let manifest = manifest.replacen(version, &format!("version = \"0.1.0+{commit}\""), 1);
    std::fs::write(sources.join("Cargo.toml"), manifest).unwrap();
    let reader = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/reader");
    std::fs::copy(reader.join("Cargo.toml.in"), sources.join("reader/Cargo.toml")).unwrap();
    std::fs::copy(reader.join("main.rs"), sources.join("reader/src/main.rs")).unwrap();
    run(
        Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            // Build scripts would run again for it; see `.ci/run`.
            .env_remove("RUSTC_BOOTSTRAP")
            .args(["build", "--quiet", "--package", "reader", "--target-dir"])
            .arg(target())
            .current_dir(&sources),
        "the reader does not build",
    );
    target().join("debug/reader")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_release_before_reads_what_this_one_writes() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/previous-release");
    let commit = std::fs::read_to_string(file).unwrap().trim().to_owned();
    let reader = tokio::task::spawn_blocking(move || build_reader(&commit)).await.unwrap();
    let (cloud, recording) = record("today", "", None).await;
    let given = json!({"tables": scan(&cloud).await, "messages": recording.messages});
    let url = cloud.ready["dynamodb"].as_str().unwrap().to_owned();
    let output = tokio::task::spawn_blocking(move || {
        let mut child =
            Command::new(reader).arg(url).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(given.to_string().as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    })
    .await
    .unwrap();
    assert!(output.status.success());
    let unread = String::from_utf8(output.stdout).unwrap();
    assert!(unread.is_empty(), "the release before does not read:\n{unread}");
}
