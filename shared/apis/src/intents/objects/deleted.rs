//! A resource that was deleted.

use serde::Serialize;
use serde_json::Value;

use crate::json::to_value;

/// A resource that was deleted.
#[derive(Debug, Serialize)]
pub struct Deleted {
    /// Its id.
    pub id: String,
    /// Its type.
    pub object: &'static str,
    /// `true`.
    pub deleted: bool,
}

/// A resource that was deleted, as JSON.
pub fn deleted(id: String, object: &'static str) -> Value {
    to_value(&Deleted { id, object, deleted: true })
}
