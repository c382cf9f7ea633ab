//! The limit of a partition: so many write units a second for each partition key of a table and of its indexes.
//!
//! DynamoDB gives a partition 1,000 write units a second, whatever the table has, and an index has partitions of its own. A write
//! that an index has no room for is throttled in the table. Nothing is split here, as if each key were a partition's only one: so
//! DynamoDB carries this much at least.
//!
//! What a write costs is reckoned from the item in the request: a unit for each KB, two in a transaction, and one for each KB in
//! each index in which the item appears. An update is reckoned as one KB. What is not in the request is left out: the
//! places in indexes that a write leaves.

use std::{collections::BTreeMap, time::Instant};

use serde::Serialize;
use serde_json::Value;

/// Bytes of a write unit.
const UNIT_BYTES: usize = 1024;
/// The indexes, and whether they hold the whole item.
const INDEXES: [(&str, bool); 3] = [("gsi1", true), ("gsi2", true), ("gsi3", false)];

/// What was written to the partitions of a table or an index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct PartitionLoad {
    /// Write units so far.
    pub units: u64,
    /// The most in one second.
    pub busiest_second: u64,
    /// Writes that had no room.
    pub throttled: u64,
}

/// The room of one partition.
#[derive(Clone, Copy, Debug)]
struct Room {
    /// Units that can be written now; less than none after a write that was larger.
    units: f64,
    at_s: f64,
    second: u64,
    of_second: u64,
    load: PartitionLoad,
}

/// The rooms of all partitions, by table or index and partition key.
#[derive(Debug)]
pub(super) struct Partitions {
    units_per_s: f64,
    began: Instant,
    rooms: BTreeMap<(String, String), Room>,
}

/// The place of a write: table or index, and partition key; and its units.
type Written = ((String, String), u64);

impl Partitions {
    /// Partitions with room for so many write units a second.
    pub(super) fn new(units_per_s: f64) -> Self {
        Self { units_per_s, began: Instant::now(), rooms: BTreeMap::new() }
    }

    /// Takes in a call; `false` if one of its partitions has no room, and then nothing is counted but that.
    pub(super) fn admit(&mut self, operation: &str, body: &Value) -> bool {
        self.admit_at(operation, body, self.began.elapsed().as_secs_f64())
    }

    fn admit_at(&mut self, operation: &str, body: &Value, now_s: f64) -> bool {
        let all = written_by(operation, body);
        let mut is_full = false;
        for (place, _) in &all {
            let rate = self.units_per_s;
            let room = self.rooms.entry(place.clone()).or_insert(Room {
                units: rate,
                at_s: now_s,
                second: 0,
                of_second: 0,
                load: PartitionLoad::default(),
            });
            room.units = (room.units + (now_s - room.at_s) * rate).min(rate);
            room.at_s = now_s;
            if room.units <= 0.0 {
                room.load.throttled += 1;
                is_full = true;
            }
        }
        if is_full {
            return false;
        }
        for (place, units) in all {
            let Some(room) = self.rooms.get_mut(&place) else { continue };
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "seconds since the start"
            )]
            let second = now_s as u64;
            if room.second != second {
                (room.second, room.of_second) = (second, 0);
            }
            room.of_second += units;
            room.load.units += units;
            room.load.busiest_second = room.load.busiest_second.max(room.of_second);
            #[expect(clippy::cast_precision_loss, reason = "a few units")]
            let taken = units as f64;
            room.units -= taken;
        }
        true
    }

    /// The loads of all partitions, by `<table or index> <partition key>`.
    pub(super) fn loads(&self) -> BTreeMap<String, PartitionLoad> {
        self.rooms.iter().map(|((of, key), room)| (format!("{of} {key}"), room.load)).collect()
    }
}

/// What a call writes, where, as far as its request shows.
fn written_by(operation: &str, body: &Value) -> Vec<Written> {
    match operation {
        "PutItem" => put(body, 1),
        "UpdateItem" | "DeleteItem" => keyed(body, 1),
        "TransactWriteItems" => {
            let parts = body["TransactItems"].as_array().into_iter().flatten();
            let of_part = |part: &Value| {
                let keyed =
                    ["Update", "Delete", "ConditionCheck"].iter().flat_map(|name| keyed(&part[*name], 2));
                put(&part["Put"], 2).into_iter().chain(keyed).collect::<Vec<_>>()
            };
            parts.flat_map(of_part).collect()
        }
        _ => Vec::new(),
    }
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value[name]["S"].as_str()
}

