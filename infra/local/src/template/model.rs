//! What the templates describe, as the local cloud runs it.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use serde_json::Value;

use crate::aws::matches;

/// Everything that is run.
#[derive(Debug, Default)]
pub struct Cloud {
    /// One HTTP API each, in the template's order.
    pub apis: Vec<Api>,
    /// Every function of every stack.
    pub functions: Vec<Function>,
    /// Every table.
    pub tables: Vec<Table>,
    /// Every queue.
    pub queues: Vec<Queue>,
    /// What starts functions besides HTTP.
    pub sources: Vec<Source>,
    /// Every secret.
    pub secrets: Vec<Secret>,
}

/// An HTTP API: a front door.
#[derive(Debug)]
pub struct Api {
    /// The stack's name, and the first segment of the API's local path.
    pub name: String,
    /// The published base URL with its version prefix: the root's output `ChargesUrl` for the stack `Charges`.
    pub base_url: Option<String>,
    /// In the template's order.
    pub routes: Vec<Route>,
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
    /// The longest that one invocation may take.
    pub timeout: Duration,
    /// Told to the function, not enforced.
    pub memory_mb: u64,
    /// What its policies allow it.
    pub grants: Vec<Grant>,
}

/// What a policy allows: actions on resources. `*` in either stands for any text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// `dynamodb:GetItem`, ….
    pub actions: Vec<String>,
    /// ARNs.
    pub resources: Vec<String>,
}

impl Grant {
    /// Whether it allows an action on a resource.
    pub(crate) fn allows(&self, action: &str, resource: &str) -> bool {
        let any = |patterns: &[String], text: &str| patterns.iter().any(|pattern| matches(pattern, text));
        any(&self.actions, action) && any(&self.resources, resource)
    }
}

/// A DynamoDB table. `definition` is the body of the `CreateTable` call.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// What `CreateTable` takes.
    pub definition: Value,
    /// Whether changes go to a stream.
    pub streamed: bool,
    /// The attribute that holds an item's end of life.
    pub ttl_attribute: Option<String>,
}

/// A secret of Secrets Manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// Its name.
    pub name: String,
    /// By what functions know it.
    pub arn: String,
    /// Characters of the value that is made first.
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
    /// The dead-letter queue and how many times a message is received before it goes there.
    pub redrive: Option<(String, u32)>,
}

/// What starts a function besides HTTP.
#[derive(Debug, Clone)]
pub enum Source {
    /// Changes of a table.
    Stream(StreamSource),
    /// Messages of a queue.
    Queue(QueueSource),
    /// The clock.
    Schedule(ScheduleSource),
}

/// A table's stream as an event source.
#[derive(Debug, Clone)]
pub struct StreamSource {
    /// The function's name and the event's: what its position is kept under.
    pub id: String,
    /// The function.
    pub function: String,
    /// The table.
    pub table: String,
    /// Records in one batch, at most.
    pub batch_size: usize,
    /// Patterns of `FilterCriteria`; a record that matches any is kept.
    pub filters: Vec<Value>,
    /// Tries after the first; `None` for ever.
    pub max_retries: Option<u32>,
    /// The age at which a record is given up, whatever its tries.
    pub max_age: Duration,
    /// Whether a failing batch is split in two.
    pub bisect: bool,
    /// Whether the function names the records that failed.
    pub partial_responses: bool,
    /// The queue that learns of a batch that was given up.
    pub on_failure_queue: Option<String>,
    /// Whether the first start reads what is already in the stream.
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

/// The clock as an event source.
#[derive(Debug, Clone)]
pub struct ScheduleSource {
    /// The rule's name.
    pub id: String,
    /// The function.
    pub function: String,
    /// What the function is given; EventBridge's own event when absent.
    pub input: Option<Value>,
}
