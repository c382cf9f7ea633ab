//! The options of a local cloud.

use std::path::PathBuf;

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
}
