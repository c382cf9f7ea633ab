//! What each route costs: calls, depth and capacity units of a warm request, as budgeted in the design.

mod calls;
mod table;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde_json::{Value, json};
use tollgate_local::template;
use tollgate_tests::{Cloud, Receiver, eventually};

use self::{
    calls::{call_every_other_route, call_every_route, call_intents, call_without_tables},
    table::{BUDGETS, INTENTS, WITHOUT_TABLES, WORKERS},
};
use crate::payment;

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

impl Budget {
    const fn at_most(self) -> Self {
        Self { at_most: true, ..self }
    }

    /// Whether these calls are the budgeted ones. Two calls that begin together are written down in either order.
    fn has_calls(&self, calls: &str) -> bool {
        let counted = |calls: &str| {
            let mut counted = BTreeMap::new();
            for call in calls.split(',') {
                *counted.entry(call.to_owned()).or_insert(0) += 1;
            }
            counted
        };
        let (budgeted, made): (BTreeMap<String, u32>, _) = (counted(self.calls), counted(calls));
        if self.at_most {
            made.iter().all(|(call, count)| budgeted.get(call).is_some_and(|most| count <= most))
        } else {
            made == budgeted
        }
    }
}

/// What one invocation of a function that no request starts may cost.
struct Work {
    function: &'static str,
    calls: u64,
    depth: u64,
    read_units: f64,
    write_units: f64,
}

/// The stacks' templates, read.
pub(crate) fn templates() -> template::Cloud {
    let setting = template::Setting {
        front_url: String::new(),
        sqs_url: String::new(),
        parameters: Vec::new(),
        secret: &|_, _| Ok(String::new()),
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
    template::load(&root, &setting).unwrap()
}

#[test]
fn every_route_of_the_templates_has_a_budget() {
    let cloud = templates();
    let routed: BTreeSet<&str> =
        cloud.apis.iter().flat_map(|api| &api.routes).map(|route| route.function.as_str()).collect();
    let budgeted = BUDGETS.iter().chain(INTENTS).map(|budget| budget.function);
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for function in budgeted.chain(WITHOUT_TABLES.iter().copied()) {
        *count.entry(function).or_default() += 1;
    }
    let without: Vec<_> = routed.iter().filter(|name| !count.contains_key(*name)).collect();
    assert!(without.is_empty(), "routes without a budget: {without:?}");
    let twice: Vec<_> = count.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "budgets given twice: {twice:?}");
    let of_nothing: Vec<_> = count.keys().filter(|name| !routed.contains(*name)).collect();
    assert!(of_nothing.is_empty(), "budgets of no route: {of_nothing:?}");
    let workers: BTreeSet<&str> = WORKERS.iter().map(|work| work.function).collect();
    let others = cloud.functions.iter().map(|function| function.name.as_str());
    let unknown: Vec<_> = others.filter(|name| !routed.contains(name) && !workers.contains(name)).collect();
    // What one run of due work costs when nothing is due is held to in the store's tests.
    assert_eq!(unknown, ["run-due-work"]);
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

/// What a function's policies let it do, on whatever resource.
fn actions(function: &template::Function) -> BTreeSet<&str> {
    let actions = function.grants.iter().flat_map(|grant| &grant.actions);
    actions.map(String::as_str).collect()
}

#[test]
fn every_function_may_make_the_calls_of_its_budget() {
    let cloud = templates();
    let function = |name: &str| {
        let mut functions = cloud.functions.iter();
        functions.find(|function| function.name == name).unwrap()
    };
    let mut lacking = Vec::new();
    for budget in BUDGETS.iter().chain(INTENTS) {
        let granted = actions(function(budget.function));
        for action in budget.calls.split(',').flat_map(actions_of) {
            if !granted.contains(action) {
                lacking.push(format!("{} lacks {action}", budget.function));
            }
        }
    }
    for name in WITHOUT_TABLES {
        let granted = actions(function(name));
        if granted.iter().any(|action| action.starts_with("dynamodb:")) {
            lacking.push(format!("{name} needs none of {granted:?}"));
        }
    }
    assert!(lacking.is_empty(), "{lacking:#?}");
}

#[tokio::test]
async fn every_warm_route_keeps_its_budget() {
    let cloud = Cloud::start().await;
    // The first request of an instance is a cold one; of three rounds at least one finds a warm one.
    for round in 0..3 {
        call_every_route(&cloud).await;
        call_every_other_route(&cloud, round).await;
    }
    keeps_budgets(&cloud, BUDGETS).await;
}

/// Checks the cheapest of three requests to each function, and shows all of them.
async fn keeps_budgets(cloud: &Cloud, budgets: &[Budget]) {
    println!("{:<36} {:<44} {:>5} {:>6} {:>6}", "function", "calls", "depth", "reads", "writes");
    let mut broken = Vec::new();
    for budget in budgets {
        let line = eventually(budget.function, || async {
            let lines = cloud.request_log(budget.function);
            let cost = |line: &Value| (line["depth"].as_u64(), line["calls"].as_str().map(str::len));
            (lines.len() >= 3).then(|| lines.into_iter().min_by_key(cost)).flatten()
        })
        .await;
        let number = |name: &str| line[name].as_f64().unwrap();
        let calls = line["calls"].as_str().unwrap();
        println!(
            "{:<36} {calls:<44} {:>5} {:>6} {:>6}",
            budget.function,
            number("depth"),
            number("read_units"),
            number("write_units")
        );
        let keeps = budget.has_calls(calls)
            && line["depth"].as_u64().unwrap() <= budget.depth
            && number("read_units") <= budget.read_units
            && number("write_units") <= budget.write_units;
        if !keeps {
            broken.push(budget.function);
        }
    }
    assert!(broken.is_empty(), "over budget: {broken:?}");
}

#[tokio::test]
async fn every_warm_route_of_intents_keeps_its_budget() {
    let cloud = Cloud::start().await;
    // More requests than a sandbox merchant has in a minute.
    let intents = cloud.intents().with_key(&cloud.other_merchants_key().await);
    let receiver = Receiver::start(&[]).await;
    for _ in 0..3 {
        call_intents(&intents, &receiver).await;
    }
    keeps_budgets(&cloud, INTENTS).await;
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
    let receiver = Receiver::start(&[]).await;
    let hooks = json!({"url": receiver.url, "api": "charges", "enabled_events": ["payment.succeeded"]});
    intents.post("/webhook_endpoints", &hooks).await.expect(201);
    for round in 1..=4 {
        let paid = client.post("/payments", &payment("tok_visa_4242", 1000)).await;
        paid.expect(201);
        receiver.wait_for(round).await;
    }
    let mut broken = Vec::new();
    for work in WORKERS {
        let line = eventually(work.function, || async {
            let lines = cloud.log_of(work.function, "invocation");
            let mut lines: Vec<_> = lines.into_iter().filter(|line| line["records"] == 1).collect();
            lines.sort_by_key(|line| line["calls"].as_u64());
            // The cheapest of those that did all of it: a change that no endpoint wants costs less.
            lines.into_iter().find(|line| line["calls"].as_u64() >= Some(work.calls))
        })
        .await;
        println!("{line}");
        let number = |name: &str| line[name].as_f64().unwrap();
        let keeps = line["calls"].as_u64().unwrap() == work.calls
            && line["depth"].as_u64().unwrap() <= work.depth
            && number("read_units") <= work.read_units
            && number("write_units") <= work.write_units;
        if !keeps {
            broken.push(work.function);
        }
    }
    assert!(broken.is_empty(), "over budget: {broken:?}");
}
