//! Alarms of a CloudFormation template, evaluated as CloudWatch does.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Point, evaluate, statistic};

/// An alarm's state. Ours treat missing data as not breaching, so there is no third.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// All is well.
    Ok,
    /// The alarm is on: an operator has to act.
    Alarm,
}

/// How the value is compared with the threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `GreaterThanThreshold`.
    Greater,
}

/// One of an alarm's series.
#[derive(Clone, Debug, PartialEq)]
pub enum Query {
    /// A metric.
    Metric {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// Its dimensions.
        dimensions: BTreeMap<String, String>,
        /// The statistic.
        statistic: String,
        /// The period, in seconds.
        period_s: i64,
    },
    /// An expression over the others.
    Expression(String),
}

/// What an alarm watches.
#[derive(Clone, Debug)]
pub enum Watched {
    /// Series by their ids; one is compared with the threshold.
    Series {
        /// The series.
        queries: BTreeMap<String, Query>,
        /// The id of the one that is compared.
        watched: String,
        /// How many periods in a row breach the threshold.
        periods: usize,
        /// The threshold.
        threshold: f64,
        /// How it is compared.
        operator: Operator,
    },
    /// Other alarms, which are all in alarm.
    All(Vec<String>),
}

/// An alarm.
#[derive(Clone, Debug)]
pub struct Alarm {
    /// Its logical id.
    pub name: String,
    /// What it watches.
    pub watched: Watched,
}

impl Alarm {
    /// Reads an alarm of a template, whose intrinsics `text` evaluates; `None` for another resource.
    pub fn read(name: &str, resource: &Value, text: &dyn Fn(&Value) -> String) -> Option<Self> {
        let properties = &resource["Properties"];
        let watched = match resource["Type"].as_str()? {
            "AWS::CloudWatch::Alarm" => series(properties, text),
            "AWS::CloudWatch::CompositeAlarm" => Watched::All(rule(&text(&properties["AlarmRule"]))),
            _ => return None,
        };
        Some(Self { name: name.to_owned(), watched })
    }

    /// The metrics that it watches itself.
    pub fn metrics(&self) -> Vec<&Query> {
        match &self.watched {
            Watched::Series { queries, .. } => {
                queries.values().filter(|query| matches!(query, Query::Metric { .. })).collect()
            }
            Watched::All(_) => Vec::new(),
        }
    }

    /// How long a period is, in seconds.
    fn period_s(&self) -> Option<i64> {
        self.metrics().into_iter().find_map(|query| match query {
            Query::Metric { period_s, .. } => Some(*period_s),
            Query::Expression(_) => None,
        })
    }

    /// The points as they would be if what made them had gone on for all the periods that the alarm waits.
    pub fn lasting(&self, points: &[Point]) -> Vec<Point> {
        let periods = match &self.watched {
            Watched::Series { periods, .. } => i64::try_from(*periods).unwrap(),
            Watched::All(_) => 1,
        };
        let period_ms = self.period_s().unwrap_or_default() * 1000;
        let shifted = |back: i64| {
            points.iter().map(move |point| Point { at_ms: point.at_ms - back * period_ms, ..point.clone() })
        };
        (0..periods).flat_map(shifted).collect()
    }

    /// The state at a time; of a composite alarm, by the states of the others.
    pub fn state(&self, points: &[Point], now_ms: i64, of_other: &dyn Fn(&str) -> State) -> State {
        let is_alarm = match &self.watched {
            Watched::All(others) => others.iter().all(|name| of_other(name) == State::Alarm),
            Watched::Series { periods, threshold, operator, .. } => (0..*periods).all(|back| {
                let value = self.value(points, now_ms, i64::try_from(back).unwrap());
                match operator {
                    Operator::Greater => value.is_some_and(|value| value > *threshold),
                }
            }),
        };
        if is_alarm { State::Alarm } else { State::Ok }
    }

    /// The watched value of the period so many periods before the one that ends now.
    fn value(&self, points: &[Point], now_ms: i64, back: i64) -> Option<f64> {
        let Watched::Series { queries, watched, .. } = &self.watched else { return None };
        let period_ms = self.period_s()? * 1000;
        let end = now_ms - back * period_ms;
        let mut values = BTreeMap::new();
        for (id, query) in queries {
            if let Query::Metric { namespace, name, dimensions, statistic: of, .. } = query {
                let is_of = |point: &&Point| {
                    point.namespace == *namespace
                        && point.name == *name
                        && point.dimensions == *dimensions
                        && (end - period_ms < point.at_ms && point.at_ms <= end)
                };
                let found: Vec<f64> = points.iter().filter(is_of).map(|point| point.value).collect();
                values.insert(id.clone(), statistic(of, &found));
            }
        }
        match &queries[watched] {
            Query::Metric { .. } => values[watched],
            Query::Expression(text) => evaluate(text, &values).unwrap(),
        }
    }
}

