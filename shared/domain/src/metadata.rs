//! Metadata: a merchant's own key-value pairs on a thing.
//!
//! The `charges` text allows 50 keys with string, number or boolean values; the lengths are those that users of
//! such APIs know. Numbers are limited to what every JSON reader holds exactly.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::{Map, Number, Value};

/// Most keys of one thing.
pub const KEYS_MAX: usize = 50;
/// Longest key, in characters.
pub const KEY_CHARS_MAX: usize = 40;
/// Longest string value, in characters.
pub const VALUE_CHARS_MAX: usize = 500;
/// Integers beyond ±(2^53 − 1) are not exact in JavaScript, whose programs verify our webhooks.
const SAFE_INTEGER_MAX: u64 = (1 << 53) - 1;

/// A metadata value.
#[derive(Clone, Debug, PartialEq)]
pub enum MetaValue {
    /// A text of at most [`VALUE_CHARS_MAX`] characters.
    Text(String),
    /// A number that every JSON reader holds exactly as it was sent.
    Number(Number),
    /// `true` or `false`.
    Flag(bool),
}

/// Key-value pairs in the merchant's order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata(Vec<(String, MetaValue)>);

/// Why metadata was refused. `key` is the offending key, shortened for messages.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadMetadata {
    /// Not a JSON object.
    #[error("must be an object of key-value pairs")]
    NotAnObject,
    /// More than [`KEYS_MAX`].
    #[error("can have at most {KEYS_MAX} keys")]
    TooManyKeys,
    /// Empty, or longer than [`KEY_CHARS_MAX`], or with control characters.
    #[error("keys must have 1 to {KEY_CHARS_MAX} characters and no control characters")]
    BadKey {
        /// The key.
        key: String,
    },
    /// Neither a string, a number nor a boolean.
    #[error("values must be strings, numbers or booleans")]
    BadType {
        /// The key.
        key: String,
    },
    /// Longer than [`VALUE_CHARS_MAX`] or with control characters.
    #[error("string values can have at most {VALUE_CHARS_MAX} characters and no control characters")]
    BadText {
        /// The key.
        key: String,
    },
    /// A number that a JSON reader would not hold exactly.
    #[error("integer values must be between -(2^53 - 1) and 2^53 - 1")]
    BadNumber {
        /// The key.
        key: String,
    },
}

impl BadMetadata {
    /// The key that is wrong, if one is.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::NotAnObject | Self::TooManyKeys => None,
            Self::BadKey { key }
            | Self::BadType { key }
            | Self::BadText { key }
            | Self::BadNumber { key } => Some(key),
        }
    }
}

/// A key as error messages show it.
fn shown(key: &str) -> String {
    key.chars().filter(|c| !c.is_control()).take(KEY_CHARS_MAX).collect()
}

impl MetaValue {
    fn from_json(key: &str, value: &Value) -> Result<Self, BadMetadata> {
        match value {
            Value::String(text) => {
                if text.chars().count() > VALUE_CHARS_MAX || crate::text::has_control_characters(text) {
                    return Err(BadMetadata::BadText { key: shown(key) });
                }
                Ok(Self::Text(text.clone()))
            }
            Value::Bool(flag) => Ok(Self::Flag(*flag)),
            Value::Number(number) => {
                let exact = number.as_i64().is_some_and(|n| n.unsigned_abs() <= SAFE_INTEGER_MAX)
                    || (number.is_f64() && number.as_f64().is_some_and(f64::is_finite));
                if !exact {
                    return Err(BadMetadata::BadNumber { key: shown(key) });
                }
                Ok(Self::Number(number.clone()))
            }
            Value::Null | Value::Array(_) | Value::Object(_) => Err(BadMetadata::BadType { key: shown(key) }),
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Self::Text(text) => Value::String(text.clone()),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Flag(flag) => Value::Bool(*flag),
        }
    }
}

impl Metadata {
    /// Reads a JSON object as sent on a create.
    pub fn from_json(value: &Value) -> Result<Self, BadMetadata> {
        if let Value::Object(pairs) = value
            && let Some((key, _)) = pairs.iter().find(|(_, value)| value.is_null())
        {
            // A create has nothing to remove.
            return Err(BadMetadata::BadType { key: shown(key) });
        }
        Self::default().merged(value)
    }

