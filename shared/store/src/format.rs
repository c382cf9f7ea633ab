//! The format of what is stored: one number on every item, in the attribute `f`; none means 1.
//!
//! Two releases work on the same tables while one is rolled out, and again when it is rolled back. A reader skips
//! attributes that it does not know, so a new attribute that older readers may ignore raises nothing. What they would
//! *misread* does: an attribute that means something else, or a new value without which the item is not understood. A
//! reader refuses a format newer than its own; nothing is done, and the caller, the stream or the queue tries again until a
//! release that reads it has the request. `docs/operations.md` says how a format is raised.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::{
    error::StoreError,
    items::{Item, n},
};

/// The attribute.
const ATTRIBUTE: &str = "f";

/// Marks an item with the format in which it is written.
pub(crate) fn mark(item: &mut Item, format: u32) {
    item.insert(ATTRIBUTE.to_owned(), n(format));
}

/// Refuses an item of a format newer than `newest`.
pub(crate) fn check(item: &Item, newest: u32) -> Result<(), StoreError> {
    let number = |name: &str| match item.get(name) {
        Some(AttributeValue::N(digits)) => Some(digits.as_str()),
        _ => None,
    };
    let key = item.get("pk").and_then(|pk| pk.as_s().ok());
    judge(number(ATTRIBUTE), key.map_or("", String::as_str), newest)
}

/// The same for an item of the stream.
pub(crate) fn check_image(image: &serde_dynamo::Item, key: &str, newest: u32) -> Result<(), StoreError> {
    let number = match image.get(ATTRIBUTE) {
        Some(serde_dynamo::AttributeValue::N(digits)) => Some(digits.as_str()),
        _ => None,
    };
    judge(number, key, newest)
}

fn judge(written: Option<&str>, key: &str, newest: u32) -> Result<(), StoreError> {
    let Some(written) = written else { return Ok(()) };
    // What is no number is no format that this release knows.
    let format = written.parse().unwrap_or(u32::MAX);
    if format <= newest {
        return Ok(());
    }
    // The digest of a key names nobody, but is not for logs either.
    let key = if key.starts_with("KEY#") { "KEY#…" } else { key };
    Err(StoreError::NewerFormat { key: key.to_owned(), format, newest })
}