fn series(properties: &Value, text: &dyn Fn(&Value) -> String) -> Watched {
    assert_eq!(properties["TreatMissingData"], "notBreaching", "{properties}");
    assert_eq!(properties["ComparisonOperator"], "GreaterThanThreshold", "{properties}");
    assert!(properties.get("DatapointsToAlarm").is_none(), "{properties}");
    let (queries, watched) = match properties["Metrics"].as_array() {
        None => {
            let statistic = properties.get("Statistic").or(properties.get("ExtendedStatistic"));
            let period_s = properties["Period"].as_i64().unwrap();
            let query = metric(properties, statistic.unwrap().as_str().unwrap(), period_s, text);
            (BTreeMap::from([("m".to_owned(), query)]), "m".to_owned())
        }
        Some(all) => several(all, text),
    };
    let mut periods_s = queries.values().filter_map(|query| match query {
        Query::Metric { period_s, .. } => Some(*period_s),
        Query::Expression(_) => None,
    });
    let first = periods_s.next().unwrap();
    assert!(periods_s.all(|period_s| period_s == first), "series of different periods");
    let periods = usize::try_from(properties["EvaluationPeriods"].as_u64().unwrap()).unwrap();
    let threshold = properties["Threshold"].as_f64().unwrap();
    Watched::Series { queries, watched, periods, threshold, operator: Operator::Greater }
}

fn several(all: &[Value], text: &dyn Fn(&Value) -> String) -> (BTreeMap<String, Query>, String) {
    let mut queries = BTreeMap::new();
    let mut watched = Vec::new();
    for one in all {
        let id = one["Id"].as_str().unwrap().to_owned();
        // Without it the series is returned.
        if one["ReturnData"] != false {
            watched.push(id.clone());
        }
        let stat = &one["MetricStat"];
        let query = match one["Expression"].as_str() {
            Some(expression) => Query::Expression(expression.to_owned()),
            None => metric(
                &stat["Metric"],
                stat["Stat"].as_str().unwrap(),
                stat["Period"].as_i64().unwrap(),
                text,
            ),
        };
        assert!(queries.insert(id.clone(), query).is_none(), "{id} twice");
    }
    assert_eq!(watched.len(), 1, "an alarm watches one series: {watched:?}");
    (queries, watched.remove(0))
}

fn metric(metric: &Value, statistic: &str, period_s: i64, text: &dyn Fn(&Value) -> String) -> Query {
    let dimensions = metric["Dimensions"].as_array().into_iter().flatten();
    Query::Metric {
        namespace: metric["Namespace"].as_str().unwrap().to_owned(),
        name: text(&metric["MetricName"]),
        dimensions: dimensions.map(|d| (text(&d["Name"]), text(&d["Value"]))).collect(),
        statistic: statistic.to_owned(),
        period_s,
    }
}

/// The alarms of `ALARM("A") AND ALARM("B")`.
fn rule(text: &str) -> Vec<String> {
    let name = |part: &str| {
        let name = part.trim().strip_prefix("ALARM(\"").and_then(|rest| rest.strip_suffix("\")"));
        name.unwrap_or_else(|| panic!("a rule of another kind: {text}")).to_owned()
    };
    text.split(" AND ").map(name).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const MINUTE_MS: i64 = 60_000;

    fn alarm() -> Alarm {
        let properties = json!({
            "Namespace": "N", "MetricName": "M", "Dimensions": [{"Name": "S", "Value": "shop"}], "Statistic": "Maximum",
            "Period": 60, "EvaluationPeriods": 2, "Threshold": 5, "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching"});
        let resource = json!({"Type": "AWS::CloudWatch::Alarm", "Properties": properties});
        Alarm::read("A", &resource, &|value| value.as_str().unwrap().to_owned()).unwrap()
    }

    fn point(value: f64, at_ms: i64) -> Point {
        let dimensions = [("S".to_owned(), "shop".to_owned())].into();
        let (namespace, name, unit) = ("N".to_owned(), "M".to_owned(), "Count".to_owned());
        Point { namespace, name, unit, dimensions, value, at_ms }
    }

    #[test]
    fn an_alarm_needs_all_of_its_periods_above_the_threshold() {
        let now = 1_000 * MINUTE_MS;
        let state = |points: &[Point]| alarm().state(points, now, &|_| State::Ok);
        assert_eq!(state(&[]), State::Ok);
        assert_eq!(state(&[point(6.0, now)]), State::Ok);
        assert_eq!(state(&[point(6.0, now), point(6.0, now - MINUTE_MS)]), State::Alarm);
        assert_eq!(state(&[point(6.0, now), point(5.0, now - MINUTE_MS)]), State::Ok);
        assert_eq!(state(&[point(6.0, now), point(6.0, now - 2 * MINUTE_MS)]), State::Ok);
        assert_eq!(state(&alarm().lasting(&[point(6.0, now)])), State::Alarm);
        let elsewhere = Point { dimensions: BTreeMap::new(), ..point(6.0, now) };
        assert_eq!(state(&alarm().lasting(&[elsewhere])), State::Ok);
    }

    #[test]
    fn a_composite_alarm_needs_all_of_its_alarms() {
        let rule = json!({"Type": "AWS::CloudWatch::CompositeAlarm",
            "Properties": {"AlarmRule": "ALARM(\"A\") AND ALARM(\"B\")"}});
        let alarm = Alarm::read("C", &rule, &|value| value.as_str().unwrap().to_owned()).unwrap();
        let state = |of: &dyn Fn(&str) -> State| alarm.state(&[], 0, of);
        assert_eq!(state(&|_| State::Alarm), State::Alarm);
        assert_eq!(state(&|name| if name == "A" { State::Alarm } else { State::Ok }), State::Ok);
    }
}
