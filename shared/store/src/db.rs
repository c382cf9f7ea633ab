//! The one way to DynamoDB.
//!
//! The SDK's client is private to this module, so a call that is not counted does not compile. Every operation asks for the
//! capacity it consumed and is recorded with its begin, its end and its units, also when it failed, and once for every try.
//!
//! The SDK itself repeats what was throttled or not answered. It does not repeat what met another transaction on the same
//! item, nor what was throttled within a transaction; that is done here, a bounded number of times.

use std::{collections::HashMap, time::Instant};

use aws_sdk_dynamodb::{
    Client,
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
    operation::{
        batch_get_item::{BatchGetItemError, BatchGetItemOutput, builders::BatchGetItemInputBuilder},
        get_item::{GetItemError, GetItemOutput, builders::GetItemInputBuilder},
        put_item::{PutItemError, PutItemOutput, builders::PutItemInputBuilder},
        query::{QueryError, QueryOutput, builders::QueryInputBuilder},
        scan::{ScanError, ScanOutput, builders::ScanInputBuilder},
        transact_write_items::{
            TransactWriteItemsError, TransactWriteItemsInput, TransactWriteItemsOutput,
            builders::TransactWriteItemsInputBuilder,
        },
        update_item::{UpdateItemError, UpdateItemOutput, builders::UpdateItemInputBuilder},
    },
    types::{AttributeValue, CancellationReason, ReturnConsumedCapacity, TransactWriteItem},
};

use crate::{AwsEnvironment, error::StoreError, items::Item, meter::Meter};

/// Tries of an operation that meets other transactions. Each conflict means that another one went through, so this bounds how
/// many changes of one item may race, not how often bad luck strikes.
const TRIES_MAX: u32 = 64;
/// The first wait after a conflict, in milliseconds; it doubles up to the last, and is shortened by chance.
const WAIT_MS: (u64, u64) = (4, 64);
/// What a transaction says of an operation whose condition did not hold.
const REFUSED: &str = "ConditionalCheckFailed";
/// Bytes of an item that one write unit covers.
const WRITE_UNIT_BYTES: usize = 1024;
/// Write units of each unit's worth of an item in a transaction: it is prepared and then committed.
const TRANSACTION_FACTOR: f64 = 2.0;

/// The client with its meter.
#[derive(Clone, Debug)]
pub(crate) struct Db {
    client: Client,
    meter: Meter,
}

/// What became of a write that may have a condition.
#[derive(Debug)]
#[must_use = "a condition may have refused the write"]
pub(crate) enum Conditional {
    /// It was made. The attributes, if they were asked for.
    Done(Option<Item>),
    /// The condition did not hold. The item that is there, if it was asked for and there is one.
    Refused(Option<Item>),
}

impl Conditional {
    /// Of a write that has no condition, so none can have refused it.
    pub(crate) fn unconditional(self) -> Result<Option<Item>, StoreError> {
        match self {
            Self::Done(attributes) => Ok(attributes),
            Self::Refused(_) => Err(StoreError::BadValue("a write without a condition was refused".into())),
        }
    }
}

/// What became of a transaction.
#[derive(Debug)]
#[must_use = "a condition may have refused the transaction"]
pub(crate) enum Transacted {
    /// All of it was made.
    Done,
    /// None of it was. For each operation the item that failed its condition, if one did and there is one.
    Refused(Vec<Option<Item>>),
}

/// A request that can be sent more than once.
trait Operation: Clone {
    const NAME: &'static str;
    const WRITES: bool;
    type Output;
    type Error: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static;

    fn send(
        self,
        client: &Client,
    ) -> impl Future<Output = Result<Self::Output, SdkError<Self::Error>>> + Send;

    /// Units that an answer says it consumed.
    fn units(output: &Self::Output) -> f64;

    /// Units of a failure. DynamoDB does not report them; a write that its condition refused consumes what the item that is
    /// there would, and at least one (Developer Guide, "Provisioned capacity mode", "Write capacity units").
    fn refused_units(_error: &Self::Error) -> f64 {
        0.0
    }

    /// Whether another transaction was in the way, so that the same request may well succeed in a moment.
    fn is_transient(error: &Self::Error) -> bool {
        matches!(error.code(), Some("TransactionConflictException" | "TransactionInProgressException"))
    }
}

macro_rules! operation {
    ($builder:ty, $name:literal, $writes:literal, $output:ty, $error:ty $(, $more:item)*) => {
        impl Operation for $builder {
            const NAME: &'static str = $name;
            const WRITES: bool = $writes;
            type Output = $output;
            type Error = $error;

            async fn send(self, client: &Client) -> Result<$output, SdkError<$error>> {
                self.return_consumed_capacity(ReturnConsumedCapacity::Total)
                    .send_with(client)
                    .await
            }

            fn units(output: &$output) -> f64 {
                let consumed = output.consumed_capacity().into_iter();
                consumed.filter_map(|c| c.capacity_units).sum()
            }

            $($more)*
        }
    };
}

