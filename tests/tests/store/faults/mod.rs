//! Every function of the store under every fault that DynamoDB has: throttling, conflicts of transactions, errors and lost
//! answers, once and for good, at each of the function's calls.
//!
//! A function either succeeds, with the effect it has without faults, or fails. After a failure its effect is there or not, and
//! calling it again brings the effect about, once.

mod accounts;
mod answers;
mod keys;
mod ledger;
mod payers;
mod payments;
mod payouts;
mod prices;
mod scenario;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use futures_util::{FutureExt as _, StreamExt as _, stream};
use serde_json::{Value, json};
use tollgate_local::dynamodb_faults::{Fault, Plan};
use tollgate_tests::dynamodb::try_ask;

use self::scenario::{Effect, Scenario};
use super::*;

/// The longest that a function may take, however long its calls fail: the routes' functions have ten seconds.
const PATIENCE: Duration = Duration::from_secs(9);

/// Functions that are tried at the same time. They mostly wait.
const AT_ONCE_MAX: usize = 12;

/// The faults that also last: one of each kind that the store and the SDK tell apart.
const LASTING: [Fault; 7] = [
    Fault::TableThrottled,
    Fault::TransactionThrottled,
    Fault::Conflict,
    Fault::InProgress,
    Fault::Unprocessed,
    Fault::ErrorAfter,
    Fault::ClosedAfter,
];

fn scenarios() -> Vec<Scenario> {
    [
        payments::scenarios(),
        payers::scenarios(),
        accounts::scenarios(),
        keys::scenarios(),
        ledger::scenarios(),
        payouts::scenarios(),
        prices::scenarios(),
    ]
    .concat()
}

/// A value with the members of its objects in order.
fn in_order(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members: BTreeMap<&String, Value> = members.iter().map(|(k, v)| (k, in_order(v))).collect();
            json!(members)
        }
        Value::Array(items) => items.iter().map(in_order).collect(),
        other => other.clone(),
    }
}

/// Everything in the tables.
async fn dump(embedded: &Embedded, client: &reqwest::Client) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for table in ["tollgate", "tollgate-keys", "tollgate-events"] {
        let (_, page) = try_ask(client, &embedded.tables_url, "Scan", &json!({"TableName": table})).await;
        assert!(page.get("LastEvaluatedKey").is_none(), "one page");
        for item in page["Items"].as_array().unwrap() {
            let mut item = in_order(item);
            // Only concurrent writers of the live keys need their version.
            if item.get("live").is_some() {
                item["version"].take();
            }
            all.insert(item.to_string());
        }
    }
    all
}

/// A scenario on a database that is as prepared before each case.
struct Bench {
    scenario: Scenario,
    embedded: Embedded,
    environment: AwsEnvironment,
    client: reqwest::Client,
    prepared: PathBuf,
    before: BTreeSet<String>,
}

/// What a call of the function led to.
struct Outcome {
    answer: Result<String, StoreError>,
    tables: BTreeSet<String>,
    /// How many calls of DynamoDB failed.
    struck: u64,
    calls: u64,
}

impl Bench {
    async fn of(scenario: Scenario) -> Self {
        let embedded = Embedded::open().await;
        let environment = AwsEnvironment::emulated(&embedded.url, &embedded.url);
        let client = reqwest::Client::new();
        (scenario.prepare)(store_in(&environment)).await;
        let prepared = embedded.folder.path().join("prepared.db");
        embedded.dynamodb.copy_to(&prepared).unwrap();
        let before = dump(&embedded, &client).await;
        Self { scenario, embedded, environment, client, prepared, before }
    }

    fn reset(&self) {
        self.embedded.dynamodb.restore_from(&self.prepared).unwrap();
    }

    async fn call(&self, plan: Option<Plan>) -> Outcome {
        let faults = &self.embedded.faults;
        faults.plan(plan);
        let began = Instant::now();
        // With a store of its own the case has the SDK's whole allowance of retries.
        let answer = (self.scenario.act)(store_in(&self.environment)).await;
        let took = began.elapsed();
        let (struck, calls) = (faults.struck(), faults.calls());
        faults.plan(None);
        assert!(took < PATIENCE, "{} under {plan:?} took {took:?}", self.scenario.function);
        Outcome { answer, tables: dump(&self.embedded, &self.client).await, struck, calls }
    }

