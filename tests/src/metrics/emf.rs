//! CloudWatch's embedded metric format: the rules of its published JSON schema and of its text, and the points of a line.

use std::collections::BTreeMap;

use serde_json::Value;

/// The units that CloudWatch knows.
const UNITS: &[&str] = &[
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
    "None",
];
/// Bytes of a line at most.
const LINE_BYTES_MAX: usize = 256 * 1024;
/// Metrics of a directive at most.
const METRICS_MAX: usize = 100;
/// Dimensions of a set at most.
const DIMENSIONS_MAX: usize = 30;

/// A value of a metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The namespace.
    pub namespace: String,
    /// The metric's name.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// The dimensions by which it is counted here.
    pub dimensions: BTreeMap<String, String>,
    /// The value.
    pub value: f64,
    /// When, in milliseconds since the Unix epoch.
    pub at_ms: i64,
}

/// The points of a log line; none where the line is not of the format. `Err` says which rule a line of it breaks: CloudWatch
/// would count nothing, and say so nowhere near the line.
pub fn points_of(line: &str) -> Result<Vec<Point>, String> {
    let Ok(value) = serde_json::from_str::<Value>(line) else { return Ok(Vec::new()) };
    let Some(aws) = value.get("_aws") else { return Ok(Vec::new()) };
    rule(line.len() <= LINE_BYTES_MAX, "the line is too long")?;
    rule(!line.contains('\n'), "it is more than a line")?;
    let at_ms = aws["Timestamp"].as_i64().ok_or("Timestamp is no integer")?;
    // In seconds it would be a day in January 1970.
    rule((1_000_000_000_000..10_000_000_000_000).contains(&at_ms), "Timestamp is not in milliseconds")?;
    let directives = aws["CloudWatchMetrics"].as_array().ok_or("CloudWatchMetrics is no list")?;
    let mut points = Vec::new();
    for directive in directives {
        points_of_directive(&value, directive, at_ms, &mut points)?;
    }
    Ok(points)
}

fn points_of_directive(
    line: &Value,
    directive: &Value,
    at_ms: i64,
    points: &mut Vec<Point>,
) -> Result<(), String> {
    only(directive, &["Namespace", "Dimensions", "Metrics"])?;
    let namespace = directive["Namespace"].as_str().ok_or("Namespace is no text")?;
    rule((1..=255).contains(&namespace.len()) && !namespace.starts_with("AWS/"), "Namespace")?;
    let sets = directive["Dimensions"].as_array().ok_or("Dimensions is no list")?;
    rule(!sets.is_empty(), "there is no set of dimensions")?;
    let metrics = directive["Metrics"].as_array().ok_or("Metrics is no list")?;
    rule((1..=METRICS_MAX).contains(&metrics.len()), "the number of metrics")?;
    for set in sets {
        let dimensions = dimensions_of(line, set)?;
        for metric in metrics {
            only(metric, &["Name", "Unit", "StorageResolution"])?;
            let name = metric["Name"].as_str().ok_or("a metric's Name is no text")?;
            rule((1..=255).contains(&name.len()), "the length of a metric's Name")?;
            let unit = metric["Unit"].as_str().unwrap_or("None");
            rule(UNITS.contains(&unit), &format!("there is no unit {unit}"))?;
            let value = line.get(name).and_then(Value::as_f64);
            let value = value.ok_or_else(|| format!("{name} has no number in the line"))?;
            let (namespace, name, unit) = (namespace.to_owned(), name.to_owned(), unit.to_owned());
            points.push(Point { namespace, name, unit, dimensions: dimensions.clone(), value, at_ms });
        }
    }
    Ok(())
}

fn dimensions_of(line: &Value, set: &Value) -> Result<BTreeMap<String, String>, String> {
    let names = set.as_array().ok_or("a set of dimensions is no list")?;
    rule((1..=DIMENSIONS_MAX).contains(&names.len()), "the number of dimensions")?;
    let mut dimensions = BTreeMap::new();
    for name in names {
        let name = name.as_str().ok_or("a dimension's name is no text")?;
        let is_name = (1..=250).contains(&name.len()) && name.is_ascii() && !name.starts_with(':');
        rule(is_name, "a dimension's name")?;
        let value = line.get(name).and_then(Value::as_str);
        let value = value.ok_or_else(|| format!("the dimension {name} has no text in the line"))?;
        let is_value = (1..=1024).contains(&value.len()) && value.is_ascii() && !value.trim().is_empty();
        rule(is_value, &format!("the value of the dimension {name}"))?;
        rule(dimensions.insert(name.to_owned(), value.to_owned()).is_none(), "a dimension twice")?;
    }
    Ok(dimensions)
}

fn only(object: &Value, members: &[&str]) -> Result<(), String> {
    let object = object.as_object().ok_or("no object")?;
    object
        .keys()
        .try_for_each(|name| rule(members.contains(&name.as_str()), &format!("unknown member {name}")))
}

fn rule(holds: bool, what: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what.to_owned()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line() -> Value {
        json!({
            "_aws": {"Timestamp": 1_795_219_200_000_i64, "CloudWatchMetrics": [
                {"Namespace": "N", "Dimensions": [["S"], ["S", "A"]], "Metrics": [{"Name": "M", "Unit": "Count"}]}]},
            "S": "shop", "A": "charges", "M": 3, "other": {"anything": true},
        })
    }

    #[test]
    fn a_line_has_a_point_for_each_set_of_dimensions() {
        let points = points_of(&line().to_string()).unwrap();
        let dimensions: Vec<usize> = points.iter().map(|point| point.dimensions.len()).collect();
        assert_eq!(dimensions, [1, 2]);
        assert!(points.iter().all(|point| point.value.to_bits() == 3.0_f64.to_bits()), "{points:?}");
        assert_eq!(points_of("[iam] refused"), Ok(Vec::new()));
        assert_eq!(points_of("{\"message\":\"x\"}"), Ok(Vec::new()));
    }

    #[test]
    fn what_cloudwatch_would_not_count_is_an_error() {
        for (pointer, wrong) in [
            ("/_aws/Timestamp", json!(1_795_219_200)),
            ("/_aws/Timestamp", json!("2026-11-22")),
            ("/_aws/CloudWatchMetrics/0/Namespace", json!("")),
            ("/_aws/CloudWatchMetrics/0/Dimensions", json!([])),
            ("/_aws/CloudWatchMetrics/0/Dimensions", json!(["S"])),
            ("/_aws/CloudWatchMetrics/0/Metrics", json!([])),
            ("/_aws/CloudWatchMetrics/0/Metrics/0/Unit", json!("ms")),
            ("/_aws/CloudWatchMetrics/0/Metrics/0/Name", json!("absent")),
            ("/M", json!("3")),
            ("/A", json!(7)),
            ("/A", json!("")),
        ] {
            let mut line = line();
            *line.pointer_mut(pointer).unwrap() = wrong;
            assert!(points_of(&line.to_string()).is_err(), "{line}");
        }
    }
}
