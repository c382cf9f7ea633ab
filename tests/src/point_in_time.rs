//! Point-in-time recovery on a local cloud: a copy of the tables as of now, new tables made of it, and tables that lose what
//! they hold.

use serde_json::{Value, json};

use crate::{Cloud, dynamodb::ask};

/// The stack of the local cloud.
const STACK: &str = "tollgate";

/// What the live tables are called when the copy's are `name`, `name-events` and `name-keys`.
fn live_and_restored(name: &str) -> [(String, String); 3] {
    ["", "-events", "-keys"].map(|end| (format!("{STACK}{end}"), format!("{name}{end}")))
}

fn url(cloud: &Cloud) -> &str {
    cloud.ready["dynamodb"].as_str().unwrap()
}

/// Makes new tables of a copy (see [`crate::release::scan`]), as `RestoreTableToPointInTime` does: keys and indexes are those
/// of the live tables, and there is no stream and no expiry.
pub async fn restore_to_new_tables(cloud: &Cloud, copy: &Value, name: &str) {
    for (live, restored) in live_and_restored(name) {
        let described = ask(url(cloud), "DescribeTable", &json!({"TableName": live})).await;
        let table = &described["Table"];
        let indexes = table["GlobalSecondaryIndexes"].as_array().unwrap().iter();
        let indexes: Vec<Value> = indexes
            .map(|index| {
                json!({"IndexName": index["IndexName"], "KeySchema": index["KeySchema"],
                    "Projection": index["Projection"]})
            })
            .collect();
        let definition = json!({
            "TableName": restored,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": table["AttributeDefinitions"],
            "KeySchema": table["KeySchema"],
            "GlobalSecondaryIndexes": indexes,
        });
        ask(url(cloud), "CreateTable", &definition).await;
        for item in copy[live.as_str()].as_array().unwrap() {
            ask(url(cloud), "PutItem", &json!({"TableName": restored, "Item": item})).await;
        }
    }
}

/// Deletes every item of live tables.
pub async fn lose(cloud: &Cloud, tables: &[&str]) {
    let all = crate::release::scan(cloud).await;
    for table in tables {
        for item in all[*table].as_array().unwrap() {
            let key = json!({"pk": item["pk"], "sk": item["sk"]});
            ask(url(cloud), "DeleteItem", &json!({"TableName": table, "Key": key})).await;
        }
    }
}

/// The number of items of a live table.
pub async fn count(cloud: &Cloud, table: &str) -> usize {
    let request = json!({"TableName": table, "ConsistentRead": true, "Select": "COUNT"});
    let page = ask(url(cloud), "Scan", &request).await;
    usize::try_from(page["Count"].as_u64().unwrap()).unwrap()
}
