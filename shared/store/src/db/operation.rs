//! The operations of DynamoDB that the store uses: how each is sent, what it consumes, and which failures are
//! retried.

use aws_sdk_dynamodb::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::{
        batch_get_item::{BatchGetItemError, BatchGetItemOutput, builders::BatchGetItemInputBuilder},
        get_item::{GetItemError, GetItemOutput, builders::GetItemInputBuilder},
        put_item::{PutItemError, PutItemOutput, builders::PutItemInputBuilder},
        query::{QueryError, QueryOutput, builders::QueryInputBuilder},
        scan::{ScanError, ScanOutput, builders::ScanInputBuilder},
        transact_write_items::{
            TransactWriteItemsError, TransactWriteItemsOutput, builders::TransactWriteItemsInputBuilder,
        },
        update_item::{UpdateItemError, UpdateItemOutput, builders::UpdateItemInputBuilder},
    },
    types::{AttributeValue, CancellationReason, ReturnConsumedCapacity},
};

use crate::attributes::Item;

/// Size of a write capacity unit, in bytes.
const WRITE_UNIT_BYTES: usize = 1024;
/// Write units in a transaction, relative to a single write: each item is prepared and committed.
const TRANSACTION_FACTOR: f64 = 2.0;

/// A request that can be sent repeatedly.
pub(super) trait Operation: Clone {
    const NAME: &'static str;
    const WRITES: bool;
    type Output;
    type Error: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static;

    fn send(
        self,
        client: &Client,
    ) -> impl Future<Output = Result<Self::Output, SdkError<Self::Error>>> + Send;

    /// The capacity units that an answer reports.
    fn units(output: &Self::Output) -> f64;

    /// The capacity units of a failure. DynamoDB does not report them: a write whose condition fails consumes
    /// the units of the existing item, at least one (Developer Guide, "Provisioned capacity mode", "Write
    /// capacity units").
    fn refused_units(_error: &Self::Error) -> f64 {
        0.0
    }

    /// Whether the request conflicted with a transaction, so that a retry may succeed. The SDK itself retries a
    /// transaction that is in progress, with the same token.
    fn is_transient(error: &Self::Error) -> bool {
        error.code() == Some("TransactionConflictException")
    }
}

/// A write of one item that may have a condition.
pub(super) trait ConditionalWrite: Operation {
    /// The attributes in an answer, if requested.
    fn attributes(output: Self::Output) -> Option<Item>;

    /// Whether the condition failed.
    fn is_refusal(error: &Self::Error) -> bool;

    /// The existing item whose condition failed, if requested and there is one.
    fn existing(error: &Self::Error) -> Option<&Item>;
}

macro_rules! conditional_write {
    ($builder:ty, $output:ty, $error:ident) => {
        impl ConditionalWrite for $builder {
            fn attributes(output: $output) -> Option<Item> {
                output.attributes
            }

            fn is_refusal(error: &$error) -> bool {
                error.is_conditional_check_failed_exception()
            }

            fn existing(error: &$error) -> Option<&Item> {
                match error {
                    $error::ConditionalCheckFailedException(refused) => refused.item(),
                    // The SDK's other errors; its enum can grow.
                    _ => None,
                }
            }
        }
    };
}

conditional_write!(PutItemInputBuilder, PutItemOutput, PutItemError);
conditional_write!(UpdateItemInputBuilder, UpdateItemOutput, UpdateItemError);

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
        if Self::is_refusal(error) { write_units(Self::existing(error)) } else { 0.0 }
    }
);
operation!(
    UpdateItemInputBuilder,
    "UpdateItem",
    true,
    UpdateItemOutput,
    UpdateItemError,
    fn refused_units(error: &UpdateItemError) -> f64 {
        if Self::is_refusal(error) { write_units(Self::existing(error)) } else { 0.0 }
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
        // If a transaction was both in conflict and refused, the next try shows which of the two persists.
        let mut codes = reasons(error).iter().filter_map(|reason| reason.code.as_deref());
        codes.any(|code| {
            matches!(code, "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded")
        }) || error.code() == Some("TransactionConflictException")
    }
);

/// The reasons of a canceled transaction, one per operation.
pub(super) fn reasons(error: &TransactWriteItemsError) -> &[CancellationReason] {
    match error {
        TransactWriteItemsError::TransactionCanceledException(canceled) => canceled.cancellation_reasons(),
        _ => &[],
    }
}

/// Write units of an item, at least one.
fn write_units(item: Option<&Item>) -> f64 {
    let bytes: usize = item.into_iter().flatten().map(|(name, value)| name.len() + size(value)).sum();
    let units = bytes.div_ceil(WRITE_UNIT_BYTES).max(1);
    f64::from(u32::try_from(units).unwrap_or(u32::MAX))
}

/// Approximate size of a value in bytes (Developer Guide, "DynamoDB item sizes and formats").
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
