//! Keeps what a release writes, for every later one to read: `tests/data/releases/NAME.json`.
//!
//! `cargo run -p tollgate-tests --example record-release -- NAME` records the release that is checked out, and
//! `… -- NAME ROOT BINARIES` another one, by its sources and its binaries.

use std::path::PathBuf;

use tollgate_tests::release::{Release, folder, record};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (name, release) = match arguments.as_slice() {
        [name] => (name, None),
        [name, root, binaries] => {
            (name, Some(Release { root: PathBuf::from(root), binaries: PathBuf::from(binaries) }))
        }
        _ => return Err("NAME, or NAME ROOT BINARIES".into()),
    };
    let root = release.as_ref().map_or(PathBuf::from("."), |release| release.root.clone());
    let commit = std::process::Command::new("git").args(["rev-parse", "HEAD"]).current_dir(root).output()?;
    let commit = String::from_utf8(commit.stdout)?;
    let (_cloud, recording) = record(name, commit.trim(), release.as_ref()).await;
    let file = folder().join(format!("{name}.json"));
    std::fs::write(&file, recording.to_text())?;
    println!("{}", file.display());
    Ok(())
}
