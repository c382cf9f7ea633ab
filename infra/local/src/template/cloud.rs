//! The model that the local cloud runs, gathered from the root stack and the stacks nested in it.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Map, Value, json};

use super::{Setting, TemplateError, apis, intrinsics::Stack};
use crate::{aws::name_in, grants::Grant};

/// The root stack's name, and so what its tables' names begin with.
const ROOT_STACK: &str = "tollgate";
/// Lambda's own defaults, for what neither a function nor `Globals` says.
const DEFAULT_TIMEOUT_S: u64 = 3;
const DEFAULT_MEMORY_MB: u64 = 128;
/// SQS's own defaults.
const DEFAULT_VISIBILITY_S: u64 = 30;
const DEFAULT_RETENTION_S: u64 = 345_600;
/// How long a stream keeps a record.
const RECORD_LIFE: Duration = Duration::from_hours(24);
/// Lambda's default batch sizes.
const DEFAULT_STREAM_BATCH: usize = 100;
const DEFAULT_QUEUE_BATCH: usize = 10;

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

/// Reads the root template and every stack nested in it.
pub fn load(root: &Path, setting: &Setting<'_>) -> Result<Cloud, TemplateError> {
    let parameters = setting
        .parameters
        .iter()
        .map(|(name, value)| (name.clone(), Value::from(value.clone())))
        .collect::<HashMap<_, _>>();
    let stack = Stack::read(ROOT_STACK.to_owned(), root.to_owned(), parameters, setting)?;
    let mut cloud = Cloud::default();
    gather(&stack, &mut cloud)?;
    apis::connect(&stack, &mut cloud)?;
    check(&cloud)?;
    Ok(cloud)
}

fn gather(stack: &Stack<'_>, cloud: &mut Cloud) -> Result<(), TemplateError> {
    for (id, resource) in stack.resources("AWS::DynamoDB::Table")? {
        cloud.tables.push(table(stack, &id, &resource["Properties"])?);
    }
    for (id, resource) in stack.resources("AWS::SQS::Queue")? {
        cloud.queues.push(queue(stack, &id, &resource["Properties"])?);
    }
    for (id, _) in stack.resources("AWS::SecretsManager::Secret")? {
        cloud.secrets.push(stack.secret(&id)?);
    }
    for (id, resource) in stack.resources("AWS::ApiGatewayV2::Api")? {
        cloud.apis.push(apis::read(stack, &id, &resource["Properties"])?);
    }
    for (id, resource) in stack.resources("AWS::Serverless::Function")? {
        let mut made = function(stack, &id, &resource)?;
        for (event_id, event) in resource["Properties"]["Events"].as_object().into_iter().flatten() {
            let properties = &event["Properties"];
            let at = format!("{id}.{event_id}");
            match event["Type"].as_str().unwrap_or_default() {
                "DynamoDB" => cloud.sources.push(stream_source(stack, &at, properties, &made.name)?),
                "SQS" => cloud.sources.push(queue_source(stack, &at, properties, &made.name)?),
                "Schedule" | "ScheduleV2" => {
                    cloud.sources.push(schedule_source(stack, &at, properties, &made.name)?);
                }
                other => {
                    return Err(
                        stack.error(&at, format!("the local cloud does not know the event `{other}`"))
                    );
                }
            }
        }
        made.environment.retain(|_, value| !value.is_empty());
        cloud.functions.push(made);
    }
    for (id, _) in stack.resources("AWS::Serverless::Application")? {
        let before = cloud.apis.len();
        gather(stack.nested(&id)?.as_ref(), cloud)?;
        let url = stack.output(&format!("{id}Url"))?;
        for api in &mut cloud.apis[before..] {
            api.base_url = url.as_ref().and_then(Value::as_str).map(str::to_owned);
        }
    }
    Ok(())
}