    /// Tries every fault at every call; returns the number of cases in which calls failed.
    async fn try_all(&self) -> u32 {
        self.reset();
        let usual = self.call(None).await;
        let answer = usual.answer.expect(self.scenario.function);
        let mut cases = 0;
        for fault in Fault::ALL {
            for after in 0..usual.calls {
                for times in [1, u64::MAX] {
                    let plan = Plan { fault, after, times };
                    if times == 1 || LASTING.contains(&fault) {
                        cases += u32::from(self.try_one(plan, &answer, &usual.tables).await);
                    }
                }
            }
        }
        assert!(cases > 0, "{}", self.scenario.function);
        cases
    }

    /// Whether the fault struck.
    async fn try_one(&self, plan: Plan, answer: &str, tables: &BTreeSet<String>) -> bool {
        let case = format!("{} under {plan:?}", self.scenario.function);
        self.reset();
        let spoilt = self.call(Some(plan)).await;
        if spoilt.struck == 0 {
            return false;
        }
        match &spoilt.answer {
            Ok(given) => {
                assert_eq!(given, answer, "{case}");
                self.check(&case, &spoilt.tables, tables);
            }
            Err(error) => {
                let is_expected = matches!(error, StoreError::Aws { .. } | StoreError::Contended { .. });
                assert!(is_expected, "{case}: {error}");
                if self.scenario.effect != Effect::Steps && spoilt.tables != self.before {
                    self.check(&case, &spoilt.tables, tables);
                }
            }
        }
        // A single failure is never the caller's to deal with; only a token is given back once at most.
        let is_single = plan.times == 1 && self.scenario.effect != Effect::AtMostOnce;
        assert!(spoilt.answer.is_ok() || !is_single, "{case}: {:?}", spoilt.answer);
        if spoilt.answer.is_err() && self.scenario.effect != Effect::AtMostOnce {
            let again = self.call(None).await;
            assert_eq!(again.answer.expect(&case), answer, "{case}, and again");
            self.check(&format!("{case}, and again"), &again.tables, tables);
        }
        true
    }

    /// The function had its effect, and nothing else.
    fn check(&self, case: &str, found: &BTreeSet<String>, expected: &BTreeSet<String>) {
        match self.scenario.effect {
            Effect::Once | Effect::Steps => assert_eq!(found, expected, "{case}"),
            Effect::AtMostOnce => {
                assert!(*found == *expected || *found == self.before, "{case}: {found:?}");
            }
            // The counters say how often.
            Effect::AtLeastOnce => assert_ne!(*found, self.before, "{case}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_function_has_its_effect_once_or_says_that_it_failed() {
    let tried = scenarios().into_iter().map(|scenario| {
        let task = tokio::spawn(async move { Bench::of(scenario).await.try_all().await });
        task.map(move |tried| tried.map_err(|_| scenario.function))
    });
    let tried: Vec<_> = stream::iter(tried).buffer_unordered(AT_ONCE_MAX).collect().await;
    let wrong: Vec<_> = tried.iter().filter_map(|tried| tried.as_ref().err()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let cases: u32 = tried.iter().flatten().sum();
    println!("{cases} cases of faults");
    assert!(cases > 500, "{cases}");
}

/// The public functions of the store that call DynamoDB.
fn public_functions(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(public_functions(&path));
        } else if !path.ends_with("queue.rs") && !path.ends_with("secrets.rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let names = text.split("pub async fn ").skip(1);
            found.extend(names.map(|name| name.split(['(', '<']).next().unwrap().to_owned()));
        }
    }
    found
}

#[test]
fn every_public_function_of_the_store_meets_the_faults() {
    let source = tollgate_tests::root().join("shared/store/src");
    let tried: BTreeSet<String> = scenarios().iter().map(|scenario| scenario.function.to_owned()).collect();
    assert_eq!(tried, public_functions(&source), "a row in tests/tests/store/faults for each");
}
