//! Why the local cloud can't run.

use std::path::{Path, PathBuf};

use crate::{sqs::SqsError, template::TemplateError};

/// Why the local cloud can't run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The templates are wrong.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The function binaries can't be built.
    #[error("the functions were not built: {0}")]
    Build(String),
    /// The port can't be bound.
    #[error("port {port}: {source}")]
    Port {
        /// The port asked for.
        port: u16,
        /// Why.
        source: std::io::Error,
    },
    /// A file of the data folder can't be read or written.
    #[error("{}: {reason}", path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A `SQLite` file of the data folder can't be read or written.
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// DynamoDB fails.
    #[error("DynamoDB: {0}")]
    Dynamo(String),
    /// A setting of DynamoDB's faults is none.
    #[error(
        "`{0}` is no setting of DynamoDB: there are per-mille (to 1000), seed, at-most and lag-ms, each with a number"
    )]
    DynamoDbSetting(String),
    /// SQS fails.
    #[error("SQS: {0}")]
    Sqs(#[from] SqsError),
    /// The system gives no random bytes.
    #[error("no randomness: {0}")]
    Random(String),
    /// The functions' processes can't be grouped.
    #[error("no process group for the functions: {0}")]
    Processes(std::io::Error),
    /// The demo merchant can't be made.
    #[error("the demo merchant was not made: {0}")]
    Demo(String),
}

impl Error {
    pub(crate) fn state(path: &Path, reason: impl Into<String>) -> Self {
        Self::State { path: path.to_owned(), reason: reason.into() }
    }
}
