//! Calls to DynamoDB.
//!
//! The SDK's client is private to this module, so every call is metered: each try is recorded with its start,
//! its end and its capacity units, also when it fails.
//!
//! The SDK retries throttled and unanswered calls. It does not retry conflicts with transactions, or
//! throttling within a transaction; this module does, a limited number of times.

mod operation;

use std::time::Instant;

use aws_sdk_dynamodb::{
    Client,
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
/// The first and the longest wait after a conflict, in milliseconds. The wait doubles and is randomized.
const WAIT_MS: (u64, u64) = (4, 64);
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

    async fn write<W: ConditionalWrite>(&self, request: W) -> Result<Conditional, StoreError> {
        match self.run(request).await? {
            Ok(done) => Ok(Conditional::Done(W::attributes(done))),
            Err(error) => match error.as_service_error() {
                Some(refused) if W::is_refusal(refused) => {
                    Ok(Conditional::Refused(shown(W::existing(refused).cloned())))
                }
                Some(_) | None => Err(failed::<W>(error)),
            },
        }
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
        let mut wait_ms = WAIT_MS.0;
        for _ in 0..TRIES_MAX {
            let began = Instant::now();
            // Boxed because the SDK's future is large and every use case holds one.
            let sent = Box::pin(request.clone().send(&self.client)).await;
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
            // The elapsed nanoseconds are random enough to spread racing functions.
            let spread = u64::from(began.elapsed().subsec_nanos()) % wait_ms;
            tokio::time::sleep(std::time::Duration::from_millis(wait_ms / 2 + spread)).await;
            wait_ms = (wait_ms * 2).min(WAIT_MS.1);
        }
        Err(StoreError::Contended { key: O::NAME.to_owned(), attempts: TRIES_MAX })
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
