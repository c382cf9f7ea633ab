//! JSON exactly as JavaScript prints it.
//!
//! The documented verifier of the `charges` API parses the body and signs what `JSON.stringify` makes of it. Its
//! signature matches only if the body already is that text: compact, raw UTF-8, numbers as JavaScript prints them, and
//! keys that look like array positions first, in ascending order.

use serde::Serialize;
use serde_json::{Map, Number, Value, value::RawValue};
use tollgate_domain::Money;

use crate::Problem;

/// The largest key that JavaScript orders as an array position: 2^32 − 2.
const ARRAY_INDEX_MAX: u64 = u32::MAX as u64 - 1;

/// An object of this crate as a JSON value. Its keys are texts and its numbers are finite, so this does not fail.
pub(crate) fn to_value(object: &impl Serialize) -> Value {
    serde_json::to_value(object).unwrap_or_default()
}

/// Text that already is JSON.
pub(crate) fn raw(text: String) -> Result<Box<RawValue>, Problem> {
    RawValue::from_string(text).map_err(|error| Problem::Internal(error.to_string()))
}

/// An amount as a JSON number with exactly its currency's decimal places: `100.00`, `1000`.
pub(crate) fn decimal(amount: Money) -> Result<Box<RawValue>, Problem> {
    raw(amount.to_decimal())
}

/// What JavaScript's `JSON.stringify(JSON.parse(text))` prints for a value.
pub fn to_canonical(value: &Value) -> String {
    let mut out = String::new();
    write_value(value, &mut out);
    out
}

fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => write_number(number, out),
        Value::String(text) => write_string(text, out),
        Value::Array(list) => {
            out.push('[');
            for (at, item) in list.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_value(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => write_object(map, out),
    }
}

fn write_object(map: &Map<String, Value>, out: &mut String) {
    let mut positions: Vec<(u64, &String)> = map.keys().filter_map(|k| Some((array_index(k)?, k))).collect();
    positions.sort_unstable_by_key(|(position, _)| *position);
    let named = map.keys().filter(|key| array_index(key).is_none());
    out.push('{');
    for (at, key) in positions.into_iter().map(|(_, key)| key).chain(named).enumerate() {
        if at > 0 {
            out.push(',');
        }
        write_string(key, out);
        out.push(':');
        write_value(map.get(key).unwrap_or(&Value::Null), out);
    }
    out.push('}');
}

/// The array position that a key is, if it is written without leading zeros.
fn array_index(key: &str) -> Option<u64> {
    let position: u64 = key.parse().ok().filter(|p| *p <= ARRAY_INDEX_MAX)?;
    (position.to_string() == key).then_some(position)
}

/// JavaScript has one kind of number, a double.
fn write_number(number: &Number, out: &mut String) {
    match number.as_f64() {
        // JavaScript prints negative zero without its sign; ryu does the same for zero.
        Some(0.0) | None => out.push('0'),
        Some(double) => out.push_str(ryu_js::Buffer::new().format(double)),
    }
}

/// `serde_json` escapes exactly what JavaScript does, in the same way: quotes, backslashes and control characters.
fn write_string(text: &str, out: &mut String) {
    out.push_str(&Value::String(text.to_owned()).to_string());
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write,
        process::{Command, Stdio},
    };

    use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_and_keys_are_as_javascript_has_them() {
        let value = json!({"b": 100.0, "10": 1, "2": 1e21, "a": -0.0, "01": 1e-7, "é": "\u{2028}\u{1}\"\\/"});
        assert_eq!(
            to_canonical(&value),
            "{\"2\":1e+21,\"10\":1,\"b\":100,\"a\":0,\"01\":1e-7,\"é\":\"\u{2028}\\u0001\\\"\\\\/\"}"
        );
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_filter("finite", |f| f.is_finite()).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::vec(
                    (prop_oneof!["[0-9]{1,11}", "[a-z0-9]{0,3}", any::<String>()], inner),
                    0..8
                )
                .prop_map(|pairs| Value::Object(
                    pairs.into_iter().filter(|(k, _)| k != "__proto__").collect()
                )),
            ]
        })
    }

    /// Node itself is the judge: what we print must be what it prints after reading it.
    #[test]
    fn node_prints_the_same() {
        if Command::new("node").arg("--version").output().is_err() {
            println!("skipped: node is not installed");
            return;
        }
        let mut runner = TestRunner::default();
        let lines: Vec<String> =
            (0..500).map(|_| to_canonical(&values().new_tree(&mut runner).unwrap().current())).collect();
        let script = "let t='';process.stdin.setEncoding('utf8').on('data',d=>t+=d).on('end',()=>{\
            for(const l of t.split('\\n'))if(l)console.log(JSON.stringify(JSON.parse(l)))})";
        let mut node = Command::new("node")
            .args(["-e", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        node.stdin.take().unwrap().write_all(lines.join("\n").as_bytes()).unwrap();
        let printed = String::from_utf8(node.wait_with_output().unwrap().stdout).unwrap();
        let printed: Vec<&str> = printed.split('\n').filter(|line| !line.is_empty()).collect();
        assert_eq!(printed, lines);
    }
}
