//! What a call of DynamoDB needs: actions on tables and indexes, with the partition keys of the items that it names.
//!
//! Which action a part of a transaction needs is in the Developer Guide, "Using IAM with DynamoDB transactions".

use std::{borrow::Cow, collections::HashMap};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::policy::{LeadingKeys, Need};
use crate::{aws::table_arn, template::Table};

/// The names of the tables' and indexes' partition keys.
#[derive(Debug, Default)]
pub(crate) struct PartitionKeys(HashMap<String, TableKeys>);

#[derive(Debug, Default)]
struct TableKeys {
    own: String,
    indexes: HashMap<String, String>,
}

impl PartitionKeys {
    pub(crate) fn of(tables: &[Table]) -> Self {
        let keys = tables.iter().map(|table| (table.name.clone(), TableKeys::of(&table.definition)));
        Self(keys.collect())
    }

    fn of_table(&self, table: &str) -> Option<&str> {
        self.0.get(table).map(|keys| keys.own.as_str())
    }

    fn of_index(&self, table: &str, index: &str) -> Option<&str> {
        self.0.get(table)?.indexes.get(index).map(String::as_str)
    }
}

impl TableKeys {
    fn of(definition: &serde_json::Value) -> Self {
        let partition = |schema: &serde_json::Value| {
            let mut parts = schema.as_array().into_iter().flatten();
            let part = parts.find(|part| part["KeyType"] == "HASH");
            part.and_then(|part| part["AttributeName"].as_str()).unwrap_or_default().to_owned()
        };
        let mut indexes = HashMap::new();
        for kind in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
            for index in definition[kind].as_array().into_iter().flatten() {
                let name = index["IndexName"].as_str().unwrap_or_default();
                indexes.insert(name.to_owned(), partition(&index["KeySchema"]));
            }
        }
        Self { own: partition(&definition["KeySchema"]), indexes }
    }
}

type Attributes<'a> = HashMap<Cow<'a, str>, &'a RawValue>;

/// The parts of a request's body that say what it touches.
#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    #[serde(borrow)]
    table_name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    index_name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    key: Option<Attributes<'a>>,
    #[serde(borrow)]
    item: Option<Attributes<'a>>,
    #[serde(borrow)]
    key_condition_expression: Option<Cow<'a, str>>,
    #[serde(borrow)]
    expression_attribute_names: Option<HashMap<Cow<'a, str>, Cow<'a, str>>>,
    #[serde(borrow)]
    expression_attribute_values: Option<Attributes<'a>>,
    #[serde(borrow)]
    request_items: Option<HashMap<Cow<'a, str>, &'a RawValue>>,
    #[serde(borrow)]
    transact_items: Option<Vec<HashMap<Cow<'a, str>, Body<'a>>>>,
}

/// A table's part of a batch that reads.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Keys<'a> {
    #[serde(borrow)]
    keys: Vec<Attributes<'a>>,
}

/// A request of a batch that writes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WriteRequest<'a> {
    #[serde(borrow)]
    put_request: Option<Body<'a>>,
    #[serde(borrow)]
    delete_request: Option<Body<'a>>,
}

/// What a call needs; `None` if its body can't be read.
pub(crate) fn needs(operation: &str, body: &[u8], partition_keys: &PartitionKeys) -> Option<Vec<Need>> {
    let body: Body<'_> = serde_json::from_slice(body).ok()?;
    match operation {
        "TransactWriteItems" | "TransactGetItems" => body
            .transact_items?
            .iter()
            .flatten()
            .map(|(part, body)| {
                let action = match part.as_ref() {
                    "ConditionCheck" => "ConditionCheckItem".to_owned(),
                    part => format!("{part}Item"),
                };
                Some(body.need(&action, partition_keys))
            })
            .collect(),
        "BatchGetItem" | "BatchWriteItem" => body
            .request_items?
            .iter()
            .map(|(table, requests)| {
                let read = match operation {
                    "BatchGetItem" => batch_read(requests, partition_keys.of_table(table)),
                    _ => batch_written(requests, partition_keys.of_table(table)),
                };
                let leading_keys = read.map_or(LeadingKeys::Unreadable, LeadingKeys::Of);
                Some(Need { action: action(operation), resource: table_arn(table), leading_keys })
            })
            .collect(),
        _ => Some(vec![body.need(operation, partition_keys)]),
    }
}

