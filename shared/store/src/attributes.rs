//! Items as DynamoDB has them, and the attribute values that the crate writes.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use tollgate_domain::{Tenant, Timestamp};

/// An item: its attributes by name.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The sort key of a resource's own item. Its attempts or other parts have other sort keys.
pub(crate) const SK: &str = "#";

/// The condition of a create: no item has this key yet.
pub(crate) const ABSENT: &str = "attribute_not_exists(pk)";

/// A string attribute.
pub(crate) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A number attribute.
pub(crate) fn n(number: impl std::fmt::Display) -> AttributeValue {
    AttributeValue::N(format!("{number}"))
}

/// The string in an attribute; `None` if there is no such attribute or it is no string.
pub(crate) fn string_of<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// The partition key of the resource of type `code` with this id.
pub(crate) fn pk(tenant: Tenant, code: &str, id: &str) -> String {
    format!("{tenant}{code}#{id}")
}

/// An instant in a sort key: milliseconds with all digits, so that text order is time order.
pub(crate) fn sortable(at: Timestamp) -> String {
    format!("{:013}", at.ms().max(0))
}
