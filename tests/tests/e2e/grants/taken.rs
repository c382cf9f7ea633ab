//! Each grant is used by a way of its route, and taken away in turn: the way fails, nothing is doubled, and the same request
//! succeeds once the grant is back.
//!
//! A local cloud lacks one grant of every function that has so many, so there are as many such clouds as a function has
//! grants. All work on the same data, and one that has all grants ends it.

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

/// Rounds that take a grant of every function away, unless `TOLLGATE_GRANTS` is `all`, as in CI.
const ROUNDS_MAX: usize = 2;
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
    let mut first: HashMap<(String, usize), &'static str> = HashMap::new();
    let mut any_way: HashMap<String, &'static str> = HashMap::new();
    // The local cloud keeps the functions of one half warm, but not all.
    for of_intents in [true, false] {
        let is_of_half = |function: &str, _: &str| function.starts_with("intents-") == of_intents;
        let mut of_function: BTreeMap<&str, Vec<Ask>> = BTreeMap::new();
        for ask in ways::all(cloud, callers, &is_of_half).await {
            any_way.entry(ask.function.to_owned()).or_insert(ask.way);
            of_function.entry(ask.function).or_default().push(ask);
        }
        // One way of each function at a time, so that what is new was used by it.
        for layer in 0.. {
            let layer: Vec<Ask> = of_function.values().filter_map(|asks| asks.get(layer).cloned()).collect();
            if layer.is_empty() {
                break;
            }
            let before = grants(cloud).await;
            wrong.extend(unexpected(cloud, &send_all(cloud, callers, &layer).await));
            let ways: HashMap<&str, &'static str> = layer.iter().map(|a| (a.function, a.way)).collect();
            for ((function, number, grant), before) in numbered(&grants(cloud).await).into_iter().zip(&before)
            {
                if let Some(way) = ways.get(function.as_str()).filter(|_| times(&grant) > times(before)) {
                    first.entry((function, number)).or_insert(way);
                }
            }
        }
    }
    let mut uses = Uses::new();
    for (function, number, grant) in numbered(&grants(cloud).await).into_iter().filter(|(.., g)| is_used(g)) {
        let text = |name: &str| grant[name].as_str().unwrap().to_owned();
        // A secret is read when the function starts, whichever way it goes.
        let is_secret = text("action").starts_with("secretsmanager:");
        let way = if is_secret { any_way.get(&function) } else { first.get(&(function.clone(), number)) };
        let way = way.copied();
        let used = Used { number, action: text("action"), resource: text("resource"), way };
        if way.is_none() && is_route(&function) {
            wrong.push(format!("no way of {function} uses {used:?}"));
        }
        uses.entry(function).or_default().push(used);
    }
    uses
}

/// Answers whose status is not the expected one.
fn unexpected(cloud: &Cloud, answers: &[(&Ask, Answer)]) -> Vec<String> {
    let wrong = answers.iter().filter(|(ask, answer)| answer.status.as_u16() != ask.status);
    let told = |(ask, answer): &(&Ask, Answer)| {
        format!("{ask:?}: {} {} {:?}", answer.status, answer.text, said_of(cloud, ask.function))
    };
    wrong.map(told).collect()
}

/// The last that a local cloud and a function said of it.
fn said_of(cloud: &Cloud, function: &str) -> Vec<String> {
    let log = cloud.log.lock().unwrap();
    let lines = log.iter().rev().filter(|line| line.contains(function));
    lines.take(6).map(|line| line.chars().take(600).collect()).collect()
}

/// How often a grant was used.
fn times(grant: &Value) -> u64 {
    grant["used"].as_object().unwrap().values().map(|times| times.as_u64().unwrap()).sum()
}

fn is_used(grant: &Value) -> bool {
    times(grant) > 0
}

