//! A table's stream as an event source: records in order, again from the first failure, cut in half when a whole batch
//! fails, put aside when they cannot be handled.

use std::time::Duration;

use axum::body::Bytes;
use serde_json::{Value, json};

use super::failed_items;
use crate::{
    dynamodb::{DynamoDb, DynamoDbError},
    functions::Functions,
    queues::Queues,
    state::StateFile,
};

/// How often the stream is looked at when it was empty.
const POLL: Duration = Duration::from_millis(25);
/// The wait after a failure; it doubles up to the second number.
const BACKOFF_MS: (u64, u64) = (100, 5000);
/// Records that are handled before the emulator is told to forget them.
const TRIM_EVERY: i64 = 500;

/// A stream and the function that it feeds.
pub struct Stream {
    /// The function.
    pub function: String,
    /// The table.
    pub table: String,
    /// Records of a batch.
    pub batch: usize,
    /// Patterns of which one has to match; every record passes when there are none.
    pub filters: Vec<Value>,
    /// The queue that is told of records that could not be handled.
    pub dead_letters: Option<String>,
    /// Retries of a batch, if they are limited.
    pub retries: Option<u32>,
}

/// What a stream works with.
#[derive(Clone)]
pub struct Surroundings {
    /// The tables.
    pub dynamodb: DynamoDb,
    /// The functions.
    pub functions: Functions,
    /// The queues.
    pub queues: Queues,
    /// Where the position is kept.
    pub state: StateFile,
}

impl Stream {
    /// Feeds the function for ever. The position is written after a batch was handled, never before: a batch that was
    /// cut short by the end of this process is handled again.
    pub async fn run(self, with: Surroundings) {
        let mut trimmed = 0;
        loop {
            match self.step(&with).await {
                Ok(0) => tokio::time::sleep(POLL).await,
                Ok(position) => {
                    if position - trimmed >= TRIM_EVERY {
                        trimmed = position;
                        if let Err(error) = with.dynamodb.trim(&self.table, position) {
                            eprintln!("{}: its stream was not trimmed: {error}", self.table);
                        }
                    }
                }
                Err(error) => {
                    eprintln!("{}: {error}", self.table);
                    tokio::time::sleep(Duration::from_millis(BACKOFF_MS.1)).await;
                }
            }
        }
    }

    /// Handles what there is; gives the position after it, or 0 when there was nothing.
    async fn step(&self, with: &Surroundings) -> Result<i64, DynamoDbError> {
        let name = format!("{}>{}", self.table, self.function);
        let shard = with.dynamodb.shard(&self.table)?;
        let position = with.state.position(&name)?;
        let records = with.dynamodb.records_after(&self.table, &shard, position)?;
        let Some((last, _)) = records.last() else {
            return Ok(0);
        };
        let last = *last;
        let wanted: Vec<(i64, Value)> = records
            .into_iter()
            .filter(|(_, record)| self.passes(record))
            .collect();
        for batch in wanted.chunks(self.batch.max(1)) {
            self.handle(with, batch).await?;
            if let Some((done, _)) = batch.last() {
                with.state.set_position(&name, *done)?;
            }
        }
        with.state.set_position(&name, last)?;
        Ok(last)
    }

    fn passes(&self, record: &Value) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|pattern| matches(pattern, record))
    }

    /// Hands a batch to the function until nothing of it is left. As Lambda does, it begins again at the first failure;
    /// when a whole batch fails it tries the first half alone; a record that fails by itself too often is put aside.
    async fn handle(&self, with: &Surroundings, batch: &[(i64, Value)]) -> Result<(), DynamoDbError> {
        let mut rest = batch;
        let mut size = rest.len();
        let mut tries = 0;
        let mut wait_ms = BACKOFF_MS.0;
        while !rest.is_empty() {
            let part = &rest[..size.min(rest.len())];
            let records: Vec<&Value> = part.iter().map(|(_, record)| record).collect();
            let event = json!({"Records": records}).to_string();
            let done = match with.functions.invoke(&self.function, Bytes::from(event)).await {
                Ok(answer) => {
                    let failed = failed_items(&answer);
                    let first = |(_, r): &(i64, Value)| {
                        r["dynamodb"]["SequenceNumber"]
                            .as_str()
                            .is_some_and(|n| failed.contains(n))
                    };
                    part.iter().position(first).unwrap_or(part.len())
                }
                Err(error) => {
                    eprintln!("{}: {error}", self.function);
                    0
                }
            };
            if done > 0 {
                rest = &rest[done..];
                size = rest.len();
                tries = 0;
                wait_ms = BACKOFF_MS.0;
                continue;
            }
            tries += 1;
            if part.len() == 1 && self.retries.is_some_and(|most| tries > most) {
                self.put_aside(with, &part[0].1)?;
                rest = &rest[1..];
                size = rest.len();
                tries = 0;
                continue;
            }
            size = (size / 2).max(1);
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
            wait_ms = (wait_ms * 2).min(BACKOFF_MS.1);
        }
        Ok(())
    }

    fn put_aside(&self, with: &Surroundings, record: &Value) -> Result<(), DynamoDbError> {
        let number = &record["dynamodb"]["SequenceNumber"];
        eprintln!("{}: record {number} was put aside", self.function);
        let Some(queue) = &self.dead_letters else {
            return Ok(());
        };
        let told = json!({
            "requestContext": {"functionArn": self.function, "condition": "RetryAttemptsExhausted"},
            "DDBStreamBatchInfo": {
                "startSequenceNumber": number, "endSequenceNumber": number, "batchSize": 1, "streamArn": self.table,
            },
        });
        with.queues.send(queue, &told.to_string(), "", 0)?;
        Ok(())
    }
}

/// Whether a filter's pattern matches a value: objects by each of their keys, lists by one of their values.
fn matches(pattern: &Value, value: &Value) -> bool {
    match pattern {
        Value::Object(map) => map
            .iter()
            .all(|(key, inner)| value.get(key).is_some_and(|v| matches(inner, v))),
        Value::Array(options) => options.iter().any(|option| match option {
            Value::Object(rule) => match rule.get("prefix").and_then(Value::as_str) {
                Some(prefix) => value.as_str().is_some_and(|text| text.starts_with(prefix)),
                None => false,
            },
            literal => literal == value,
        }),
        literal => literal == value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_by_keys_and_by_one_of_its_values() {
        let pattern = json!({"dynamodb": {"NewImage": {"t": {"S": ["PAY", "REF"]}}}});
        let record = |t: &str| json!({"eventName": "INSERT", "dynamodb": {"NewImage": {"t": {"S": t}, "x": {"N": "1"}}}});
        assert!(matches(&pattern, &record("PAY")));
        assert!(!matches(&pattern, &record("EP")));
        assert!(!matches(&pattern, &json!({"dynamodb": {"OldImage": {}}})));
        assert!(matches(&json!({"a": [{"prefix": "x"}]}), &json!({"a": "xyz"})));
    }
}
