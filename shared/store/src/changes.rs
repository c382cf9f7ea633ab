//! Committed changes, as the stream of the main table has them.

use serde_json::Value;
use tollgate_domain::{
    BalanceTransaction, Subject, Tenant,
    ledger::{FundsStatus, TransactionKind},
};

use crate::{
    copies::MARK,
    entity::{Entity, from_image, subject_of, text_of},
    error::StoreError,
};

/// A committed change of a resource that has events.
#[derive(Clone, Debug)]
pub struct Change {
    /// The tenant.
    pub tenant: Tenant,
    /// The item's partition key.
    pub key: String,
    /// The resource before the change; `None` if the change created it.
    pub before: Option<Subject>,
    /// The resource after the change.
    pub after: Subject,
}

impl Change {
    /// Reads a record of the stream; `None` if it is about nothing that has events, about a deletion, or about an
    /// item that was copied back after a restore: its change was committed and published before.
    ///
    /// # Errors
    ///
    /// [`StoreError::BadItem`] and [`StoreError::NewerFormat`]: this release can't read the record, however
    /// often it tries.
    pub fn read(record: &Value) -> Result<Option<Self>, StoreError> {
        if is_copied_back(record) {
            return Ok(None);
        }
        let subject = |name: &str| image(record, name)?.map_or(Ok(None), subject_of);
        let Some((tenant, key, after)) = subject("NewImage")? else { return Ok(None) };
        let before = subject("OldImage")?.map(|(_, _, before)| before);
        Ok(Some(Self { tenant, key, before, after }))
    }
}

/// Money of a charge that became available.
#[derive(Clone, Debug)]
pub struct FundsAvailable {
    /// Whose it is.
    pub tenant: Tenant,
    /// The partition key of the balance transaction.
    pub key: String,
    /// The version of the balance transaction that made it available.
    pub version: u64,
}

impl FundsAvailable {
    /// Reads a record of the stream; `None` if it is about anything else. Errors as of [`Change::read`].
    pub fn read(record: &Value) -> Result<Option<Self>, StoreError> {
        // Most records are about something else: they are not converted for this.
        let is_transaction = record["dynamodb"]["NewImage"]["t"]["S"] == BalanceTransaction::CODE;
        if !is_transaction || is_copied_back(record) {
            return Ok(None);
        }
        let transaction = |name: &str| {
            let Some(image) = image(record, name)? else { return Ok(None) };
            let key = text_of(&image, "pk");
            let transaction: Box<BalanceTransaction> = from_image(&key, image)?;
            Ok::<_, StoreError>(Some((key, transaction)))
        };
        let Some((key, after)) = transaction("NewImage")? else { return Ok(None) };
        let is_available = |of: &BalanceTransaction| of.status == FundsStatus::Available;
        let was_available = transaction("OldImage")?.is_some_and(|(_, before)| is_available(&before));
        let became_available =
            after.kind == TransactionKind::Charge && is_available(&after) && !was_available;
        let tenant = Tenant::from_key(&key).filter(|_| became_available);
        Ok(tenant.map(|tenant| Self { tenant, key, version: after.version }))
    }
}

/// Whether a record of the stream is about an item that was copied back after a restore.
fn is_copied_back(record: &Value) -> bool {
    let mark = |name: &str| &record["dynamodb"][name][MARK];
    !mark("NewImage").is_null() && mark("NewImage") != mark("OldImage")
}

/// The item before or after a change, if there was one.
fn image(record: &Value, name: &str) -> Result<Option<serde_dynamo::Item>, StoreError> {
    let image = &record["dynamodb"][name];
    if image.is_null() {
        return Ok(None);
    }
    serde_json::from_value(image.clone())
        .map(Some)
        .map_err(|e| StoreError::BadItem { key: format!("{name} of a change"), detail: e.to_string() })
}

impl StoreError {
    /// Whether this release can never read what it was given. Anything else may succeed when it is tried again.
    pub fn is_unreadable(&self) -> bool {
        match self {
            Self::BadItem { .. } | Self::NewerFormat { .. } => true,
            Self::Aws { .. } | Self::BadValue(_) | Self::Contended { .. } | Self::Environment(_) => false,
        }
    }
}
