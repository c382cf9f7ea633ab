//! Calls to DynamoDB.
//!
//! The SDK's client is private to this module, so every call is metered: each try is recorded with its start,
//! its end and its capacity units, also when it fails.
//!
//! The SDK retries throttled and unanswered calls. It does not retry conflicts with transactions, or
//! throttling within a transaction; this module does, a limited number of times.

mod operation;

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::{
    Client,
    config::retry::{RetryConfig, RetryPartition, TokenBucket},
    error::{DisplayErrorContext, SdkError},
    operation::{
        batch_get_item::{BatchGetItemOutput, builders::BatchGetItemInputBuilder},
        get_item::builders::GetItemInputBuilder,
        put_item::builders::PutItemInputBuilder,
        query::{QueryOutput, builders::QueryInputBuilder},
        scan::{ScanOutput, builders::ScanInputBuilder},
        transact_write_items::{TransactWriteItemsInput, builders::TransactWriteItemsInputBuilder},
        update_item::builders::UpdateItemInputBuilder,
    },
    types::{CancellationReason, TransactWriteItem},
};

use self::operation::{ConditionalWrite, Operation, reasons};
use crate::{attributes::Item, aws::AwsEnvironment, error::StoreError, meter::Meter};

/// Most tries of an operation that conflicts with transactions. Each conflict means that another change
/// succeeded, so this limits how many changes of one item may race.
const TRIES_MAX: u32 = 64;
/// How long such an operation is tried. As `CALL_TIMEOUT` in [`crate::aws`], it leaves the time to answer.
const TRIES_TIMEOUT: Duration = Duration::from_secs(6);
/// The first and the longest wait after a conflict, in milliseconds. The wait doubles and is randomized.
const WAIT_MS: (u64, u64) = (4, 64);
/// How fast the SDK's allowance of retries grows again. It holds 500 tokens, and a retry takes about five: a long
/// outage uses it up, and calls are then tried once. By default only successes refill it.
const RETRY_TOKENS_PER_SECOND: f32 = 10.0;
/// The reason code of a transaction's operation whose condition failed.
const REFUSED: &str = "ConditionalCheckFailed";
/// The client and its meter.
#[derive(Clone, Debug)]
pub(crate) struct Db {
    client: Client,
    meter: Meter,
}

/// The result of a write that may have a condition.
#[derive(Debug)]
#[must_use = "a condition may have refused the write"]
pub(crate) enum Conditional {
    /// It was written. Holds the attributes, if requested.
    Done(Option<Item>),
    /// The condition failed. Holds the existing item, if requested and there is one.
    Refused(Option<Item>),
}

impl Conditional {
    /// The result of a write without a condition.
    pub(crate) fn unconditional(self) -> Result<Option<Item>, StoreError> {
        match self {
            Self::Done(attributes) => Ok(attributes),
            Self::Refused(_) => Err(StoreError::BadValue("a write without a condition was refused".into())),
        }
    }
}

/// The result of a transaction.
#[derive(Debug)]
#[must_use = "a condition may have refused the transaction"]
pub(crate) enum Transacted {
    /// Everything was written.
    Done,
    /// Nothing was written. Holds, for each operation whose condition failed, the existing item, if there is
    /// one.
    Refused(Vec<Option<Item>>),
}

impl Db {
    /// Opens DynamoDB. Makes no call.
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    pub(crate) fn open(environment: &AwsEnvironment) -> Self {
        let mut config = aws_sdk_dynamodb::config::Builder::from(&environment.shared());
        config.set_endpoint_url(environment.dynamodb_endpoint());
        let bucket = TokenBucket::builder().refill_rate(RETRY_TOKENS_PER_SECOND).build();
        config.set_retry_partition(Some(RetryPartition::custom("tollgate").token_bucket(bucket).build()));
        Self { client: Client::from_conf(config.build()), meter: Meter::default() }
    }

    /// The same client with a new meter.
    pub(crate) fn metered(&self) -> Self {
        Self { client: self.client.clone(), meter: Meter::default() }
    }

    /// The calls made through this handle.
    pub(crate) fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Reads an item.
    pub(crate) async fn get_item(&self, request: GetItemInputBuilder) -> Result<Option<Item>, StoreError> {
        let read = self.run(request).await?;
        Ok(read.map_err(failed::<GetItemInputBuilder>)?.item)
    }

    /// Reads several items.
    pub(crate) async fn batch_get_item(
        &self,
        request: BatchGetItemInputBuilder,
    ) -> Result<BatchGetItemOutput, StoreError> {
        let read = self.run(request).await?;
        read.map_err(failed::<BatchGetItemInputBuilder>)
    }

    /// Queries a page of a table or an index.
    pub(crate) async fn query(&self, request: QueryInputBuilder) -> Result<QueryOutput, StoreError> {
        let read = self.run(request).await?;
        read.map_err(failed::<QueryInputBuilder>)
    }

    /// Scans a page of a table.
    pub(crate) async fn scan(&self, request: ScanInputBuilder) -> Result<ScanOutput, StoreError> {
        let read = self.run(request).await?;
        read.map_err(failed::<ScanInputBuilder>)
    }