    /// Applies a change as RFC 7396 merges objects: a value sets its key, `null` removes it if it is there, other keys stay.
    pub fn merged(&self, change: &Value) -> Result<Self, BadMetadata> {
        let Value::Object(change) = change else {
            return Err(BadMetadata::NotAnObject);
        };
        let mut pairs = self.0.clone();
        for (key, value) in change {
            if key.is_empty()
                || key.chars().count() > KEY_CHARS_MAX
                || crate::text::has_control_characters(key)
            {
                return Err(BadMetadata::BadKey { key: shown(key) });
            }
            let place = pairs.iter().position(|(k, _)| k == key);
            match (place, value) {
                (None, Value::Null) => {}
                (Some(at), Value::Null) => {
                    pairs.remove(at);
                }
                (Some(at), value) => pairs[at].1 = MetaValue::from_json(key, value)?,
                (None, value) => pairs.push((key.clone(), MetaValue::from_json(key, value)?)),
            }
        }
        if pairs.len() > KEYS_MAX {
            return Err(BadMetadata::TooManyKeys);
        }
        Ok(Self(pairs))
    }

    /// Applies the changes of an update, if there are any: `null` in place of the object removes every key.
    pub fn updated(&self, changes: Option<&Value>) -> Result<Self, BadMetadata> {
        match changes {
            None => Ok(self.clone()),
            Some(Value::Null) => Ok(Self::default()),
            Some(changes) => self.merged(changes),
        }
    }

    /// The pairs as a JSON object, in the merchant's order.
    pub fn to_json(&self) -> Value {
        Value::Object(self.0.iter().map(|(k, v)| (k.clone(), v.to_json())).collect::<Map<_, _>>())
    }

    /// Whether there are no pairs.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Largest JSON object that is kept as it came, in bytes without the spaces between its parts.
pub const JSON_OBJECT_BYTES_MAX: usize = 8 * 1024;

/// A JSON object as a merchant wrote it, digit for digit, without the spaces between its parts: whatever it holds, it is given back
/// as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JsonObject(String);

/// Why a JSON object was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadJsonObject {
    /// It is something else.
    #[error("must be an object")]
    NotAnObject,
    /// It has more than [`JSON_OBJECT_BYTES_MAX`].
    #[error("must have at most {JSON_OBJECT_BYTES_MAX} bytes")]
    TooLarge,
}

