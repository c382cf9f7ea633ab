//! What `infra/observability.yaml` says: metrics that exist, statistics that CloudWatch has, and a line in the operations guide
//! for every alarm.

use std::collections::BTreeSet;

use serde_json::Value;
use tollgate_gateway::metrics;
use tollgate_tests::metrics::{Query, Watched, evaluate};

use super::{STACK, alarms, mistake, observability, text};
use crate::budgets::templates;

/// Metrics that AWS's services write: the service, names, and the sets of dimensions by which AWS counts them.
type OfAws = (&'static str, &'static [&'static str], &'static [&'static [&'static str]]);

/// Metrics that the local cloud does not write, so no test here sees their alarms go off: why, and the page of AWS's
/// documentation.
const OF_AWS: &[OfAws] = &[
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    // The local queues have no metrics; dead letters are in the tests of `due_work`.
    ("AWS/SQS", &["ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"], &[&["QueueName"]]),
    // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    // The local Lambda counts no errors and no throttles; what it does instead is in `infra/local/tests/cloud`.
    ("AWS/Lambda", &["Errors", "Throttles"], &[&["FunctionName"], &[]]),
    ("AWS/Lambda", &["IteratorAge"], &[&["FunctionName"]]),
    ("AWS/Lambda", &["ConcurrentExecutions"], &[&["FunctionName"], &[]]),
    // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
    // The local DynamoDB throttles on demand only (`TOLLGATE_LOCAL_DYNAMODB`) and counts nothing.
    (
        "AWS/DynamoDB",
        &["ReadThrottleEvents", "WriteThrottleEvents"],
        &[&["TableName"], &["TableName", "GlobalSecondaryIndexName"]],
    ),
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
    // The local API Gateway counts nothing.
    ("AWS/ApiGateway", &["5xx"], &[&["ApiId"], &["ApiId", "Stage"]]),
];

/// The statistics that CloudWatch has, beside percentiles.
const STATISTICS: &[&str] = &["Sum", "SampleCount", "Average", "Maximum", "Minimum"];

fn check_statistic(statistic: &str) {
    let percentile = statistic.strip_prefix('p').and_then(|percent| percent.parse::<f64>().ok());
    let is_known = STATISTICS.contains(&statistic) || percentile.is_some_and(|p| (0.0..=100.0).contains(&p));
    assert!(is_known, "{statistic}");
}

/// Checks a metric with its dimensions, ours or AWS's.
fn check_metric(namespace: &str, name: &str, dimensions: &[(String, String)]) {
    if namespace == metrics::NAMESPACE {
        let dimensions = dimensions.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        assert_eq!(mistake(name, dimensions), None);
        return;
    }
    let given: BTreeSet<&str> = dimensions.iter().map(|(name, _)| name.as_str()).collect();
    let is_known = OF_AWS.iter().any(|(of, names, sets)| {
        *of == namespace
            && names.contains(&name)
            && sets.iter().any(|set| set.iter().copied().collect::<BTreeSet<_>>() == given)
    });
    assert!(is_known, "{namespace} {name} by {given:?}");
    let cloud = templates();
    for (dimension, value) in dimensions {
        let exists = match dimension.as_str() {
            // A name of the template's own, or a parameter, which it gives.
            "QueueName" => value.ends_with("Name") || cloud.queues.iter().any(|queue| queue.name == *value),
            "TableName" => cloud.tables.iter().any(|table| table.name == *value),
            _ => true,
        };
        assert!(exists, "{dimension} {value}");
    }
}

#[test]
fn every_alarm_watches_metrics_that_exist_by_statistics_that_exist() {
    let all = alarms();
    assert!(all.len() > 30);
    for alarm in &all {
        for query in alarm.metrics() {
            let Query::Metric { namespace, name, dimensions, statistic, period_s } = query else { continue };
            check_statistic(statistic);
            assert!(*period_s > 0 && period_s % 60 == 0, "{}", alarm.name);
            let dimensions: Vec<_> = dimensions.clone().into_iter().collect();
            check_metric(namespace, name, &dimensions);
        }
        match &alarm.watched {
            Watched::All(names) => {
                assert!(names.iter().all(|name| all.iter().any(|alarm| alarm.name == *name)), "{names:?}");
            }
            Watched::Series { queries, watched, .. } => {
                if let Query::Expression(text) = &queries[watched] {
                    let ids = queries.keys().filter(|id| *id != watched);
                    let values = ids.map(|id| (id.clone(), Some(1.0))).collect();
                    assert!(evaluate(text, &values).unwrap().is_some(), "{text}");
                }
            }
        }
    }
}

/// The part of the operations guide that begins with a heading.
fn section(heading: &str) -> String {
    let guide = tollgate_tests::root().join("docs/operations.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let section = guide.split(&format!("\n## {heading}\n")).nth(1).unwrap_or_else(|| panic!("no {heading}"));
    section.split("\n## ").next().unwrap().to_owned()
}

#[test]
fn the_operations_guide_says_of_every_alarm_what_to_do() {
    let section = section("Alarms");
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let mut named: Vec<String> = Vec::new();
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert!(cells.len() == 3 && cells[1].len() > 10 && cells[2].len() > 10, "{row}");
        named.extend(cells[0].split(", ").map(|name| name.trim_matches('`').to_owned()));
    }
    let template: BTreeSet<String> = alarms().into_iter().map(|alarm| alarm.name).collect();
    assert_eq!(named.len(), template.len(), "an alarm is named twice");
    assert_eq!(named.into_iter().collect::<BTreeSet<_>>(), template);
}

