//! What CloudWatch counts of the functions' log lines, the alarms and the dashboard on it, and the way of a payment through
//! the lines.

mod lines;
mod moves;
mod template;
mod way;

use serde_json::Value;
use tollgate_gateway::metrics::{self, Metric};
use tollgate_local::template::read_yaml;
use tollgate_tests::{
    Cloud,
    metrics::{Alarm, Point, points_of},
};

/// The stack's name, as the local cloud has it.
const STACK: &str = "tollgate";

/// `infra/observability.yaml`.
fn observability() -> Value {
    read_yaml(&tollgate_tests::root().join("infra/observability.yaml")).unwrap()
}

/// The text of a value in which a parameter stands for its name, and the stack's name for itself.
fn text(value: &Value) -> String {
    let known = |name: &str| if name == "StackName" { STACK.to_owned() } else { name.to_owned() };
    if let Some(name) = value["Ref"].as_str() {
        return known(name);
    }
    let Some(pattern) = value["Fn::Sub"].as_str() else {
        return value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    };
    let mut parts = pattern.split("${");
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').unwrap();
        text += &known(name);
        text += rest;
    }
    text
}

fn alarms() -> Vec<Alarm> {
    let template = observability();
    let resources = template["Resources"].as_object().unwrap();
    resources.iter().filter_map(|(name, resource)| Alarm::read(name, resource, &text)).collect()
}

/// The lines of functions that CloudWatch counts, from the `skip`-th line of the log, each with its function.
fn counted_lines(cloud: &Cloud, skip: usize) -> Vec<(String, String)> {
    let log = cloud.log.lock().unwrap();
    let lines = log.iter().skip(skip).filter_map(|line| line.strip_prefix('[')?.split_once("] "));
    let counted = lines.filter(|(_, line)| line.starts_with("{\"_aws\""));
    counted.map(|(function, line)| (function.to_owned(), line.to_owned())).collect()
}

/// What CloudWatch counts of them.
fn points(cloud: &Cloud, skip: usize) -> Vec<Point> {
    let lines = counted_lines(cloud, skip);
    lines.iter().flat_map(|(_, line)| points_of(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
}

/// How many lines the log has: what a function writes from now on comes after them.
fn mark(cloud: &Cloud) -> usize {
    cloud.log.lock().unwrap().len()
}

/// A metric of ours.
fn metric(name: &str) -> Option<&'static Metric> {
    metrics::ALL.iter().copied().find(|metric| metric.name == name)
}

/// Why a metric is not one that functions write by these dimensions, with these values.
fn mistake<'a>(name: &str, dimensions: impl Iterator<Item = (&'a str, &'a str)>) -> Option<String> {
    let Some(metric) = metric(name) else { return Some(format!("there is no metric {name}")) };
    let mut given: Vec<(&str, &str)> = dimensions.collect();
    let stack = given.iter().position(|(name, _)| *name == metrics::STACK);
    let Some(stack) = stack.map(|at| given.remove(at)) else {
        return Some(format!("{name} without its stack"));
    };
    let is_given = |set: &&&[metrics::Dimension]| {
        set.len() == given.len()
            && set.iter().all(|dimension| {
                let value = given.iter().find(|(name, _)| *name == dimension.name());
                value.is_some_and(|(_, value)| dimension.values().contains(value))
            })
    };
    let is_known = stack.1 == STACK && metric.by.iter().any(|set| is_given(&set));
    (!is_known).then(|| format!("{name} is not counted by {given:?}"))
}
