//! The MD5 digests that SQS's clients check.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use md5::{Digest, Md5};
use serde_json::Value;

pub(super) fn of_body(body: &str) -> String {
    hex::encode(Md5::digest(body.as_bytes()))
}

/// The digest of message attributes: sorted by name; name, type and value each after their length; and a byte that
/// distinguishes text and binary values. `None` if there are no attributes.
pub(super) fn of_attributes(attributes: &Value) -> Option<String> {
    let map = attributes.as_object().filter(|map| !map.is_empty())?;
    let mut names: Vec<_> = map.keys().collect();
    names.sort();
    let mut bytes = Vec::new();
    for name in names {
        let attribute = &map[name];
        with_length(&mut bytes, name.as_bytes());
        with_length(&mut bytes, attribute["DataType"].as_str().unwrap_or_default().as_bytes());
        if let Some(text) = attribute["StringValue"].as_str() {
            bytes.push(1);
            with_length(&mut bytes, text.as_bytes());
        } else {
            let value = attribute["BinaryValue"].as_str().unwrap_or_default();
            bytes.push(2);
            with_length(&mut bytes, &STANDARD.decode(value).ok()?);
        }
    }
    Some(hex::encode(Md5::digest(&bytes)))
}

fn with_length(bytes: &mut Vec<u8>, piece: &[u8]) {
    bytes.extend(u32::try_from(piece.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend(piece);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sums_are_those_that_sqs_documents() {
        assert_eq!(of_body("This is a test message"), "fafb00f5732ab283681e124bf8747ed1");
        assert_eq!(of_attributes(&json!({})), None);
    }
}