fn action(operation: &str) -> String {
    format!("dynamodb:{operation}")
}

fn batch_read(requests: &RawValue, partition_key: Option<&str>) -> Option<Vec<String>> {
    let read: Keys<'_> = serde_json::from_str(requests.get()).ok()?;
    read.keys.iter().map(|key| value_of(key, partition_key?)).collect()
}

fn batch_written(requests: &RawValue, partition_key: Option<&str>) -> Option<Vec<String>> {
    let read: Vec<WriteRequest<'_>> = serde_json::from_str(requests.get()).ok()?;
    let written = read.iter().map(|request| {
        let put = request.put_request.as_ref().and_then(|put| put.item.as_ref());
        let deleted = request.delete_request.as_ref().and_then(|delete| delete.key.as_ref());
        value_of(put.or(deleted)?, partition_key?)
    });
    written.collect()
}

/// The text of an attribute's value, whatever its type.
fn value_of(attributes: &Attributes<'_>, name: &str) -> Option<String> {
    let value: HashMap<Cow<'_, str>, Cow<'_, str>> =
        serde_json::from_str(attributes.get(name)?.get()).ok()?;
    value.into_values().next().map(Cow::into_owned)
}

impl Body<'_> {
    fn need(&self, operation: &str, partition_keys: &PartitionKeys) -> Need {
        let table = self.table_name.as_deref().unwrap_or_default();
        let resource = match self.index_name.as_deref() {
            Some(index) => format!("{}/index/{index}", table_arn(table)),
            None => table_arn(table),
        };
        let partition_key = match self.index_name.as_deref() {
            Some(index) => partition_keys.of_index(table, index),
            None => partition_keys.of_table(table),
        };
        let one = |key: Option<String>| key.map_or(LeadingKeys::Unreadable, |key| LeadingKeys::Of(vec![key]));
        let named =
            |item: Option<&Attributes<'_>>| one(item.zip(partition_key).and_then(|(i, k)| value_of(i, k)));
        let leading_keys = match operation {
            "PutItem" => named(self.item.as_ref()),
            "GetItem" | "UpdateItem" | "DeleteItem" | "ConditionCheckItem" => named(self.key.as_ref()),
            "Query" => one(partition_key.and_then(|key| self.queried(key))),
            _ => LeadingKeys::None,
        };
        Need { action: action(operation), resource, leading_keys }
    }

    /// The partition key that a query's condition names: `pk = :pk` or `#pk = :pk`, alone or with a condition on the sort
    /// key.
    fn queried(&self, partition_key: &str) -> Option<String> {
        let condition = self.key_condition_expression.as_deref()?;
        let spaced = condition.replace('=', " = ").replace(['(', ')', ','], " ");
        let words: Vec<_> = spaced.split_whitespace().collect();
        let name_of = |word: &'_ str| -> bool {
            let names = self.expression_attribute_names.as_ref();
            let named = names.and_then(|names| names.get(word)).map(Cow::as_ref);
            named.unwrap_or(word) == partition_key
        };
        let mut equalities = words.windows(3).filter(|words| words[1] == "=" && name_of(words[0]));
        let value = equalities.next()?[2];
        value_of(self.expression_attribute_values.as_ref()?, value)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const TABLE: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/t";

    fn partition_keys() -> PartitionKeys {
        let definition = json!({
            "KeySchema": [{"AttributeName": "sk", "KeyType": "RANGE"}, {"AttributeName": "pk", "KeyType": "HASH"}],
            "GlobalSecondaryIndexes": [
                {"IndexName": "gsi1", "KeySchema": [{"AttributeName": "gsi1pk", "KeyType": "HASH"}]},
            ],
        });
        PartitionKeys(HashMap::from([("t".to_owned(), TableKeys::of(&definition))]))
    }

    /// The needs of a call: action without its service, resource without the table's ARN, keys.
    fn read(operation: &str, body: &Value) -> Vec<(String, String, LeadingKeys)> {
        let needs =
            needs(operation, body.to_string().as_bytes(), &partition_keys()).expect("a readable body");
        let short = |need: Need| {
            let action = need.action.strip_prefix("dynamodb:").unwrap().to_owned();
            let resource = need.resource.strip_prefix(TABLE).unwrap_or(&need.resource).to_owned();
            (action, resource, need.leading_keys)
        };
        needs.into_iter().map(short).collect()
    }

    fn keys(keys: &[&str]) -> LeadingKeys {
        LeadingKeys::Of(keys.iter().map(|key| (*key).to_owned()).collect())
    }

    fn expected(action: &str, resource: &str, keys: LeadingKeys) -> (String, String, LeadingKeys) {
        (action.to_owned(), resource.to_owned(), keys)
    }

    #[test]
    fn a_call_names_the_partition_key_of_its_item() {
        let key = json!({"TableName": "t", "Key": {"sk": {"S": "#"}, "pk": {"S": "a\"é"}}});
        for operation in ["GetItem", "UpdateItem", "DeleteItem"] {
            assert_eq!(read(operation, &key), [expected(operation, "", keys(&["a\"é"]))]);
        }
        let put = json!({"TableName": "t", "Item": {"pk": {"N": "7"}, "x": {"M": {"pk": {"S": "no"}}}}});
        assert_eq!(read("PutItem", &put), [expected("PutItem", "", keys(&["7"]))]);
        let scan = json!({"TableName": "t"});
        assert_eq!(read("Scan", &scan), [expected("Scan", "", LeadingKeys::None)]);
        assert_eq!(read("PutItem", &scan), [expected("PutItem", "", LeadingKeys::Unreadable)]);
        assert!(needs("PutItem", b"[", &partition_keys()).is_none());
    }

    #[test]
    fn a_query_names_the_partition_key_of_its_condition() {
        let values = json!({":a": {"S": "x"}, ":b": {"S": "y"}});
        for (condition, index, found) in [
            ("pk = :a", None, keys(&["x"])),
            ("begins_with(sk, :a) AND pk=:b", None, keys(&["y"])),
            ("(#p = :b) AND #s > :a", None, keys(&["y"])),
            ("gsi1pk = :a AND gsi1sk < :b", Some("gsi1"), keys(&["x"])),
            ("pk = :a", Some("gsi1"), LeadingKeys::Unreadable),
            ("pk = :nothing", None, LeadingKeys::Unreadable),
            ("sk = :a", None, LeadingKeys::Unreadable),
        ] {
            let mut query = json!({
                "TableName": "t", "KeyConditionExpression": condition, "ExpressionAttributeValues": values,
                "ExpressionAttributeNames": {"#p": "pk", "#s": "sk"},
            });
            if let Some(index) = index {
                query["IndexName"] = json!(index);
            }
            let resource = if index.is_some() { "/index/gsi1" } else { "" };
            assert_eq!(read("Query", &query), [expected("Query", resource, found)], "{condition}");
        }
    }

    #[test]
    fn a_batch_needs_its_own_action_on_each_table() {
        let read_batch = json!({"RequestItems": {"t": {"Keys": [{"pk": {"S": "a"}}, {"pk": {"S": "b"}}]}}});
        assert_eq!(read("BatchGetItem", &read_batch), [expected("BatchGetItem", "", keys(&["a", "b"]))]);
        let write_batch = json!({"RequestItems": {"t": [
            {"PutRequest": {"Item": {"pk": {"S": "a"}}}}, {"DeleteRequest": {"Key": {"pk": {"S": "b"}}}},
        ]}});
        assert_eq!(read("BatchWriteItem", &write_batch), [expected("BatchWriteItem", "", keys(&["a", "b"]))]);
        let odd = json!({"RequestItems": {"t": {"Keys": [{"sk": {"S": "a"}}]}}});
        assert_eq!(read("BatchGetItem", &odd), [expected("BatchGetItem", "", LeadingKeys::Unreadable)]);
    }

    #[test]
    fn a_transaction_needs_the_actions_of_its_parts() {
        let key = json!({"TableName": "t", "Key": {"pk": {"S": "k"}}});
        let put = json!({"TableName": "t", "Item": {"pk": {"S": "i"}}});
        let written = json!({"TransactItems": [{"Put": put}, {"Update": key}, {"Delete": key}, {"ConditionCheck": key}]});
        assert_eq!(
            read("TransactWriteItems", &written),
            [
                expected("PutItem", "", keys(&["i"])),
                expected("UpdateItem", "", keys(&["k"])),
                expected("DeleteItem", "", keys(&["k"])),
                expected("ConditionCheckItem", "", keys(&["k"])),
            ]
        );
        let got = json!({"TransactItems": [{"Get": key}]});
        assert_eq!(read("TransactGetItems", &got), [expected("GetItem", "", keys(&["k"]))]);
    }
}
