//! Calls that DynamoDB refuses and the emulator accepts.
//!
//! Each rule was found by asking Amazon's own DynamoDB Local and the emulator the same (`tests/tests/store/differences.rs`).

use axum::response::Response;
use serde_json::Value;

use crate::aws_json::error;

/// Most bytes of a partition key's value.
const PARTITION_BYTES_MAX: usize = 2048;
/// Most bytes of a sort key's value.
const SORT_BYTES_MAX: usize = 1024;

/// What DynamoDB answers to a call that it refuses; `None` if these rules allow it.
pub(crate) fn refusal(operation: &str, body: &Value) -> Option<Response> {
    let broken = match operation {
        "Query" => key_condition(body),
        "PutItem" => index_keys(&body["Item"]),
        "TransactWriteItems" => body["TransactItems"].as_array()?.iter().find_map(transaction_part),
        _ => None,
    };
    broken.map(|text| error("ValidationException", text))
}

/// A key has a value: no empty one and none that is too long.
fn key_condition(body: &Value) -> Option<&'static str> {
    let expression = body["KeyConditionExpression"].as_str()?;
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut before = expression;
    let mut broken = None;
    // From the last value to the first, so that what stands before each is known.
    while let Some(at) = before.rfind(':') {
        let name_end = before[at + 1..].find(|c| !is_of_name(c)).map_or(before.len(), |end| at + 1 + end);
        let name = &before[at..name_end];
        before = &before[..at];
        let bytes_max = if before.trim_end().ends_with('=') { PARTITION_BYTES_MAX } else { SORT_BYTES_MAX };
        let value = body["ExpressionAttributeValues"][name]["S"].as_str();
        broken = value.and_then(|value| key_value(value, bytes_max)).or(broken);
    }
    broken
}

fn key_value(value: &str, bytes_max: usize) -> Option<&'static str> {
    if value.is_empty() {
        Some(
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an \
             empty string value.",
        )
    } else if value.len() > bytes_max {
        Some("One or more parameter values were invalid: Size limit exceeded")
    } else {
        None
    }
}

/// The keys of indexes, which the templates name `gsi1pk`, `gsi1sk` and so on, are as short as the table's.
fn index_keys(item: &Value) -> Option<&'static str> {
    item.as_object()?.iter().filter(|(name, _)| name.starts_with("gsi")).find_map(|(name, value)| {
        let bytes_max = if name.ends_with("pk") { PARTITION_BYTES_MAX } else { SORT_BYTES_MAX };
        key_value(value["S"].as_str()?, bytes_max)
    })
}

/// A put of a transaction has values only for its condition.
fn transaction_part(part: &Value) -> Option<&'static str> {
    let put = part.get("Put")?;
    if !put["ExpressionAttributeValues"].is_null() && put["ConditionExpression"].is_null() {
        return Some(
            "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null",
        );
    }
    index_keys(&put["Item"])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn is_refused(operation: &str, body: &Value) -> bool {
        refusal(operation, body).is_some()
    }

    #[test]
    fn a_key_condition_has_no_empty_and_no_long_value() {
        let between = |low: &str, high: &str| {
            is_refused(
                "Query",
                &json!({"KeyConditionExpression": "gsi1pk = :pk AND gsi1sk BETWEEN :low AND :high",
                "ExpressionAttributeValues": {":pk": {"S": "p".repeat(2048)}, ":low": {"S": low}, ":high": {"S": high},
                    ":kept": {"S": ""}}}),
            )
        };
        assert!(!between("0", "9"));
        assert!(between("", "9") && between("0", "") && between("0", &"9".repeat(1025)));
        let equal = |value: &str| {
            let values = json!({":pk": {"S": value}});
            is_refused(
                "Query",
                &json!({"KeyConditionExpression": "pk=:pk", "ExpressionAttributeValues": values}),
            )
        };
        assert!(!equal("p") && equal("") && equal(&"p".repeat(2049)));
    }

    #[test]
    fn an_index_key_is_not_longer_than_a_tables() {
        let long = json!({"pk": {"S": "p"}, "gsi1pk": {"S": "p"}, "gsi1sk": {"S": "s".repeat(1025)}});
        let short =
            json!({"pk": {"S": "p"}, "gsi1pk": {"S": "p".repeat(2048)}, "x": {"S": "s".repeat(5000)}});
        for (item, refused) in [(&long, true), (&short, false)] {
            assert_eq!(is_refused("PutItem", &json!({ "Item": item })), refused);
            let transaction = json!({"TransactItems": [{"Delete": {}}, {"Put": {"Item": item}}]});
            assert_eq!(is_refused("TransactWriteItems", &transaction), refused);
        }
    }

    #[test]
    fn values_of_a_put_without_a_condition_are_refused_in_a_transaction() {
        let put = |condition: Value| {
            json!({"TransactItems": [{"Put": {"Item": {}, "ConditionExpression": condition,
                "ExpressionAttributeValues": {":x": {"S": "x"}}}}]})
        };
        assert!(is_refused("TransactWriteItems", &put(Value::Null)));
        assert!(!is_refused("TransactWriteItems", &put("a = :x".into())));
    }
}
