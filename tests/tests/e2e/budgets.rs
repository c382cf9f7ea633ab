//! What each route costs: calls, depth and capacity units of a warm request, as budgeted in the design.

pub(crate) mod calls;
mod table;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde_json::{Value, json};
use tollgate_local::template;
use tollgate_tests::{Cloud, Receiver, settled};

use self::{
    calls::{call_accounts, call_charges, call_intents, call_the_others, call_without_tables},
    table::BUDGETS,
};
use crate::payment;

/// What one warm request, or one invocation of a worker, may cost.
struct Budget {
    function: &'static str,
    calls: &'static str,
    /// Whether fewer calls will do: how many there are depends on what there is.
    at_most: bool,
    depth: u64,
    read_units: f64,
    write_units: f64,
}

const fn budget(
    function: &'static str,
    calls: &'static str,
    depth: u64,
    read_units: f64,
    write_units: f64,
) -> Budget {
    Budget { function, calls, at_most: false, depth, read_units, write_units }
}

/// A function that reads and writes nothing, and may not.
const fn no_calls(function: &'static str) -> Budget {
    budget(function, "", 0, 0.0, 0.0)
}

impl Budget {
    const fn at_most(self) -> Self {
        Self { at_most: true, ..self }
    }

    /// The calls by their names in DynamoDB's API, and how many of each.
    fn calls(&self) -> BTreeMap<&'static str, u64> {
        let call = |text: &'static str| {
            let (name, count) = text.split_once('*').unwrap_or((text, "1"));
            (full_name(name), count.parse().unwrap())
        };
        self.calls.split_whitespace().map(call).collect()
    }

    /// Whether these calls are the budgeted ones. Two calls that begin together are logged in either order.
    fn has_calls(&self, calls: &str) -> bool {
        let budgeted = self.calls();
        let mut made = BTreeMap::new();
        for call in calls.split(',') {
            *made.entry(call).or_insert(0) += 1;
        }
        if self.at_most {
            made.iter().all(|(call, count)| budgeted.get(call).is_some_and(|most| count <= most))
        } else {
            made == budgeted
        }
    }

    /// Whether a line of the log is within the budget. Requests name their calls, and workers count them.
    fn has(&self, line: &Value) -> bool {
        let are_calls = match &line["calls"] {
            Value::String(calls) => self.has_calls(calls),
            calls => calls.as_u64() == Some(self.calls().values().sum()),
        };
        are_calls
            && line["depth"].as_u64().unwrap() <= self.depth
            && line["read_units"].as_f64().unwrap() <= self.read_units
            && line["write_units"].as_f64().unwrap() <= self.write_units
    }
}

/// A call's name in DynamoDB's API.
fn full_name(name: &str) -> &'static str {
    match name {
        "Get" => "GetItem",
        "BatchGet" => "BatchGetItem",
        "Query" => "Query",
        "Put" => "PutItem",
        "Update" => "UpdateItem",
        "Transact" => "TransactWriteItems",
        other => panic!("what is {other}?"),
    }
}

/// The stacks' templates, read.
pub(crate) fn templates() -> template::Cloud {
    templates_in(tollgate_tests::root()).unwrap()
}

/// The templates of another folder.
pub(crate) fn templates_in(root: &Path) -> Result<template::Cloud, template::TemplateError> {
    load(root, &[])
}

/// The stacks' templates with these parameters.
pub(crate) fn templates_with(parameters: &[(&str, &str)]) -> template::Cloud {
    load(tollgate_tests::root(), parameters).unwrap()
}

fn load(root: &Path, parameters: &[(&str, &str)]) -> Result<template::Cloud, template::TemplateError> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let setting = template::Setting {
        front_url: String::new(),
        sqs_url: String::new(),
        parameters: parameters.iter().map(owned).collect(),
        secret: &|_, _| Ok(String::new()),
    };
    template::load(&root.join("template.yaml"), &setting)
}

#[test]
fn every_route_of_the_templates_has_a_budget() {
    let cloud = templates();
    let budgeted: BTreeSet<&str> = BUDGETS.iter().map(|budget| budget.function).collect();
    assert_eq!(budgeted.len(), BUDGETS.len(), "a function has two budgets");
    // What finding nothing costs is in the store's tests. What there is to do differs from item to item.
    let functions = cloud.functions.iter().map(|function| function.name.as_str());
    let of_due_work = ["find-due-work", "run-due-work"];
    let functions: BTreeSet<&str> = functions.filter(|name| !of_due_work.contains(name)).collect();
    assert_eq!(functions, budgeted);
    let routes = cloud.apis.iter().flat_map(|api| &api.routes);
    let unknown: Vec<_> = routes.filter(|route| !budgeted.contains(route.function.as_str())).collect();
    assert!(unknown.is_empty(), "routes without a budget: {}", unknown.len());
}

/// The units that a function may read and write.
pub(crate) fn budgeted_units(function: &str) -> [f64; 2] {
    let budget = BUDGETS.iter().find(|budget| budget.function == function).unwrap();
    [budget.read_units, budget.write_units]
}

/// What a warm request of a function costs, in integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Measured {
    /// Calls of DynamoDB.
    pub(crate) calls: u64,
    /// Calls that wait for each other.
    pub(crate) depth: u64,
    /// Read units, in halves.
    pub(crate) half_reads: u64,
    /// Write units, in halves.
    pub(crate) half_writes: u64,
}

/// What a warm request of a function may cost.
pub(crate) fn measured(function: &str) -> Measured {
    let budget = BUDGETS.iter().find(|budget| budget.function == function);
    let budget = budget.unwrap_or_else(|| panic!("{function} has no budget"));
    let halves = |units: f64| format!("{:.0}", units * 2.0).parse().unwrap();
    Measured {
        calls: budget.calls().values().sum(),
        depth: budget.depth,
        half_reads: halves(budget.read_units),
        half_writes: halves(budget.write_units),
    }
}

