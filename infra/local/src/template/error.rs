//! Why the templates can't be run.

use std::path::PathBuf;

/// Why the templates can't be run.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// A file can't be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not YAML.
    #[error("{}: {reason}", path.display())]
    Yaml {
        /// The file.
        path: PathBuf,
        /// Why, with line and column.
        reason: String,
    },
    /// A template can't be evaluated or run.
    #[error("{at}: {reason}")]
    Meaning {
        /// The stack and the resource or property.
        at: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl TemplateError {
    /// An error about what a template says at a place.
    pub fn meaning(at: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Meaning { at: at.into(), reason: reason.into() }
    }
}