/// Names that must lead somewhere.
fn check(cloud: &Cloud) -> Result<(), TemplateError> {
    let mut names = std::collections::HashSet::new();
    for function in &cloud.functions {
        if !names.insert(&function.name) {
            return Err(TemplateError::meaning(&function.name, "two functions have this name"));
        }
    }
    for source in &cloud.sources {
        let (function, missing) = match source {
            Source::Stream(s) => {
                let found = cloud.tables.iter().any(|t| t.name == s.table && t.streamed);
                (&s.function, (!found).then(|| format!("table `{}` with a stream", s.table)))
            }
            Source::Queue(s) => {
                let found = cloud.queues.iter().any(|q| q.name == s.queue);
                (&s.function, (!found).then(|| format!("queue `{}`", s.queue)))
            }
            Source::Schedule(s) => (&s.function, None),
        };
        if let Some(missing) = missing {
            return Err(TemplateError::meaning(function, format!("there is no {missing}")));
        }
    }
    Ok(())
}

fn function(stack: &Stack<'_>, id: &str, resource: &Value) -> Result<Function, TemplateError> {
    let globals = stack.globals("Function");
    let properties = &resource["Properties"];
    let property = |name: &str| properties.get(name).unwrap_or(&globals[name]).clone();
    let number = |name: &str, default: u64| -> Result<u64, TemplateError> {
        match property(name) {
            Value::Null => Ok(default),
            value => stack
                .text(&value, id)?
                .parse()
                .map_err(|_| stack.error(id, format!("{name} is not a number"))),
        }
    };
    let mut environment = BTreeMap::new();
    // SAM merges the variables of `Globals` with the function's own.
    for variables in [&globals["Environment"]["Variables"], &properties["Environment"]["Variables"]] {
        for (name, value) in variables.as_object().into_iter().flatten() {
            environment.insert(name.clone(), stack.text(value, &format!("{id}.{name}"))?);
        }
    }
    let name = stack.function_name(id)?;
    let binary = match &resource["Metadata"]["BuildProperties"]["Binary"] {
        Value::Null => name.clone(),
        binary => stack.text(binary, id)?,
    };
    Ok(Function {
        name,
        binary,
        code: stack.folder().join(stack.text(&property("CodeUri"), id)?),
        environment,
        timeout: Duration::from_secs(number("Timeout", DEFAULT_TIMEOUT_S)?),
        memory_mb: number("MemorySize", DEFAULT_MEMORY_MB)?,
        grants: grants(stack, id, properties)?,
    })
}

/// The statements of a function's own policies; the templates have no other kind.
fn grants(stack: &Stack<'_>, id: &str, properties: &Value) -> Result<Vec<Grant>, TemplateError> {
    let mut grants = Vec::new();
    for policy in properties["Policies"].as_array().into_iter().flatten() {
        for statement in policy["Statement"].as_array().into_iter().flatten() {
            let statement = stack.evaluate(statement, id)?;
            if statement["Effect"] != "Allow" {
                return Err(stack.error(id, "the local cloud knows only policies that allow"));
            }
            grants.push(Grant {
                actions: texts(&statement["Action"]),
                resources: texts(&statement["Resource"]),
            });
        }
    }
    Ok(grants)
}