fn put(put: &Value, times: u64) -> Vec<Written> {
    let (Some(table), item) = (put["TableName"].as_str(), &put["Item"]) else { return Vec::new() };
    let bytes: usize =
        item.as_object().into_iter().flatten().map(|(name, value)| name.len() + size_of(value)).sum();
    let units = u64::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(u64::MAX);
    let of_index = |(index, is_whole): &(&str, bool)| {
        let key = text(item, &format!("{index}pk"))?.to_owned();
        Some(((format!("{table}/{index}"), key), if *is_whole { units } else { 1 }))
    };
    let of_table = text(item, "pk").map(|key| ((table.to_owned(), key.to_owned()), units * times));
    of_table.into_iter().chain(INDEXES.iter().filter_map(of_index)).collect()
}

fn keyed(write: &Value, units: u64) -> Vec<Written> {
    let (Some(table), Some(key)) = (write["TableName"].as_str(), text(&write["Key"], "pk")) else {
        return Vec::new();
    };
    vec![((table.to_owned(), key.to_owned()), units)]
}

/// About the bytes that DynamoDB counts for a value.
fn size_of(value: &Value) -> usize {
    let Some((kind, value)) = value.as_object().and_then(|value| value.iter().next()) else { return 0 };
    match (kind.as_str(), value) {
        ("S" | "B", Value::String(text)) => text.len(),
        ("N", Value::String(digits)) => digits.len().div_ceil(2) + 1,
        ("M", Value::Object(members)) => {
            3 + members.iter().map(|(name, member)| name.len() + size_of(member) + 1).sum::<usize>()
        }
        ("L", Value::Array(members)) => 3 + members.iter().map(|member| size_of(member) + 1).sum::<usize>(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn booking(number: usize) -> Value {
        json!({"TransactItems": [
            {"Put": {"TableName": "t", "Item": {"pk": {"S": format!("BTX#{number}")}, "gsi1pk": {"S": "BTX"},
                "text": {"S": "x".repeat(1100)}, "gsi3pk": {"S": "DUE"}}}},
            {"Update": {"TableName": "t", "Key": {"pk": {"S": "BAL"}, "sk": {"S": "EUR#1"}}}},
        ]})
    }

    #[test]
    fn a_write_costs_its_table_twice_in_a_transaction_and_each_index_once() {
        let mut partitions = Partitions::new(1000.0);
        assert!(partitions.admit_at("TransactWriteItems", &booking(1), 0.0));
        let units: Vec<(String, u64)> =
            partitions.loads().into_iter().map(|(place, load)| (place, load.units)).collect();
        let expected = [("t BAL", 2), ("t BTX#1", 4), ("t/gsi1 BTX", 2), ("t/gsi3 DUE", 1)];
        assert_eq!(units, expected.map(|(place, units)| (place.to_owned(), units)));
    }

    #[test]
    fn a_partition_without_room_throttles_the_whole_call_until_a_moment_has_passed() {
        let mut partitions = Partitions::new(10.0);
        let admitted =
            (0..20).filter(|n| partitions.admit_at("TransactWriteItems", &booking(*n), 0.0)).count();
        assert_eq!(admitted, 5);
        let loads = partitions.loads();
        assert_eq!((loads["t BAL"].busiest_second, loads["t BAL"].throttled), (10, 15));
        assert!(!partitions.admit_at("TransactWriteItems", &booking(99), 0.0));
        assert!(partitions.admit_at("TransactWriteItems", &booking(99), 0.5));
        // Other keys have room of their own, and reads need none.
        let other = json!({"TableName": "t", "Item": {"pk": {"S": "PAY#1"}}});
        assert!(partitions.admit_at("PutItem", &other, 0.5));
        assert!(partitions.admit_at("Query", &booking(1), 0.5));
    }
}
