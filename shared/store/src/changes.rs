//! Committed changes, as the stream of the main table has them.

use serde_json::Value;
use tollgate_domain::{Subject, Tenant};

use crate::{copies::MARK, entity::subject_of, error::StoreError};

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
        let mark = |name: &str| &record["dynamodb"][name][MARK];
        if !mark("NewImage").is_null() && mark("NewImage") != mark("OldImage") {
            return Ok(None);
        }
        let subject = |name: &str| match &record["dynamodb"][name] {
            Value::Null => Ok(None),
            image => {
                let image = serde_json::from_value(image.clone()).map_err(|e| StoreError::BadItem {
                    key: format!("{name} of a change"),
                    detail: e.to_string(),
                })?;
                subject_of(image)
            }
        };
        let Some((tenant, key, after)) = subject("NewImage")? else { return Ok(None) };
        let before = subject("OldImage")?.map(|(_, _, before)| before);
        Ok(Some(Self { tenant, key, before, after }))
    }
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