/// One text, or a list of them.
fn texts(value: &Value) -> Vec<String> {
    let list = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    list.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

fn stream_source(
    stack: &Stack<'_>,
    at: &str,
    event: &Value,
    function: &str,
) -> Result<Source, TemplateError> {
    let event = stack.evaluate(event, at)?;
    let stream = event["Stream"].as_str().unwrap_or_default();
    let table = stream.split('/').nth(1).ok_or_else(|| stack.error(at, "Stream is not a table's stream"))?;
    let on_failure = event["DestinationConfig"]["OnFailure"]["Destination"].as_str();
    Ok(Source::Stream(StreamSource {
        id: at.to_owned(),
        function: function.to_owned(),
        table: table.to_owned(),
        batch_size: size(&event["BatchSize"]).unwrap_or(DEFAULT_STREAM_BATCH),
        filters: filters(stack, at, &event)?,
        max_retries: event["MaximumRetryAttempts"].as_i64().and_then(|retries| u32::try_from(retries).ok()),
        max_age: event["MaximumRecordAgeInSeconds"].as_u64().map_or(RECORD_LIFE, Duration::from_secs),
        bisect: event["BisectBatchOnFunctionError"].as_bool().unwrap_or(false),
        partial_responses: partial_responses(&event),
        on_failure_queue: on_failure.map(|arn| name_in(arn).to_owned()),
        from_trim_horizon: event["StartingPosition"] == "TRIM_HORIZON",
    }))
}

fn queue_source(stack: &Stack<'_>, at: &str, event: &Value, function: &str) -> Result<Source, TemplateError> {
    let event = stack.evaluate(event, at)?;
    if event.get("FilterCriteria").is_some() {
        return Err(stack.error(at, "the local cloud does not filter a queue's messages"));
    }
    Ok(Source::Queue(QueueSource {
        function: function.to_owned(),
        queue: name_in(event["Queue"].as_str().unwrap_or_default()).to_owned(),
        batch_size: size(&event["BatchSize"]).unwrap_or(DEFAULT_QUEUE_BATCH),
        window: Duration::from_secs(event["MaximumBatchingWindowInSeconds"].as_u64().unwrap_or(0)),
        partial_responses: partial_responses(&event),
        max_concurrency: size(&event["ScalingConfig"]["MaximumConcurrency"]),
    }))
}

fn schedule_source(
    stack: &Stack<'_>,
    at: &str,
    event: &Value,
    function: &str,
) -> Result<Source, TemplateError> {
    let input = match event.get("Input") {
        None => None,
        Some(input) => Some(
            serde_json::from_str(&stack.text(input, at)?)
                .map_err(|e| stack.error(at, format!("Input is not JSON: {e}")))?,
        ),
    };
    Ok(Source::Schedule(ScheduleSource { id: at.to_owned(), function: function.to_owned(), input }))
}

fn filters(stack: &Stack<'_>, at: &str, event: &Value) -> Result<Vec<Value>, TemplateError> {
    let list = event["FilterCriteria"]["Filters"].as_array();
    list.into_iter()
        .flatten()
        .map(|filter| {
            serde_json::from_str(filter["Pattern"].as_str().unwrap_or_default())
                .map_err(|e| stack.error(at, format!("a filter's Pattern is not JSON: {e}")))
        })
        .collect()
}

fn partial_responses(event: &Value) -> bool {
    let types = event["FunctionResponseTypes"].as_array();
    types.into_iter().flatten().any(|t| t == "ReportBatchItemFailures")
}

fn size(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0)
}

fn table(stack: &Stack<'_>, id: &str, properties: &Value) -> Result<Table, TemplateError> {
    let name = stack.name_of(id, "TableName")?;
    let mut definition = Map::new();
    definition.insert("TableName".to_owned(), Value::from(name.clone()));
    for property in [
        "AttributeDefinitions",
        "KeySchema",
        "GlobalSecondaryIndexes",
        "LocalSecondaryIndexes",
        "BillingMode",
    ] {
        if let Some(value) = properties.get(property) {
            definition.insert(property.to_owned(), stack.evaluate(value, id)?);
        }
    }
    let view = properties["StreamSpecification"]["StreamViewType"].as_str();
    if let Some(view) = view {
        let stream = json!({"StreamEnabled": true, "StreamViewType": view});
        definition.insert("StreamSpecification".to_owned(), stream);
    }
    let ttl = &properties["TimeToLiveSpecification"];
    let ttl_on = ttl["Enabled"].as_bool().unwrap_or(false);
    Ok(Table {
        name,
        definition: Value::Object(definition),
        streamed: view.is_some(),
        ttl_attribute: ttl["AttributeName"].as_str().filter(|_| ttl_on).map(str::to_owned),
    })
}

fn queue(stack: &Stack<'_>, id: &str, properties: &Value) -> Result<Queue, TemplateError> {
    let properties = stack.evaluate(properties, id)?;
    if properties["FifoQueue"] == true {
        return Err(stack.error(id, "the local cloud has standard queues only"));
    }
    let seconds =
        |property: &str, default| Duration::from_secs(properties[property].as_u64().unwrap_or(default));
    let redrive = &properties["RedrivePolicy"];
    let receives = redrive["maxReceiveCount"].as_u64().and_then(|n| u32::try_from(n).ok());
    Ok(Queue {
        name: stack.name_of(id, "QueueName")?,
        visibility: seconds("VisibilityTimeout", DEFAULT_VISIBILITY_S),
        retention: seconds("MessageRetentionPeriod", DEFAULT_RETENTION_S),
        delay: seconds("DelaySeconds", 0),
        redrive: redrive["deadLetterTargetArn"]
            .as_str()
            .zip(receives)
            .map(|(arn, receives)| (name_in(arn).to_owned(), receives)),
    })
}
