//! Lists of the `charges` API.

use serde::Serialize;
use serde_json::Value;

use crate::json::to_value;

/// A page of a list.
#[derive(Debug, Serialize)]
pub struct List {
    data: Vec<Value>,
    /// Whether there are more after this page.
    has_more: bool,
    /// The `starting_after` of the next page.
    next_cursor: Option<String>,
}

/// A page of a list as JSON. There are more items if there is a `next_cursor`.
pub fn list(data: Vec<Value>, next_cursor: Option<String>) -> Value {
    to_value(&List { data, has_more: next_cursor.is_some(), next_cursor })
}