    /// Puts an item.
    pub(crate) async fn put_item(&self, request: PutItemInputBuilder) -> Result<Conditional, StoreError> {
        self.write(request).await
    }

    /// Updates an item's attributes.
    pub(crate) async fn update_item(
        &self,
        request: UpdateItemInputBuilder,
    ) -> Result<Conditional, StoreError> {
        self.write(request).await
    }

    /// Updates an item's attributes once at most: a failure is not repeated, since the update may have been made.
    #[expect(clippy::disallowed_methods, reason = "its calls are counted as the other client's are")]
    pub(crate) async fn update_item_once(
        &self,
        request: UpdateItemInputBuilder,
    ) -> Result<Conditional, StoreError> {
        let once = self.client.config().to_builder().retry_config(RetryConfig::disabled());
        let client = Client::from_conf(once.build());
        result_of_write::<UpdateItemInputBuilder>(self.run_with(&client, request).await?)
    }

    async fn write<W: ConditionalWrite>(&self, request: W) -> Result<Conditional, StoreError> {
        result_of_write::<W>(self.run(request).await?)
    }

    /// Makes several writes, all or nothing.
    pub(crate) async fn transact_write_items(
        &self,
        operations: Vec<TransactWriteItem>,
    ) -> Result<Transacted, StoreError> {
        let request = TransactWriteItemsInput::builder().set_transact_items(Some(operations));
        match self.run(request).await? {
            Ok(_) => Ok(Transacted::Done),
            Err(error) => {
                let reasons = error.as_service_error().map(reasons).unwrap_or_default();
                if reasons.iter().any(|reason| reason.code() == Some(REFUSED)) {
                    let items = reasons.iter().cloned().map(refused_item);
                    Ok(Transacted::Refused(items.collect()))
                } else {
                    Err(failed::<TransactWriteItemsInputBuilder>(error))
                }
            }
        }
    }

    /// Sends a request and records each try. The outer error: conflicts prevented every try.
    async fn run<O: Operation>(
        &self,
        request: O,
    ) -> Result<Result<O::Output, SdkError<O::Error>>, StoreError> {
        self.run_with(&self.client, request).await
    }

    async fn run_with<O: Operation>(
        &self,
        client: &Client,
        request: O,
    ) -> Result<Result<O::Output, SdkError<O::Error>>, StoreError> {
        let mut wait = Wait::default();
        let first = Instant::now();
        let mut attempts = 0;
        loop {
            attempts += 1;
            let began = Instant::now();
            // Boxed because the SDK's future is large and every use case holds one.
            let sent = Box::pin(request.clone().send(client)).await;
            let units = match &sent {
                Ok(output) => O::units(output),
                Err(error) => error.as_service_error().map_or(0.0, O::refused_units),
            };
            self.meter.record(O::NAME, began, O::WRITES, units);
            let transient = match &sent {
                Ok(_) => false,
                Err(error) => error.as_service_error().is_some_and(O::is_transient),
            };
            if !transient {
                return Ok(sent);
            }
            if attempts >= TRIES_MAX || first.elapsed() > TRIES_TIMEOUT {
                return Err(StoreError::Contended { key: O::NAME.to_owned(), attempts });
            }
            wait.pass(began).await;
        }
    }
}

/// The waits between the tries of a call. Each is longer than the one before, and randomized.
#[derive(Debug)]
pub(crate) struct Wait {
    ms: u64,
}

impl Default for Wait {
    fn default() -> Self {
        Self { ms: WAIT_MS.0 }
    }
}

impl Wait {
    /// Waits before the next try; `began` is when the last one began.
    pub(crate) async fn pass(&mut self, began: Instant) {
        // The elapsed nanoseconds are random enough to spread racing functions.
        let spread = u64::from(began.elapsed().subsec_nanos()) % self.ms;
        tokio::time::sleep(Duration::from_millis(self.ms / 2 + spread)).await;
        self.ms = (self.ms * 2).min(WAIT_MS.1);
    }
}

fn result_of_write<W: ConditionalWrite>(
    sent: Result<W::Output, SdkError<W::Error>>,
) -> Result<Conditional, StoreError> {
    match sent {
        Ok(done) => Ok(Conditional::Done(W::attributes(done))),
        Err(error) => match error.as_service_error() {
            Some(refused) if W::is_refusal(refused) => {
                Ok(Conditional::Refused(shown(W::existing(refused).cloned())))
            }
            Some(_) | None => Err(failed::<W>(error)),
        },
    }
}

fn failed<O: Operation>(error: SdkError<O::Error>) -> StoreError {
    StoreError::Aws { operation: O::NAME, detail: DisplayErrorContext(error).to_string() }
}

/// The existing item of an operation whose condition failed. There is none if the item does not exist.
fn refused_item(reason: CancellationReason) -> Option<Item> {
    let failed = reason.code() == Some(REFUSED);
    failed.then_some(reason.item).and_then(shown)
}

fn shown(item: Option<Item>) -> Option<Item> {
    item.filter(|item| !item.is_empty())
}
