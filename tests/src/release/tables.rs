//! The tables' content, taken out and put in through DynamoDB's own API.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::recording::Recording;
use crate::{Cloud, dynamodb::ask};

/// The tables of a local cloud.
const TABLES: [&str; 3] = ["tollgate", "tollgate-keys", "tollgate-events"];
/// Items of one kind and state that are enough.
const FEW: usize = 3;
/// Timestamps up to so long before a recording and after it are its own: a day back, forty days on, in milliseconds.
const SPAN_MS: (i64, i64) = (86_400_000, 40 * 86_400_000);

/// The same value with every object's members in order: an emulator gives them in any.
fn in_order(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let members: BTreeMap<&String, Value> =
                map.iter().map(|(name, value)| (name, in_order(value))).collect();
            members.into_iter().map(|(name, value)| (name.clone(), value)).collect()
        }
        Value::Array(list) => list.iter().map(in_order).collect(),
        other => other.clone(),
    }
}

/// Every item of every table, in the order of their keys.
pub async fn scan(cloud: &Cloud) -> Value {
    let url = cloud.ready["dynamodb"].as_str().unwrap();
    let mut tables = Map::new();
    for table in TABLES {
        let mut items: Vec<Value> = Vec::new();
        let mut request = json!({"TableName": table, "ConsistentRead": true});
        loop {
            let page = ask(url, "Scan", &request).await;
            items.extend(page["Items"].as_array().unwrap().iter().map(in_order));
            match page.get("LastEvaluatedKey").filter(|key| !key.is_null()) {
                Some(key) => request["ExclusiveStartKey"] = key.clone(),
                None => break,
            }
        }
        let key = |item: &Value| (item["pk"]["S"].to_string(), item["sk"]["S"].to_string());
        items.sort_by_key(key);
        tables.insert(table.to_owned(), json!(items));
    }
    Value::Object(tables)
}

/// Drops most deliveries, with their attempts, and most events: there are many of them and of few kinds. What `kept` names
/// stays.
pub(super) fn thin(tables: &mut Value, kept: &str) {
    let events = tables["tollgate-events"].as_array_mut().unwrap();
    let text = |item: &Value, name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
    let id = |item: &Value| text(item, "pk").rsplit('#').next().unwrap_or_default().to_owned();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut few = |kind: String| {
        let seen = seen.entry(kind).or_default();
        *seen += 1;
        *seen <= FEW
    };
    let deliveries: BTreeSet<String> = events
        .iter()
        .filter(|item| text(item, "t") == "DLV")
        .filter(|item| {
            few(format!("{}{}", text(item, "status"), id(item))) || kept.contains(&text(item, "event"))
        })
        .map(|item| text(item, "pk"))
        .collect();
    events.retain(|item| match text(item, "t").as_str() {
        "DLV" | "ATT" => deliveries.contains(&text(item, "pk")),
        "EVT" => {
            let id = id(item);
            few(text(item, "kind")) || kept.contains(&id) || deliveries.iter().any(|pk| pk.contains(&id))
        }
        _ => true,
    });
}

/// Puts a recording's items into the tables of a local cloud: what is published first, so that it is not published anew.
pub async fn load(cloud: &Cloud, tables: &Value) {
    let url = cloud.ready["dynamodb"].as_str().unwrap();
    for table in ["tollgate-events", "tollgate-keys", "tollgate"] {
        for item in tables[table].as_array().unwrap() {
            ask(url, "PutItem", &json!({"TableName": table, "Item": item})).await;
        }
    }
}

/// Moves a recording to another place and time, as if the release had written it here and now: what has expired since is
/// not expired, and what is in flight is found where it was left.
pub struct Shift<'a> {
    /// The recording.
    pub recording: &'a Recording,
    /// Now, in milliseconds since 1970.
    pub now_ms: i64,
    /// Texts to replace in every text: hosts and ports.
    pub places: Vec<(String, String)>,
}

impl Shift<'_> {
    /// The recording's items here and now.
    pub fn tables(&self) -> Value {
        let mut tables = self.recording.tables.clone();
        for items in tables.as_object_mut().unwrap().values_mut() {
            for item in items.as_array_mut().unwrap() {
                for value in item.as_object_mut().unwrap().values_mut() {
                    self.move_value(value);
                }
            }
        }
        tables
    }

    fn move_value(&self, value: &mut Value) {
        let Some(object) = value.as_object_mut() else {
            return;
        };
        for (kind, inner) in object.iter_mut() {
            match (kind.as_str(), inner) {
                ("N", Value::String(digits)) => *digits = self.move_number(digits),
                ("S", Value::String(text)) => *text = self.move_text(text),
                ("M", Value::Object(map)) => map.values_mut().for_each(|value| self.move_value(value)),
                ("L", Value::Array(list)) => list.iter_mut().for_each(|value| self.move_value(value)),
                _ => {}
            }
        }
    }

    fn move_number(&self, digits: &str) -> String {
        let Ok(number) = digits.parse::<i64>() else {
            return digits.to_owned();
        };
        let recorded = self.recording.recorded_ms;
        let by = self.now_ms - recorded;
        let span = recorded - SPAN_MS.0..recorded + SPAN_MS.1;
        if span.contains(&number) {
            (number + by).to_string()
        } else if number > 1_000_000_000 && span.contains(&number.saturating_mul(1000)) {
            (number + by / 1000).to_string()
        } else {
            digits.to_owned()
        }
    }

    /// Texts hold instants in sort keys and in JSON: thirteen digits.
    fn move_text(&self, text: &str) -> String {
        let mut moved = String::with_capacity(text.len());
        let mut digits = String::new();
        for c in text.chars().chain(std::iter::once('\0')) {
            if c.is_ascii_digit() {
                digits.push(c);
                continue;
            }
            if digits.len() == 13 {
                moved.push_str(&self.move_number(&digits));
            } else {
                moved.push_str(&digits);
            }
            digits.clear();
            if c != '\0' {
                moved.push(c);
            }
        }
        for (from, to) in &self.places {
            moved = moved.replace(from, to);
        }
        moved
    }
}