impl JsonObject {
    /// Reads the text of a JSON object.
    pub fn parse(text: &str) -> Result<Self, BadJsonObject> {
        match serde_json::from_str(text) {
            Ok(Value::Object(_)) => {}
            _ => return Err(BadJsonObject::NotAnObject),
        }
        let object = Self(without_spaces(text));
        if object.0.len() > JSON_OBJECT_BYTES_MAX {
            return Err(BadJsonObject::TooLarge);
        }
        Ok(object)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The object as a value, whose numbers are as exact as a program's.
    pub fn to_json(&self) -> Value {
        serde_json::from_str(&self.0).unwrap_or_default()
    }

    /// The same as key-value pairs, where nothing of it is lost in them.
    pub fn as_metadata(&self) -> Option<Metadata> {
        let metadata = Metadata::from_json(&self.to_json()).ok()?;
        let is_exact = |value: &MetaValue| !matches!(value, MetaValue::Number(number) if number.is_f64());
        metadata.0.iter().all(|(_, value)| is_exact(value)).then_some(metadata)
    }
}

/// JSON without the spaces between its parts.
fn without_spaces(json: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    json.chars()
        .filter(|c| {
            if in_string {
                in_string = escaped || *c != '"';
                escaped = !escaped && *c == '\\';
                return true;
            }
            in_string = *c == '"';
            !c.is_ascii_whitespace()
        })
        .collect()
}

/// Stored as one JSON text: smaller than a nested map, keeps the order, and no number passes through another
/// number format on its way.
impl Serialize for Metadata {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&serde_json::to_string(&self.to_json()).map_err(ser::Error::custom)?)
    }
}

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let value: Value = serde_json::from_str(&text).map_err(de::Error::custom)?;
        Self::from_json(&value).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn strings_numbers_and_booleans_are_kept_in_order() {
        let sent = json!({"b": "x", "a": 1, "c": true, "d": 100.5});
        assert_eq!(Metadata::from_json(&sent).unwrap().to_json().to_string(), sent.to_string());
    }

    #[test]
    fn fifty_keys_fit_and_fifty_one_do_not() {
        let many = |n: usize| Value::Object((0..n).map(|i| (format!("k{i}"), json!(i))).collect());
        assert!(Metadata::from_json(&many(50)).is_ok());
        assert_eq!(Metadata::from_json(&many(51)), Err(BadMetadata::TooManyKeys));
    }

    #[test]
    fn what_a_reader_could_not_hold_is_refused_by_key() {
        for bad in
            [json!({"k": null}), json!({"k": []}), json!({"k": {}}), json!({"k": 9_007_199_254_740_992_u64})]
        {
            assert_eq!(Metadata::from_json(&bad).unwrap_err().key(), Some("k"), "{bad}");
        }
        assert!(Metadata::from_json(&json!({"k": "a\0b"})).is_err());
        assert!(Metadata::from_json(&json!({"": 1})).is_err());
        assert_eq!(Metadata::from_json(&json!([])), Err(BadMetadata::NotAnObject));
    }

    #[test]
    fn an_object_is_kept_digit_for_digit() {
        for (sent, kept) in [
            (r#"{ "a" : 100.00 ,	"b c" : [ 1, null ] }"#, r#"{"a":100.00,"b c":[1,null]}"#),
            (r#"{"say \" hi \\":" } \\\" ", "x": 1}"#, r#"{"say \" hi \\":" } \\\" ","x":1}"#),
            ("{\n}", "{}"),
        ] {
            let object = JsonObject::parse(sent).unwrap();
            assert_eq!(object.as_str(), kept);
            assert_eq!(object.to_json(), serde_json::from_str::<Value>(sent).unwrap());
        }
        for bad in ["[]", "1", "null", "\"{}\"", "{", ""] {
            assert_eq!(JsonObject::parse(bad), Err(BadJsonObject::NotAnObject), "{bad}");
        }
        let long = |n: usize| format!("{{ \"a\": \"{}\" }}", "x".repeat(n - 8));
        assert!(JsonObject::parse(&long(JSON_OBJECT_BYTES_MAX)).is_ok());
        assert_eq!(JsonObject::parse(&long(JSON_OBJECT_BYTES_MAX + 1)), Err(BadJsonObject::TooLarge));
    }

    #[test]
    fn only_what_loses_nothing_is_key_value_pairs() {
        let pairs = |text: &str| JsonObject::parse(text).unwrap().as_metadata();
        let plain = pairs(r#"{"a": "x", "b": 2, "c": true}"#).unwrap();
        assert_eq!(plain.to_json(), json!({"a": "x", "b": 2, "c": true}));
        assert_eq!(pairs("{}"), Some(Metadata::default()));
        for more in [r#"{"a":1.50}"#, r#"{"a":null}"#, r#"{"a":[]}"#, r#"{"a":18446744073709551616}"#] {
            assert_eq!(pairs(more), None, "{more}");
        }
    }

    #[test]
    fn a_change_sets_removes_and_leaves_alone() {
        let before = Metadata::from_json(&json!({"a": 1, "b": 2})).unwrap();
        let after = before.merged(&json!({"b": null, "c": "3", "z": null})).unwrap();
        assert_eq!(after.to_json(), json!({"a": 1, "c": "3"}));
    }

    proptest! {
        #[test]
        fn spaces_within_texts_stay(key in "[ -~\t]{0,20}", value in "\\PC{0,40}") {
            let object = json!({key: [value, 1.5, null]});
            let pretty = serde_json::to_string_pretty(&object).unwrap();
            let kept = JsonObject::parse(&pretty).unwrap();
            prop_assert_eq!(kept.as_str().to_owned(), object.to_string());
        }

        #[test]
        fn storing_changes_nothing(pairs in proptest::collection::btree_map("[a-z0-9é]{1,40}", prop_oneof![
            "[ -~é\n]{0,80}".prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            (-9_007_199_254_740_991_i64..9_007_199_254_740_991).prop_map(Value::from),
            (-1e300..1e300_f64).prop_map(Value::from),
        ], 0..50)) {
            let metadata = Metadata::from_json(&Value::Object(pairs.into_iter().collect())).unwrap();
            let stored = serde_json::to_string(&metadata).unwrap();
            prop_assert_eq!(serde_json::from_str::<Metadata>(&stored).unwrap(), metadata);
        }
    }
}
