//! A table's stream as an event source.
//!
//! Batches are delivered one after another, so that a function sees the changes of an item in their order. A failed batch is
//! retried, from the first failed record if the function reports it, and in halves if the template says so. In the end it
//! is given up and reported to the failure queue. The position moves only after that: every record is delivered at least
//! once, even if this process is killed.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::{
    batch_result::{BatchResult, batch_result},
    context::Context,
    filter,
    positions::Positions,
};
use crate::{
    Error,
    aws::{function_arn, stream_arn},
    clock,
    dynamodb::shard_id,
    sqs::SendRequest,
    template::StreamSource,
};

/// How often an empty stream is polled. Lambda polls four times a second.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// The delay before a retry; it doubles with each try.
const RETRY_DELAY_MIN: Duration = Duration::from_millis(200);
const RETRY_DELAY_MAX: Duration = Duration::from_secs(10);
/// Delivered records are deleted after this many more.
const TRIM_RECORDS: usize = 500;

pub(super) async fn run(context: Context, source: StreamSource, positions: Arc<Positions>) {
    let mut reader = Reader { context, source, positions, done_since_trim: 0 };
    let mut stop = reader.context.stop.clone();
    tokio::select! {
        _ = stop.wait_for(|stop| *stop) => {}
        () = reader.follow() => {}
    }
}

struct Reader {
    context: Context,
    source: StreamSource,
    positions: Arc<Positions>,
    done_since_trim: usize,
}

impl Reader {
    async fn follow(&mut self) {
        loop {
            match self.next_batch().await {
                Ok(0) => tokio::time::sleep(POLL_INTERVAL).await,
                Ok(_) => {}
                Err(error) => {
                    crate::logs::log(&self.source.id, &format!("the stream can't be read: {error}"));
                    tokio::time::sleep(RETRY_DELAY_MAX).await;
                }
            }
        }
    }

    /// Reads and delivers one batch; returns the number of records read.
    async fn next_batch(&mut self) -> Result<usize, Error> {
        let position = match self.positions.get(&self.source.id)? {
            Some(position) => Some(position),
            None => self.first_position().await?,
        };
        let dynamodb = self.context.dynamodb.clone();
        let records = dynamodb.records_after(&self.source.table, position, self.source.batch_size).await?;
        let Some(last) = records.last().map(sequence_number) else {
            return Ok(0);
        };
        let count = records.len();
        let wanted: Vec<_> =
            records.into_iter().filter(|record| filter::passes(&self.source.filters, record)).collect();
        self.deliver(wanted).await?;
        self.positions.set(&self.source.id, &last)?;
        self.done_since_trim += count;
        if self.done_since_trim >= TRIM_RECORDS {
            self.done_since_trim = 0;
            dynamodb.trim(&self.source.table, &last).await?;
        }
        Ok(count)
    }

    /// The position of a source that has not run yet. `LATEST` is stored, so that a restart does not move it.
    async fn first_position(&self) -> Result<Option<String>, Error> {
        if self.source.from_trim_horizon {
            return Ok(None);
        }
        let newest = self.context.dynamodb.newest_record(&self.source.table).await?;
        if let Some(newest) = &newest {
            self.positions.set(&self.source.id, newest)?;
        }
        Ok(newest)
    }

    /// Delivers a batch with its retries: every record is done or given up when this returns.
    async fn deliver(&self, records: Vec<Value>) -> Result<(), Error> {
        // A stack of batches and their tries, the first batch on top.
        let mut batches = vec![(records, 0)];
        while let Some((mut batch, tries)) = batches.pop() {
            let Some(first) = batch.first().map(sequence_number) else {
                continue;
            };
            let event = json!({ "Records": batch });
            let outcome = self.context.lambda.invoke(&self.source.function, event.to_string().into()).await;
            let knows = |id: &str| batch.iter().any(|record| sequence_number(record) == id);
            let reason = match batch_result(&outcome, self.source.partial_responses, knows) {
                BatchResult::Done => continue,
                BatchResult::Partly(failed) => {
                    let at = batch.iter().position(|r| failed.contains(&sequence_number(r)));
                    batch.drain(..at.unwrap_or(0));
                    "the function reported failed records".to_owned()
                }
                BatchResult::Failed(reason) => reason,
            };
            // If some records are done, the tries of the others begin anew.
            let progressed = batch.first().map(sequence_number) != Some(first);
            let tries = if progressed { 1 } else { tries + 1 };
            crate::logs::log(
                &self.source.id,
                &format!("a batch of {} failed ({tries}): {reason}", batch.len()),
            );
            if self.is_given_up(&batch, tries) {
                self.give_up(&batch, tries)?;
                continue;
            }
            tokio::time::sleep(RETRY_DELAY_MAX.min(RETRY_DELAY_MIN * 2u32.saturating_pow(tries.min(10) - 1)))
                .await;
            if self.source.bisect && batch.len() > 1 {
                let second = batch.split_off(batch.len() / 2);
                batches.push((second, tries));
            }
            batches.push((batch, tries));
        }
        Ok(())
    }

    fn is_given_up(&self, batch: &[Value], tries: u32) -> bool {
        // A batch is halved down to one record before it is given up, so that one bad record does not cost others.
        let is_whole = !(self.source.bisect && batch.len() > 1);
        if is_whole && self.source.max_retries.is_some_and(|retries| tries > retries) {
            return true;
        }
        let made_s = batch[0]["dynamodb"]["ApproximateCreationDateTime"].as_f64().unwrap_or(0.0);
        let now_s = u32::try_from(clock::now_ms() / 1000).unwrap_or(u32::MAX);
        f64::from(now_s) - made_s > self.source.max_age.as_secs_f64()
    }

    fn give_up(&self, batch: &[Value], tries: u32) -> Result<(), Error> {
        let Some(queue) = &self.source.on_failure_queue else {
            return Ok(());
        };
        let now = clock::rfc3339(clock::now_ms());
        let body = json!({
            "requestContext": {
                "requestId": uuid::Uuid::new_v4().to_string(),
                "functionArn": function_arn(&self.source.function),
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": tries,
            },
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
            "version": "1.0",
            "timestamp": now,
            "DDBStreamBatchInfo": {
                "shardId": shard_id(&self.source.table),
                "startSequenceNumber": batch.first().map(sequence_number),
                "endSequenceNumber": batch.last().map(sequence_number),
                "approximateArrivalOfFirstRecord": now,
                "approximateArrivalOfLastRecord": now,
                "batchSize": batch.len(),
                "streamArn": stream_arn(&self.source.table),
            },
        });
        self.context.sqs.send(queue, &SendRequest { body: body.to_string(), ..SendRequest::default() })?;
        Ok(())
    }
}

fn sequence_number(record: &Value) -> String {
    record["dynamodb"]["SequenceNumber"].as_str().unwrap_or_default().to_owned()
}
