//! `FilterCriteria`: Lambda's event patterns.

use serde_json::Value;

/// Whether a record matches any of the patterns; without patterns every record does.
pub(super) fn passes(patterns: &[Value], record: &Value) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| matches(pattern, Some(record)))
}

fn matches(pattern: &Value, value: Option<&Value>) -> bool {
    match pattern {
        Value::Object(fields) => fields.iter().all(|(name, inner)| match (name.as_str(), inner) {
            ("$or", Value::Array(choices)) => choices.iter().any(|choice| matches(choice, value)),
            _ => matches(inner, value.and_then(|value| value.get(name))),
        }),
        Value::Array(rules) => rules.iter().any(|rule| rule_holds(rule, value)),
        // A pattern's leaf must be a list.
        _ => false,
    }
}

fn rule_holds(rule: &Value, value: Option<&Value>) -> bool {
    let Value::Object(operator) = rule else {
        return value == Some(rule) || (rule.is_null() && value.is_none());
    };
    let Some((name, argument)) = operator.iter().next() else {
        return false;
    };
    let text = value.and_then(Value::as_str);
    let argument_text = argument.as_str().unwrap_or_default();
    match name.as_str() {
        "exists" => value.is_some() == argument.as_bool().unwrap_or(true),
        "prefix" => text.is_some_and(|text| text.starts_with(argument_text)),
        "suffix" => text.is_some_and(|text| text.ends_with(argument_text)),
        "equals-ignore-case" => text.is_some_and(|text| text.eq_ignore_ascii_case(argument_text)),
        "anything-but" => value.is_some_and(|value| match argument {
            Value::Array(list) => !list.contains(value),
            other => other != value,
        }),
        "numeric" => value.and_then(Value::as_f64).is_some_and(|number| compares(number, argument)),
        _ => false,
    }
}

fn compares(number: f64, argument: &Value) -> bool {
    let parts = argument.as_array().map(Vec::as_slice).unwrap_or_default();
    parts.chunks(2).all(|pair| {
        let limit = pair.get(1).and_then(Value::as_f64).unwrap_or(f64::NAN);
        match pair[0].as_str().unwrap_or_default() {
            "<" => number < limit,
            "<=" => number <= limit,
            ">" => number > limit,
            ">=" => number >= limit,
            "=" => (number - limit).abs() < f64::EPSILON,
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_passes_if_any_pattern_matches() {
        let patterns = [json!({"dynamodb": {"NewImage": {"t": {"S": ["PAY", "REF"]}}}})];
        let record = |t: &str| json!({"dynamodb": {"NewImage": {"t": {"S": t}}}});
        assert!(passes(&patterns, &record("PAY")));
        assert!(!passes(&patterns, &record("KEY")));
        assert!(!passes(&patterns, &json!({"dynamodb": {}})));
        assert!(passes(&[], &json!({})));
    }

    #[test]
    fn operators_hold_as_documented() {
        let holds = |rule: Value, value: Value| passes(&[json!({"a": [rule]})], &json!({"a": value}));
        assert!(holds(json!({"prefix": "x"}), json!("xy")));
        assert!(holds(json!({"anything-but": ["x"]}), json!("y")));
        assert!(!holds(json!({"anything-but": ["x"]}), json!("x")));
        assert!(holds(json!({"numeric": [">", 1, "<=", 2]}), json!(2)));
        assert!(!holds(json!({"exists": false}), json!(1)));
        assert!(passes(&[json!({"a": [{"exists": false}]})], &json!({})));
    }
}
