//! The format of stored items: a number in the attribute `f`; an item without it has format 1.
//!
//! During a rollout or a rollback two releases work on the same tables. A reader ignores attributes that it
//! does not know, so an attribute that older releases may ignore does not raise the format. A change that
//! older releases would misread does: an attribute with a new meaning, or a value without which the item is
//! not understood.
//!
//! A reader refuses an item of a newer format. The request then fails without a change, and the caller, the
//! stream or the queue retries until a newer release handles it. `docs/operations.md` says how a format is
//! raised.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    attributes::{Item, n, string_of},
    error::StoreError,
};

/// The attribute with the format.
const ATTRIBUTE: &str = "f";

/// A value as an item in this format, without keys.
pub(crate) fn encode<T: Serialize>(value: &T, format: u32) -> Result<Item, StoreError> {
    let mut item =
        serde_dynamo::aws_sdk_dynamodb_1::to_item(value).map_err(|e| StoreError::BadValue(e.to_string()))?;
    mark(&mut item, format);
    Ok(item)
}

/// The value of an item; refuses an item of a format newer than `newest`.
pub(crate) fn decode<T: DeserializeOwned>(item: Item, newest: u32) -> Result<T, StoreError> {
    check(&item, newest)?;
    let key = loggable(string_of(&item, "pk").unwrap_or_default()).to_owned();
    serde_dynamo::aws_sdk_dynamodb_1::from_item(item)
        .map_err(|e| StoreError::BadItem { key, detail: e.to_string() })
}

/// The value of an item of the stream; refuses an item of a format newer than `newest`.
pub(crate) fn decode_image<T: DeserializeOwned>(
    image: serde_dynamo::Item,
    key: &str,
    newest: u32,
) -> Result<T, StoreError> {
    let format = match image.get(ATTRIBUTE) {
        Some(serde_dynamo::AttributeValue::N(digits)) => Some(digits.as_str()),
        _ => None,
    };
    check_number(format, key, newest)?;
    serde_dynamo::from_item(image)
        .map_err(|e| StoreError::BadItem { key: key.to_owned(), detail: e.to_string() })
}

/// Writes the format into an item.
pub(crate) fn mark(item: &mut Item, format: u32) {
    item.insert(ATTRIBUTE.to_owned(), n(format));
}

/// Refuses an item of a format newer than `newest`.
pub(crate) fn check(item: &Item, newest: u32) -> Result<(), StoreError> {
    let format = match item.get(ATTRIBUTE) {
        Some(AttributeValue::N(digits)) => Some(digits.as_str()),
        _ => None,
    };
    check_number(format, string_of(item, "pk").unwrap_or_default(), newest)
}

fn check_number(written: Option<&str>, key: &str, newest: u32) -> Result<(), StoreError> {
    let Some(written) = written else { return Ok(()) };
    // A text that is no number is a format that this release does not know.
    let format = written.parse().unwrap_or(u32::MAX);
    if format <= newest {
        return Ok(());
    }
    Err(StoreError::NewerFormat { key: loggable(key).to_owned(), format, newest })
}

/// A partition key for logs, without the digest of an API key.
fn loggable(key: &str) -> &str {
    if key.starts_with("KEY#") { "KEY#…" } else { key }
}