/// What a function has to be allowed for a call.
fn actions_of(call: &str) -> &'static [&'static str] {
    match call {
        "GetItem" => &["dynamodb:GetItem"],
        "BatchGetItem" => &["dynamodb:BatchGetItem"],
        "Query" => &["dynamodb:Query"],
        "PutItem" => &["dynamodb:PutItem"],
        // Some transactions put, too: every end-to-end test runs with the grants, and fails where one is missing.
        "UpdateItem" | "TransactWriteItems" => &["dynamodb:UpdateItem"],
        other => panic!("what does {other} need?"),
    }
}

/// The actions that a function's policies allow, on any resource.
fn actions(function: &template::Function) -> BTreeSet<String> {
    function.grants().into_iter().map(|grant| grant.action).collect()
}

#[test]
fn every_function_may_make_the_calls_of_its_budget() {
    let cloud = templates();
    let function = |name: &str| {
        let mut functions = cloud.functions.iter();
        functions.find(|function| function.name == name).unwrap()
    };
    let mut lacking = Vec::new();
    for budget in BUDGETS {
        let granted = actions(function(budget.function));
        for action in budget.calls().keys().copied().flat_map(actions_of) {
            if !granted.contains(*action) {
                lacking.push(format!("{} lacks {action}", budget.function));
            }
        }
        if budget.calls.is_empty() && granted.iter().any(|action| action.starts_with("dynamodb:")) {
            lacking.push(format!("{} needs none of {granted:?}", budget.function));
        }
    }
    assert!(lacking.is_empty(), "{lacking:#?}");
}

/// The functions that no request starts.
fn is_worker(budget: &Budget) -> bool {
    matches!(budget.function, "publish-events" | "deliver-webhook")
}

/// Checks that one of the lines that a function logged is within its budget, and shows them where none is.
async fn keeps_budget(cloud: &Cloud, budget: &Budget, message: &str) -> Result<(), String> {
    settled(async || {
        let lines = cloud.log_of(budget.function, message);
        // A worker's budget is for one record.
        let mut lines = lines.iter().filter(|line| line.get("records").is_none_or(|count| *count == 1));
        if let Some(line) = lines.clone().find(|line| budget.has(line)) {
            println!("{} {line}", budget.function);
            return Ok(());
        }
        let cost = |line: &Value| {
            let [calls, depth, reads, writes] =
                ["calls", "depth", "read_units", "write_units"].map(|name| line[name].to_string());
            format!("{calls} depth {depth} reads {reads} writes {writes}")
        };
        let cheapest = lines.by_ref().min_by_key(|line| line["depth"].as_u64());
        Err(format!("{}: {}", budget.function, cheapest.map_or("never called".to_owned(), cost)))
    })
    .await
}

async fn keep_budgets(cloud: &Cloud, budgets: impl Iterator<Item = &Budget>, message: &str) {
    let checks = budgets.map(|budget| keeps_budget(cloud, budget, message));
    let broken: Vec<_> =
        futures_util::future::join_all(checks).await.into_iter().filter_map(Result::err).collect();
    assert!(broken.is_empty(), "over budget: {broken:#?}");
}

/// The routes of `intents`, or those of all other front doors, that make calls.
fn routes(of_intents: bool) -> impl Iterator<Item = &'static Budget> {
    BUDGETS.iter().filter(move |budget| {
        budget.function.starts_with("intents-") == of_intents
            && !is_worker(budget)
            && !budget.calls.is_empty()
    })
}

/// How often each route is called. The first request of an instance is a cold one; of three one finds a warm one.
const ROUNDS: u32 = 3;

#[tokio::test]
async fn every_warm_route_keeps_its_budget() {
    let cloud = Cloud::start().await;
    for round in 0..ROUNDS {
        call_charges(&cloud).await;
        call_the_others(&cloud, round).await;
    }
    keep_budgets(&cloud, routes(false), "request").await;
}

// The local cloud keeps no more instances warm than the routes of `intents` and the others have together.
#[tokio::test]
async fn every_warm_route_of_intents_keeps_its_budget() {
    let cloud = Cloud::start().await;
    // A merchant without the local cloud's own endpoint.
    let intents = cloud.intents().with_key(&cloud.other_merchants_key().await);
    let receiver = Receiver::start(&[]);
    for _ in 0..ROUNDS {
        call_intents(&intents, &receiver).await;
        let partner = intents.with_key(&cloud.other_merchants_key().await);
        call_accounts(&intents, &partner).await;
    }
    keep_budgets(&cloud, routes(true), "request").await;
}

#[tokio::test]
async fn what_reads_and_writes_nothing_answers() {
    let cloud = Cloud::start().await;
    call_without_tables(&cloud).await;
}

#[tokio::test]
async fn publishing_and_delivering_one_change_keep_their_budgets() {
    let cloud = Cloud::start().await;
    let key = cloud.other_merchants_key().await;
    let (client, intents) = (cloud.charges().with_key(&key), cloud.intents().with_key(&key));
    let receiver = Receiver::start(&[]);
    let hooks = json!({"url": receiver.url, "api": "charges", "enabled_events": ["payment.succeeded"]});
    intents.post("/webhook_endpoints", &hooks).await.expect(201);
    for round in 1..=4 {
        let paid = client.post("/payments", &payment("tok_visa_4242", 1000)).await;
        paid.expect(201);
        receiver.wait_for(round).await;
    }
    keep_budgets(&cloud, BUDGETS.iter().filter(|budget| is_worker(budget)), "invocation").await;
}
