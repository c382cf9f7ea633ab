//! `docs/costs.md`: what a million of each main operation costs, from the budgets, the templates and AWS's price list.
//!
//! Money is in integers. A price in micro-dollars for a million is the price of one in millionths of a micro-dollar, so the sum
//! for a million operations is exact.

mod operations;
mod page;
mod prices;

use std::collections::BTreeSet;

use tollgate_domain::FrontDoor;
use tollgate_local::template::{Cloud, Function};
use tollgate_tests::{check_document, root};

use self::{
    operations::{OPERATIONS, Operation},
    prices::{Cost, ENDPOINT_MS, invocation, messages, requests, waiting},
};
use crate::budgets::{Measured, measured, templates};

fn memory_mb(cloud: &Cloud, function: &str) -> u64 {
    let mut functions = cloud.functions.iter();
    functions.find(|f| f.name == function).unwrap_or_else(|| panic!("no function {function}")).memory_mb
}

/// What a million invocations of a function cost.
fn cost_of(cloud: &Cloud, function: &str) -> Cost {
    invocation(memory_mb(cloud, function), &measured(function))
}

/// What a million operations cost, with the changes that they publish and the webhook that follows.
fn cost(cloud: &Cloud, operation: &Operation) -> Cost {
    let mut cost = Cost::default();
    for function in operation.functions {
        cost += cost_of(cloud, function) + requests(1);
    }
    for _ in 0..operation.changes {
        cost += cost_of(cloud, "publish-events");
    }
    for _ in 0..operation.webhooks {
        cost += cost_of(cloud, "deliver-webhook") + messages(1);
        cost += waiting(memory_mb(cloud, "deliver-webhook"), ENDPOINT_MS);
    }
    cost
}

#[test]
fn the_page_about_costs_is_what_the_budgets_and_the_prices_say() {
    let wanted = page::page(&templates());
    check_document("docs/costs.md", &wanted);
}

#[test]
fn the_page_about_scale_has_the_same_sum() {
    let create = OPERATIONS.iter().find(|row| (row.front_door, row.what) == ("charges", "create")).unwrap();
    let sum = page::dollars(cost(&templates(), create).total());
    let scale = std::fs::read_to_string(root().join("docs/scale.md")).unwrap();
    assert!(scale.contains(&format!("with a webhook each are {sum} dollars")), "{sum}");
}

/// Whether a function is of a main operation: it takes, reserves, returns or shows money.
fn is_main(function: &Function) -> bool {
    let name = function.name.as_str();
    let of_refunds = ["create-refund", "refund-payment"].iter().any(|end| name.ends_with(end));
    let of_payments = ["create-", "initialize-", "confirm-", "capture-", "retrieve-", "list-"].iter();
    let of_payments = of_payments.flat_map(|verb| {
        ["payment", "payments", "payment-intent", "payment-intents", "transactions"]
            .map(|noun| format!("{verb}{noun}"))
    });
    of_refunds
        || of_payments.into_iter().any(|end| name.ends_with(&end))
        || name.ends_with("payment-status")
        || (name.starts_with("pages-") && (name.contains("-show-ch") || name.contains("-answer-")))
}

#[test]
fn every_main_operation_of_every_front_door_has_a_price() {
    let cloud = templates();
    let main = cloud.functions.iter().filter(|function| is_main(function));
    let main: BTreeSet<&str> = main.map(|function| function.name.as_str()).collect();
    let priced: BTreeSet<&str> =
        OPERATIONS.iter().flat_map(|operation| operation.functions).copied().collect();
    assert_eq!(main, priced);
    for door in FrontDoor::ALL {
        for what in ["create", "refund", "retrieve"] {
            let mut rows = OPERATIONS.iter().filter(|row| row.front_door == door.as_str());
            assert!(rows.any(|row| row.what == what), "{} {what}", door.as_str());
        }
    }
}

/// What changes nothing publishes nothing, and what is told was changed.
#[test]
fn what_reads_costs_no_webhook() {
    for operation in OPERATIONS {
        let reads = matches!(operation.what, "retrieve" | "list");
        assert_eq!(operation.webhooks == 0, reads, "{} {}", operation.front_door, operation.what);
        assert!(operation.changes >= operation.webhooks, "{} {}", operation.front_door, operation.what);
    }
}

/// One operation by hand, so that the sums are not only compared with themselves.
#[test]
fn a_create_of_charges_costs_what_its_parts_do() {
    let units = Measured { calls: 2, depth: 2, half_reads: 0, half_writes: 6 };
    assert_eq!(measured("charges-create-payment"), units);
    let one = invocation(256, &units);
    // Three writes at 0.625 dollars a million.
    assert_eq!(one.dynamodb, 1_875_000);
    // 1.22 ms of a core on 256 of 1769 MB are 8.43 ms, and two round trips of 4 ms: 17 ms of a quarter of a GB, and the request.
    assert_eq!(one.lambda, 200_000 + 56_667);
    assert_eq!((one.gateway, one.sqs), (0, 0));
    assert_eq!(requests(1).gateway, 1_000_000);
    assert_eq!(messages(1).sqs, 1_200_000);
}
