//! Each grant is used by a way of its route, and taken away in turn: the way fails, nothing is doubled, and the same request
//! succeeds once the grant is back.
//!
//! One local cloud lacks a grant of every function that has so many, so there are as many rounds as a function has grants.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use futures_util::{StreamExt as _, stream};
use serde_json::Value;
use tollgate_tests::{Answer, Cloud, settled};

use super::{
    ask::{Ask, Callers},
    due, templates, ways,
};
use crate::{budgets, callers::table::ROWS};

/// Requests at the same time.
const CONCURRENT_MAX: usize = 4;

/// A grant that a way of its function uses.
#[derive(Clone, Debug)]
struct Used {
    /// Its number among the function's.
    number: usize,
    action: String,
    resource: String,
    /// The way that used it first; none for a function that no request starts.
    way: Option<&'static str>,
}

/// What the functions used, by name.
type Uses = BTreeMap<String, Vec<Used>>;

/// Sends requests, some at the same time, in turn where one would disturb another.
async fn send_all<'a>(cloud: &Cloud, callers: &Callers, asks: &'a [Ask]) -> Vec<(&'a Ask, Answer)> {
    let (alone, others): (Vec<_>, Vec<_>) = asks.iter().partition(|ask| ask.is_alone());
    let sent = others.into_iter().map(|ask| async move { (ask, ask.send(cloud, callers).await) });
    let mut answers: Vec<_> = stream::iter(sent).buffer_unordered(CONCURRENT_MAX).collect().await;
    for ask in alone {
        answers.push((ask, ask.send(cloud, callers).await));
    }
    answers
}

async fn grants(cloud: &Cloud) -> Vec<Value> {
    let all: Value = reqwest::get(cloud.local("/_local/grants")).await.unwrap().json().await.unwrap();
    all.as_array().unwrap().clone()
}

/// Goes every way of every function, and finds out what each was first to use.
async fn learn(cloud: &Cloud, callers: &Callers, wrong: &mut Vec<String>) -> Uses {
    let asks = ways::all(cloud, callers, &|_, _| true).await;
    let mut of_function: BTreeMap<&str, Vec<Ask>> = BTreeMap::new();
    for ask in asks {
        of_function.entry(ask.function).or_default().push(ask);
    }
    let mut first: HashMap<(String, usize), &'static str> = HashMap::new();
    // One way of each function at a time, so that what is new was used by it.
    for layer in 0.. {
        let layer: Vec<Ask> = of_function.values().filter_map(|asks| asks.get(layer).cloned()).collect();
        if layer.is_empty() {
            break;
        }
        for (ask, answer) in send_all(cloud, callers, &layer).await {
            if answer.status.as_u16() != ask.status {
                wrong.push(format!(
                    "{ask:?}: {} {} {:?}",
                    answer.status,
                    answer.text,
                    said_of(cloud, ask.function)
                ));
            }
        }
        let ways: HashMap<&str, &'static str> = layer.iter().map(|ask| (ask.function, ask.way)).collect();
        for (function, number, grant) in numbered(&grants(cloud).await) {
            if let Some(way) = ways.get(function.as_str()).filter(|_| is_used(&grant)) {
                first.entry((function, number)).or_insert(way);
            }
        }
    }
    let mut uses = Uses::new();
    for (function, number, grant) in numbered(&grants(cloud).await).into_iter().filter(|(.., g)| is_used(g)) {
        let text = |name: &str| grant[name].as_str().unwrap().to_owned();
        let way = first.get(&(function.clone(), number)).copied();
        uses.entry(function).or_default().push(Used {
            number,
            action: text("action"),
            resource: text("resource"),
            way,
        });
    }
    uses
}

/// The last that a local cloud and a function said of it.
fn said_of(cloud: &Cloud, function: &str) -> Vec<String> {
    let log = cloud.log.lock().unwrap();
    let lines = log.iter().rev().filter(|line| line.contains(function));
    lines.take(6).map(|line| line.chars().take(600).collect()).collect()
}

fn is_used(grant: &Value) -> bool {
    !grant["used"].as_array().unwrap().is_empty()
}

/// Grants with their functions and their numbers among the function's.
fn numbered(grants: &[Value]) -> Vec<(String, usize, Value)> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let number = |grant: &Value| {
        let function = grant["function"].as_str().unwrap().to_owned();
        let count = counts.entry(function.clone()).or_default();
        *count += 1;
        (function, *count - 1, grant.clone())
    };
    grants.iter().map(number).collect()
}