#[test]
fn only_alarms_of_a_composite_alarm_notify_nobody() {
    let template = observability();
    let parts: BTreeSet<String> = alarms()
        .into_iter()
        .filter_map(|alarm| match alarm.watched {
            Watched::All(names) => Some(names),
            Watched::Series { .. } => None,
        })
        .flatten()
        .collect();
    for alarm in alarms() {
        let actions = &template["Resources"][&alarm.name]["Properties"]["AlarmActions"];
        assert_eq!(actions.is_null(), parts.contains(&alarm.name), "{}", alarm.name);
    }
}

#[test]
fn the_operations_guide_lists_every_metric_and_how_many_combinations_are_paid_for() {
    let section = section("Metrics");
    for metric in metrics::ALL {
        let row = section.lines().find(|line| line.starts_with(&format!("| `{}` |", metric.name)));
        let row = row.unwrap_or_else(|| panic!("no {}", metric.name));
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells[2], metric.combinations().to_string(), "{row}");
    }
    let all: usize = metrics::ALL.iter().map(|metric| metric.combinations()).sum();
    assert!(section.contains(&format!("{all} combinations")), "{all}");
}

/// The widgets of the dashboard.
fn widgets() -> Vec<Value> {
    let body = text(&observability()["Resources"]["Dashboard"]["Properties"]["DashboardBody"]);
    let body: Value = serde_json::from_str(&body).unwrap();
    body["widgets"].as_array().unwrap().clone()
}

/// A row of a widget: a metric with its dimensions and options.
fn check_row(row: &Value, seen: &mut BTreeSet<String>) {
    let cells = row.as_array().unwrap();
    let last = cells.last().unwrap();
    let options = if last.is_object() { last } else { &Value::Null };
    if let Some(statistic) = options["stat"].as_str() {
        check_statistic(statistic);
    }
    if let Some(expression) = options["expression"].as_str() {
        return check_search(expression, seen);
    }
    let cells: Vec<&str> = cells.iter().filter_map(Value::as_str).collect();
    let dimensions: Vec<(String, String)> =
        cells[2..].chunks(2).map(|pair| (pair[0].to_owned(), pair[1].to_owned())).collect();
    check_metric(cells[0], cells[1], &dimensions);
    seen.insert(cells[1].to_owned());
}

/// `SEARCH('{Tollgate,Stack,Api} Stack="…" MetricName="…"', 'Sum', 300)` finds metrics by these dimensions.
fn check_search(expression: &str, seen: &mut BTreeSet<String>) {
    let parts: Vec<&str> = expression.split('\'').collect();
    let ["SEARCH(", found, ", ", statistic, ", 300)"] = parts[..] else { panic!("{expression}") };
    check_statistic(statistic);
    let (schema, terms) = found.strip_prefix('{').unwrap().split_once("} ").unwrap();
    let name = terms.strip_prefix(&format!("Stack=\"{STACK}\" MetricName=\"")).unwrap().trim_end_matches('"');
    let mut schema = schema.split(',');
    assert_eq!((schema.next(), schema.next()), (Some(metrics::NAMESPACE), Some(metrics::STACK)));
    let names: Vec<&str> = schema.collect();
    let by = super::metric(name).unwrap().by.iter();
    let is_set = |set: &&[metrics::Dimension]| set.iter().map(|d| d.name()).eq(names.iter().copied());
    assert!(by.copied().any(|set| is_set(&set)), "{expression}");
    seen.insert(name.to_owned());
}

#[test]
fn the_dashboard_shows_every_metric_and_every_alarm_and_nothing_that_does_not_exist() {
    let (mut seen, mut shown) = (BTreeSet::new(), BTreeSet::new());
    let mut corners = BTreeSet::new();
    for widget in widgets() {
        let number = |name: &str| widget[name].as_u64().unwrap();
        assert!(corners.insert((number("x"), number("y"))), "two widgets at one place");
        assert!(number("x") + number("width") <= 24);
        let properties = &widget["properties"];
        if let Some(all) = properties["alarms"].as_array() {
            shown
                .extend(all.iter().map(|arn| arn.as_str().unwrap().strip_suffix(".Arn").unwrap().to_owned()));
            continue;
        }
        check_statistic(properties["stat"].as_str().unwrap());
        assert_eq!(properties["period"], 300);
        for row in properties["metrics"].as_array().unwrap() {
            check_row(row, &mut seen);
        }
    }
    let unseen: Vec<&str> =
        metrics::ALL.iter().map(|metric| metric.name).filter(|name| !seen.contains(*name)).collect();
    assert!(unseen.is_empty(), "not on the dashboard: {unseen:?}");
    assert_eq!(shown, alarms().into_iter().map(|alarm| alarm.name).collect());
}
