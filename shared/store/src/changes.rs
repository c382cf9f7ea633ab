//! Committed changes, as the stream of the main table has them.

use serde_json::Value;
use tollgate_domain::{Subject, Tenant};

use crate::{entity::subject_of, error::StoreError};

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
    /// Reads a record of the stream; `None` if it is about nothing that has events, or about a deletion.
    ///
    /// # Errors
    ///
    /// [`StoreError::BadItem`] and [`StoreError::NewerFormat`]: this release can't read the record, however
    /// often it tries.
    pub fn read(record: &Value) -> Result<Option<Self>, StoreError> {
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
