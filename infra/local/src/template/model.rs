//! The model of what the templates describe.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use serde_json::Value;

use crate::iam::policy::{Grant, Need, Statement, grants};

/// Everything that is run.
#[derive(Debug, Default)]
pub struct Cloud {
    /// The HTTP APIs, in the templates' order.
    pub apis: Vec<Api>,
    /// All functions.
    pub functions: Vec<Function>,
    /// All tables.
    pub tables: Vec<Table>,
    /// All queues.
    pub queues: Vec<Queue>,
    /// All event sources.
    pub sources: Vec<Source>,
    /// All secrets.
    pub secrets: Vec<Secret>,
    /// All log groups.
    pub log_groups: Vec<LogGroup>,
}

/// An HTTP API: a front door.
#[derive(Debug)]
pub struct Api {
    /// The stack's name, and the first segment of the API's local path.
    pub name: String,
    /// The published base URL with its version prefix, from the root's output `ChargesUrl` for the stack `Charges`.
    pub base_url: Option<String>,
    /// In the template's order.
    pub routes: Vec<Route>,
    /// How many requests its stage takes.
    pub throttle: Option<Throttle>,
}

/// How many requests a stage takes: API Gateway's token bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Throttle {
    /// Requests per second.
    pub rate: f64,
    /// The bucket's size.
    pub burst: u32,
}

/// A route of an HTTP API.
#[derive(Debug, Clone)]
pub struct Route {
    /// `None` for every method (`ANY`, `$default`).
    pub method: Option<String>,
    /// `/v1/payments/{id}`, or `$default`.
    pub path: String,
    /// The function that answers.
    pub function: String,
}

/// A Lambda function.
#[derive(Debug, Clone)]
pub struct Function {
    /// Its local name.
    pub name: String,
    /// Its binary's file name.
    pub binary: String,
    /// The crate's folder.
    pub code: PathBuf,
    /// Its environment, evaluated.
    pub environment: BTreeMap<String, String>,
    /// How long one invocation may take.
    pub timeout: Duration,
    /// The memory that the function is told; it is not enforced.
    pub memory_mb: u64,
    /// Invocations at the same time, at most; `None` for no limit of the function's own.
    pub reserved_concurrency: Option<usize>,
    /// The group that its log lines go to.
    pub log_group: String,
    /// The alias that always leads to its newest version, for which it is called then.
    pub alias: Option<String>,
    /// The statements of its policies in the template.
    pub policies: Vec<Statement>,
    /// The statements that SAM adds for its event sources.
    pub source_policies: Vec<Statement>,
    /// What its event sources do with its role.
    pub(crate) source_needs: Vec<Need>,
}

impl Function {
    /// The statements of its role: its own, then those that SAM adds.
    pub(crate) fn statements(&self) -> Vec<Statement> {
        self.policies.iter().chain(&self.source_policies).cloned().collect()
    }

    /// The grants of its own policies.
    pub fn grants(&self) -> Vec<Grant> {
        grants(&self.policies)
    }
}

/// A log group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogGroup {
    /// Its name.
    pub name: String,
    /// How long its lines are kept; `None` for always.
    pub retention_days: Option<u32>,
}

/// A DynamoDB table.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// The body of the `CreateTable` call.
    pub definition: Value,
    /// Whether it has a stream.
    pub streamed: bool,
    /// The attribute with an item's time to live.
    pub ttl_attribute: Option<String>,
}

/// A secret of Secrets Manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// Its name.
    pub name: String,
    /// The ARN that functions are given.
    pub arn: String,
    /// Characters of its first, random value.
    pub length: usize,
}

/// An SQS queue.
#[derive(Debug, Clone)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// How long a received message stays hidden.
    pub visibility: Duration,
    /// How long a message is kept.
    pub retention: Duration,
    /// How long a message waits before it can be received.
    pub delay: Duration,
    /// The dead-letter queue, and after how many receives a message goes there.
    pub redrive: Option<(String, u32)>,
}

impl Queue {
    /// SQS's defaults.
    pub(crate) const VISIBILITY_S_DEFAULT: u64 = 30;
    pub(crate) const RETENTION_S_DEFAULT: u64 = 345_600;
}

/// An event source: it starts a function.
#[derive(Debug, Clone)]
pub enum Source {
    /// Changes of a table.
    Stream(StreamSource),
    /// Messages of a queue.
    Queue(QueueSource),
    /// A schedule.
    Schedule(ScheduleSource),
}

/// A table's stream as an event source.
#[derive(Debug, Clone)]
pub struct StreamSource {
    /// The function's and the event's name: the key of its position.
    pub id: String,
    /// The function.
    pub function: String,
    /// The table.
    pub table: String,
    /// Records in one batch, at most.
    pub batch_size: usize,
    /// Patterns of `FilterCriteria`; a record that matches any is kept.
    pub filters: Vec<Value>,
    /// Retries of a batch; `None` for no limit.
    pub max_retries: Option<u32>,
    /// The age at which a record is given up.
    pub max_age: Duration,
    /// Whether a failing batch is split in two.
    pub bisect: bool,
    /// Whether the function names the records that failed.
    pub partial_responses: bool,
    /// The queue for reports about batches that were given up.
    pub on_failure_queue: Option<String>,
    /// Whether the first start reads the stream from its beginning.
    pub from_trim_horizon: bool,
}

/// A queue as an event source.
#[derive(Debug, Clone)]
pub struct QueueSource {
    /// The function.
    pub function: String,
    /// The queue.
    pub queue: String,
    /// Messages in one batch, at most.
    pub batch_size: usize,
    /// How long to gather a batch.
    pub window: Duration,
    /// Whether the function names the messages that failed.
    pub partial_responses: bool,
    /// Batches at the same time, at most.
    pub max_concurrency: Option<usize>,
}

/// A schedule as an event source.
#[derive(Debug, Clone)]
pub struct ScheduleSource {
    /// The rule's name.
    pub id: String,
    /// The function.
    pub function: String,
    /// The function's input; EventBridge's event if absent.
    pub input: Option<Value>,
}
