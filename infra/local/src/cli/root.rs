//! The folder of the templates.

use std::path::{Path, PathBuf};

use tollgate_local::Error;

/// The nearest folder with a `template.yaml`, from the current folder or from where this program was built.
pub(super) fn find_root() -> Result<PathBuf, Error> {
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
