//! Event sources: the streams, queues and schedules that start functions.

use std::time::Duration;

use serde_json::Value;

use super::{QueueSource, ScheduleSource, Source, StreamSource, TemplateError, intrinsics::Stack};
use crate::aws::name_in;

/// How long a stream keeps a record.
const RECORD_AGE_MAX: Duration = Duration::from_hours(24);
/// Lambda's default batch sizes.
const STREAM_BATCH_DEFAULT: usize = 100;
const QUEUE_BATCH_DEFAULT: usize = 10;
/// What Lambda takes as a queue's maximum concurrency.
const MAX_CONCURRENCY: std::ops::RangeInclusive<usize> = 2..=1000;

/// Reads an event of a function; `at` is the function's and the event's name.
pub(super) fn read(
    stack: &Stack<'_>,
    at: &str,
    event: &Value,
    function: &str,
) -> Result<Source, TemplateError> {
    let properties = &event["Properties"];
    match event["Type"].as_str().unwrap_or_default() {
        "DynamoDB" => stream_source(stack, at, properties, function),
        "SQS" => queue_source(stack, at, properties, function),
        "Schedule" | "ScheduleV2" => schedule_source(stack, at, properties, function),
        other => Err(stack.error(at, format!("the local cloud does not know the event `{other}`"))),
    }
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
        batch_size: size(&event["BatchSize"]).unwrap_or(STREAM_BATCH_DEFAULT),
        filters: filters(stack, at, &event)?,
        max_retries: event["MaximumRetryAttempts"].as_i64().and_then(|retries| u32::try_from(retries).ok()),
        max_age: event["MaximumRecordAgeInSeconds"].as_u64().map_or(RECORD_AGE_MAX, Duration::from_secs),
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
    let max_concurrency = size(&event["ScalingConfig"]["MaximumConcurrency"]);
    if max_concurrency.is_some_and(|max| !MAX_CONCURRENCY.contains(&max)) {
        let (from, to) = (MAX_CONCURRENCY.start(), MAX_CONCURRENCY.end());
        return Err(
            stack.error(at, format!("MaximumConcurrency is not from {from} to {to}, as Lambda asks for"))
        );
    }
    Ok(Source::Queue(QueueSource {
        function: function.to_owned(),
        queue: name_in(event["Queue"].as_str().unwrap_or_default()).to_owned(),
        batch_size: size(&event["BatchSize"]).unwrap_or(QUEUE_BATCH_DEFAULT),
        window: Duration::from_secs(event["MaximumBatchingWindowInSeconds"].as_u64().unwrap_or(0)),
        partial_responses: partial_responses(&event),
        max_concurrency,
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

/// A number above zero; a parameter's value is a text.
fn size(value: &Value) -> Option<usize> {
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    number.and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0)
}