fn is_route(function: &str) -> bool {
    ROWS.iter().any(|row| row.function == function)
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

/// A round: which grant each function lacks, and the ways that use it.
struct Round {
    lacking: BTreeMap<String, Used>,
    asks: Vec<Ask>,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_grant_is_used_and_missed_when_it_is_taken_away() {
    let cloud = Cloud::start().await;
    let callers = Callers::of(&cloud).await;
    let mut wrong = Vec::new();
    let uses = learn(&cloud, &callers, &mut wrong).await;
    due::leave_and_finish(&cloud).await;
    wrong.extend(unused(&cloud).await);
    assert!(wrong.is_empty(), "{wrong:#?}");
    let mut rounds = Vec::new();
    let all = uses.values().map(Vec::len).max().unwrap();
    let is_all = std::env::var("TOLLGATE_GRANTS").is_ok_and(|which| which == "all");
    for number in 0..if is_all { all } else { all.min(ROUNDS_MAX) } {
        let lacking = uses.iter().filter_map(|(f, used)| Some((f.clone(), used.get(number)?.clone())));
        let lacking: BTreeMap<String, Used> = lacking.collect();
        let is_lacking = |f: &str, way: &str| lacking.get(f).is_some_and(|used| used.way == Some(way));
        let asks = ways::all(&cloud, &callers, &is_lacking).await;
        rounds.push(Round { lacking, asks });
    }
    let before = books(&cloud).await;
    let mut data = cloud.kill().await;
    for round in &rounds {
        let folder = tempfile::tempdir().unwrap();
        let numbers = round.lacking.iter().map(|(function, used)| (function.clone(), used.number));
        let numbers = startable(numbers.collect(), folder.path());
        templates::copy_without(&numbers, folder.path());
        let cloud = Cloud::start_lacking(folder.path(), data).await;
        wrong.extend(not_missed(&cloud, &callers, round).await);
        data = cloud.kill().await;
    }
    let cloud = Cloud::start_in(data, &[]).await;
    let asks: Vec<Ask> = rounds.into_iter().flat_map(|round| round.asks).collect();
    let mut answers = send_all(&cloud, &callers, &asks).await;
    // Due work may have finished the erasure that a request began.
    answers.retain(|(ask, answer)| {
        !(ask.function.ends_with("-delete-customer") && answer.status.as_u16() == 404)
    });
    wrong.extend(unexpected(&cloud, &answers));
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(books(&cloud).await, before + asks.iter().map(made_by).sum(), "something was doubled or lost");
    due::everything_ends(&cloud).await;
}

/// Sends a round's requests where their functions lack what they use: what does not fail as it should.
async fn not_missed(cloud: &Cloud, callers: &Callers, round: &Round) -> Vec<String> {
    let mut wrong = Vec::new();
    for (ask, answer) in send_all(cloud, callers, &round.asks).await {
        let used = &round.lacking[ask.function];
        let status = answer.status.as_u16();
        // A function that can't read its secrets does not start, and API Gateway answers.
        let does_not_start = used.action.starts_with("secretsmanager:") && status == 500;
        // The first answer can't be found, and a caller over its limit is told to come back.
        let comes_back = ask.is_replay() && status == 429;
        // Only the headers of the rate limit are missing.
        let has_no_headers = ask.function.ends_with("-unknown-route") && status == 404;
        if !(ask.is_failure(&answer) || does_not_start || comes_back || has_no_headers) {
            wrong.push(format!("{ask:?} without {used:?}: {} {}", answer.status, answer.text));
        }
        let refused = format!("perform: {} on resource: {} ", used.action, used.resource).to_lowercase();
        let user = format!("assumed-role/{}/", ask.function);
        let said = |line: &String| line.contains(&user) && line.to_lowercase().contains(&refused);
        // The function was answered first, and then it answered; the line may come a moment later.
        let is_told =
            settled(async || cloud.log.lock().unwrap().iter().any(said).then_some(()).ok_or(())).await;
        if is_told.is_err() {
            wrong.push(format!("{} was not refused {} on {}", ask.function, used.action, used.resource));
        }
    }
    wrong
}

/// Without the grants whose lack is an error of the templates: an event source needs them.
fn startable(numbers: BTreeMap<String, usize>, folder: &Path) -> BTreeMap<String, usize> {
    let is_startable = |(function, number): &(String, usize)| {
        is_route(function) || {
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
