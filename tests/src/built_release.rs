//! A release that was built apart.

use std::path::PathBuf;

/// The binaries and templates of a release.
#[derive(Clone, Debug)]
pub struct Release {
    /// The folder of its binaries.
    pub binaries: PathBuf,
    /// The folder of its sources: its templates are read there.
    pub root: PathBuf,
}