operation!(GetItemInputBuilder, "GetItem", false, GetItemOutput, GetItemError);
operation!(QueryInputBuilder, "Query", false, QueryOutput, QueryError);
operation!(ScanInputBuilder, "Scan", false, ScanOutput, ScanError);
operation!(BatchGetItemInputBuilder, "BatchGetItem", false, BatchGetItemOutput, BatchGetItemError);
operation!(
    PutItemInputBuilder,
    "PutItem",
    true,
    PutItemOutput,
    PutItemError,
    fn refused_units(error: &PutItemError) -> f64 {
        match error {
            PutItemError::ConditionalCheckFailedException(failed) => write_units(failed.item()),
            _ => 0.0,
        }
    }
);
operation!(
    UpdateItemInputBuilder,
    "UpdateItem",
    true,
    UpdateItemOutput,
    UpdateItemError,
    fn refused_units(error: &UpdateItemError) -> f64 {
        match error {
            UpdateItemError::ConditionalCheckFailedException(failed) => write_units(failed.item()),
            _ => 0.0,
        }
    }
);
operation!(
    TransactWriteItemsInputBuilder,
    "TransactWriteItems",
    true,
    TransactWriteItemsOutput,
    TransactWriteItemsError,
    fn refused_units(error: &TransactWriteItemsError) -> f64 {
        let items = reasons(error).iter().map(|reason| write_units(reason.item()));
        TRANSACTION_FACTOR * items.sum::<f64>()
    },
    fn is_transient(error: &TransactWriteItemsError) -> bool {
        // Of a transaction that was both in conflict and refused, the next try says which of them lasts.
        let mut codes = reasons(error).iter().filter_map(|reason| reason.code.as_deref());
        codes.any(|code| {
            matches!(code, "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded")
        }) || matches!(error.code(), Some("TransactionConflictException" | "TransactionInProgressException"))
    }
);

impl Db {
    /// Opens DynamoDB. Makes no call.
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    pub(crate) fn open(environment: &AwsEnvironment) -> Self {
        let mut config = aws_sdk_dynamodb::config::Builder::from(&environment.shared());
        config.set_endpoint_url(environment.dynamodb_endpoint());
        Self { client: Client::from_conf(config.build()), meter: Meter::default() }
    }

    /// The same client with a meter of its own.
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

    /// Reads some items.
    pub(crate) async fn batch_get_item(
        &self,
        request: BatchGetItemInputBuilder,
    ) -> Result<BatchGetItemOutput, StoreError> {
        let read = self.run(request).await?;
        read.map_err(failed::<BatchGetItemInputBuilder>)
    }

    /// Reads a page of a table or an index.
    pub(crate) async fn query(&self, request: QueryInputBuilder) -> Result<QueryOutput, StoreError> {
        let read = self.run(request).await?;
        read.map_err(failed::<QueryInputBuilder>)
    }

    /// Reads a part of a table.
    pub(crate) async fn scan(&self, request: ScanInputBuilder) -> Result<ScanOutput, StoreError> {
        let read = self.run(request).await?;
        read.map_err(failed::<ScanInputBuilder>)
    }

    /// Puts an item.
    pub(crate) async fn put_item(&self, request: PutItemInputBuilder) -> Result<Conditional, StoreError> {
        match self.run(request).await? {
            Ok(done) => Ok(Conditional::Done(done.attributes)),
            Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => {
                match e.into_err() {
                    PutItemError::ConditionalCheckFailedException(refused) => {
                        Ok(Conditional::Refused(shown(refused.item)))
                    }
                    _ => Ok(Conditional::Refused(None)),
                }
            }
            Err(error) => Err(failed::<PutItemInputBuilder>(error)),
        }
    }

    /// Updates attributes of an item.
    pub(crate) async fn update_item(
        &self,
        request: UpdateItemInputBuilder,
    ) -> Result<Conditional, StoreError> {
        match self.run(request).await? {
            Ok(done) => Ok(Conditional::Done(done.attributes)),
            Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => {
                match e.into_err() {
                    UpdateItemError::ConditionalCheckFailedException(refused) => {
                        Ok(Conditional::Refused(shown(refused.item)))
                    }
                    _ => Ok(Conditional::Refused(None)),
                }
            }
            Err(error) => Err(failed::<UpdateItemInputBuilder>(error)),
        }
    }

    /// Makes several writes, all of them or none.
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

    /// Sends a request and records each try. The outer error is that others were in the way each time.
    async fn run<O: Operation>(
        &self,
        request: O,
    ) -> Result<Result<O::Output, SdkError<O::Error>>, StoreError> {
        let mut wait_ms = WAIT_MS.0;
        for _ in 0..TRIES_MAX {
            let began = Instant::now();
            // Boxed, since the SDK's future is large and every use case holds one.
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
            // The instant's own nanoseconds spread the tries of racing functions well enough.
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

/// Why a transaction was canceled, operation by operation.
fn reasons(error: &TransactWriteItemsError) -> &[CancellationReason] {
    match error {
        TransactWriteItemsError::TransactionCanceledException(canceled) => canceled.cancellation_reasons(),
        _ => &[],
    }
}

/// The item that failed its condition. A failed condition on an item that does not exist shows no item.
fn refused_item(reason: CancellationReason) -> Option<Item> {
    let failed = reason.code() == Some(REFUSED);
    failed.then_some(reason.item).and_then(shown)
}

fn shown(item: Option<Item>) -> Option<Item> {
    item.filter(|item| !item.is_empty())
}

/// Write units of an item of this size, at least one.
fn write_units(item: Option<&HashMap<String, AttributeValue>>) -> f64 {
    let bytes: usize = item.into_iter().flatten().map(|(name, value)| name.len() + size(value)).sum();
    let units = bytes.div_ceil(WRITE_UNIT_BYTES).max(1);
    f64::from(u32::try_from(units).unwrap_or(u32::MAX))
}

/// About how many bytes a value takes (Developer Guide, "DynamoDB item sizes and formats").
fn size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(digits) => digits.len() / 2 + 1,
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::L(list) => 3 + list.iter().map(|value| 1 + size(value)).sum::<usize>(),
        AttributeValue::M(map) => {
            let members = map.iter().map(|(name, value)| 1 + name.len() + size(value));
            3 + members.sum::<usize>()
        }
        AttributeValue::Ss(texts) => texts.iter().map(String::len).sum(),
        _ => 1,
    }
}
