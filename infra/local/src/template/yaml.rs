//! YAML with CloudFormation's short tags, as JSON with the long names: `!Sub x` becomes `{"Fn::Sub": "x"}`.

use std::path::Path;

use saphyr::{LoadableYamlNode, ScalarOwned, YamlOwned};
use serde_json::{Map, Value, json};

use super::TemplateError;

/// Reads a template as JSON, with the long names of its intrinsics.
pub fn read(path: &Path) -> Result<Value, TemplateError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| TemplateError::Read { path: path.to_owned(), source })?;
    parse(&text).map_err(|reason| TemplateError::Yaml { path: path.to_owned(), reason })
}

pub(super) fn parse(text: &str) -> Result<Value, String> {
    let mut documents = YamlOwned::load_from_str(text).map_err(|e| e.to_string())?;
    match documents.len() {
        1 => to_json(documents.remove(0)),
        count => Err(format!("{count} documents where one is expected")),
    }
}

fn to_json(node: YamlOwned) -> Result<Value, String> {
    match node {
        YamlOwned::Value(scalar) => Ok(scalar_to_json(scalar)),
        YamlOwned::Representation(text, ..) => Ok(Value::String(text)),
        YamlOwned::Sequence(list) => {
            Ok(Value::Array(list.into_iter().map(to_json).collect::<Result<_, _>>()?))
        }
        YamlOwned::Mapping(pairs) => {
            let mut map = Map::new();
            for (key, value) in pairs {
                let key = match to_json(key)? {
                    Value::String(key) => key,
                    // A key may be a number.
                    other => other.to_string(),
                };
                map.insert(key, to_json(value)?);
            }
            Ok(Value::Object(map))
        }
        YamlOwned::Tagged(tag, inner) => {
            let value = to_json(*inner)?;
            match tag.suffix.as_str() {
                "Ref" => Ok(json!({ "Ref": value })),
                "Condition" => Ok(json!({ "Condition": value })),
                "GetAtt" => Ok(json!({ "Fn::GetAtt": split_attribute(value)? })),
                other => Ok(Value::Object(Map::from_iter([(format!("Fn::{other}"), value)]))),
            }
        }
        YamlOwned::Alias(_) | YamlOwned::BadValue => Err("an alias or value that can't be read".to_owned()),
    }
}

/// `!GetAtt Resource.Attribute.Part` names the resource before the first dot.
fn split_attribute(value: Value) -> Result<Value, String> {
    match value {
        Value::String(text) => match text.split_once('.') {
            Some((resource, attribute)) => Ok(json!([resource, attribute])),
            None => Err(format!("!GetAtt {text} names no attribute")),
        },
        other => Ok(other),
    }
}

fn scalar_to_json(scalar: ScalarOwned) -> Value {
    match scalar {
        ScalarOwned::Null => Value::Null,
        ScalarOwned::Boolean(value) => Value::Bool(value),
        ScalarOwned::Integer(value) => Value::from(value),
        ScalarOwned::FloatingPoint(value) => Value::from(value.into_inner()),
        ScalarOwned::String(value) => Value::String(value),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parse;

    #[test]
    fn short_tags_become_long_names() {
        let value = parse(
            "a: !Ref Table\nb: !GetAtt Queue.Arn\nc: !Sub '${A}-x'\nd: !If [Yes, 1, !Ref No]\ne: !Join ['-', [a, !Ref B]]\nf: '2012-10-17'\n",
        )
        .expect("reads");
        assert_eq!(
            value,
            json!({
                "a": {"Ref": "Table"},
                "b": {"Fn::GetAtt": ["Queue", "Arn"]},
                "c": {"Fn::Sub": "${A}-x"},
                "d": {"Fn::If": ["Yes", 1, {"Ref": "No"}]},
                "e": {"Fn::Join": ["-", ["a", {"Ref": "B"}]]},
                "f": "2012-10-17",
            })
        );
    }

    #[test]
    fn a_broken_file_is_an_error_with_its_place() {
        assert!(parse("a: [1").expect_err("broken").contains("line"));
    }
}