/// The grants that nothing has used.
async fn unused(cloud: &Cloud) -> Vec<String> {
    let all_used = settled(async || {
        let grants = grants(cloud).await;
        let unused = grants.iter().filter(|grant| !is_used(grant));
        let unused: Vec<_> = unused
            .map(|g| format!("nothing uses {} {} {}", g["function"], g["action"], g["resource"]))
            .collect();
        if unused.is_empty() { Ok(()) } else { Err(unused) }
    });
    all_used.await.err().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_grant_is_used_and_missed_when_it_is_taken_away() {
    let mut cloud = Cloud::start().await;
    let callers = Callers::of(&cloud).await;
    let mut wrong = Vec::new();
    let uses = learn(&cloud, &callers, &mut wrong).await;
    due::leave_and_finish(&cloud).await;
    wrong.extend(unused(&cloud).await);
    let rounds = uses.values().map(Vec::len).max().unwrap();
    for round in 0..rounds {
        let lacking = uses.iter().filter_map(|(f, used)| Some((f.clone(), used.get(round)?.clone())));
        let lacking: BTreeMap<String, Used> = lacking.collect();
        let (whole, broken) = take_away(cloud, &callers, &lacking).await;
        cloud = whole;
        wrong.extend(broken);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    due::everything_ends(&cloud).await;
}

/// Takes a grant of each function away and gives it back; returns the local cloud that has them all again, and what is wrong.
async fn take_away(
    cloud: Cloud,
    callers: &Callers,
    lacking: &BTreeMap<String, Used>,
) -> (Cloud, Vec<String>) {
    let is_lacking = |f: &str, way: &str| lacking.get(f).is_some_and(|used| used.way == Some(way));
    let asks = ways::all(&cloud, callers, &is_lacking).await;
    let before = books(&cloud).await;
    let folder = tempfile::tempdir().unwrap();
    let numbers = lacking.iter().map(|(function, used)| (function.clone(), used.number));
    let numbers = startable(numbers.collect(), folder.path());
    templates::copy_without(&numbers, folder.path());
    let data = cloud.kill().await;
    let mut wrong = Vec::new();

    let cloud = Cloud::start_lacking(folder.path(), data).await;
    for (ask, answer) in send_all(&cloud, callers, &asks).await {
        let used = &lacking[ask.function];
        // A function that can't read its secrets does not start, and API Gateway answers.
        let is_failure = ask.is_failure(&answer)
            || (used.action.starts_with("secretsmanager:") && answer.status.as_u16() == 500);
        if !is_failure {
            wrong.push(format!("{ask:?} without {used:?}: {} {}", answer.status, answer.text));
        }
        let refused = format!("perform: {} on resource: {}", used.action, used.resource);
        let user = format!("assumed-role/{}/", ask.function);
        let said =
            |line: &String| line.contains(&user) && line.to_lowercase().contains(&refused.to_lowercase());
        if !cloud.log.lock().unwrap().iter().any(said) {
            wrong.push(format!("{} was not refused {} on {}", ask.function, used.action, used.resource));
        }
    }
    let data = cloud.kill().await;

    let cloud = Cloud::start_in(data, &[]).await;
    for (ask, answer) in send_all(&cloud, callers, &asks).await {
        if answer.status.as_u16() != ask.status {
            let used = &lacking[ask.function];
            wrong.push(format!("{ask:?} after it lacked {used:?}: {} {}", answer.status, answer.text));
        }
    }
    let made: Books = asks.iter().map(made_by).sum();
    assert_eq!(books(&cloud).await, before + made, "something was doubled or lost: {lacking:#?}");
    (cloud, wrong)
}

/// Without the grants whose lack is an error of the templates: an event source needs them.
fn startable(numbers: BTreeMap<String, usize>, folder: &Path) -> BTreeMap<String, usize> {
    let is_startable = |(function, number): &(String, usize)| {
        let is_route = ROWS.iter().any(|row| row.function == function);
        is_route || {
            templates::copy_without(&BTreeMap::from([(function.clone(), *number)]), folder);
            budgets::templates_in(folder).is_ok()
        }
    };
    numbers.into_iter().filter(is_startable).collect()
}

/// Payments and refunds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Books {
    payments: usize,
    refunds: usize,
}

impl std::ops::Add for Books {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { payments: self.payments + other.payments, refunds: self.refunds + other.refunds }
    }
}

impl std::iter::Sum for Books {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), std::ops::Add::add)
    }
}

/// What a request makes that has not been made before.
fn made_by(ask: &Ask) -> Books {
    if ask.is_replay() {
        return Books::default();
    }
    let makes = |names: [&str; 3]| usize::from(names.iter().any(|name| ask.function.ends_with(name)));
    Books {
        payments: makes(["-create-payment", "-create-payment-intent", "-initialize-payment"]),
        refunds: makes(["-create-refund", "-refund-payment", "-no-other"]),
    }
}

async fn books(cloud: &Cloud) -> Books {
    let tables = tollgate_tests::release::scan(cloud).await;
    let items = tables["tollgate"].as_array().unwrap();
    let count = |code: &str| items.iter().filter(|item| item["t"]["S"] == code).count();
    Books { payments: count("PAY"), refunds: count("REF") }
}
