//! The options of a local cloud.

use std::{path::PathBuf, time::Duration};

use crate::{Checks, dynamodb_faults::DynamoDbSettings};

/// What to run and where.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder of `template.yaml`.
    pub root: PathBuf,
    /// The front's port; 0 is any free port.
    pub port: u16,
    /// The data folder; created if it is absent.
    pub data: PathBuf,
    /// The folder of the functions' binaries.
    pub binaries: PathBuf,
    /// Template parameters that replace the defaults.
    pub parameters: Vec<(String, String)>,
    /// What to check beyond running the functions.
    pub checks: Checks,
    /// What DynamoDB does to the functions' calls.
    pub dynamodb: DynamoDbSettings,
    /// How functions run.
    pub lambda: LambdaOptions,
}

/// How functions run.
#[derive(Debug, Clone, Copy)]
pub struct LambdaOptions {
    /// How long a process may take to ask for its first invocation.
    pub init_timeout: Duration,
    /// Whether a process is stopped while it waits for an invocation.
    pub freeze: bool,
}

impl LambdaOptions {
    /// Lambda's limit of a function's start.
    pub const INIT_TIMEOUT: Duration = Duration::from_secs(10);
}

impl Default for LambdaOptions {
    fn default() -> Self {
        Self { init_timeout: Self::INIT_TIMEOUT, freeze: false }
    }
}
