//! What functions may do: each grant of the templates is used, and a route that lacks one fails without harm.

mod ask;
pub(crate) mod due;
mod table;
mod taken;
mod templates;
mod ways;

use tollgate_local::template::{Cloud, Function, Grant};

use crate::{budgets, callers::table::ROWS};

/// The functions that only read, by their routes.
fn reads(templates: &Cloud) -> Vec<&Function> {
    let pages = ["pages-show-checkout", "pages-show-challenge", "pages-show-result"];
    let is_read = |function: &&Function| {
        let name = function.name.as_str();
        let row = ROWS.iter().find(|row| row.function == name);
        let gets = row.is_some_and(|row| row.asks_for_a_key() && row.method() == reqwest::Method::GET);
        gets || pages.contains(&name) || name.ends_with("-unknown-route")
    };
    templates.functions.iter().filter(is_read).collect()
}

#[test]
fn every_grant_names_one_action_on_one_resource() {
    let templates = budgets::templates();
    let mut broad = Vec::new();
    for function in &templates.functions {
        let mut grants = function.grants();
        let is_broad = |grant: &&Grant| format!("{}{}", grant.action, grant.resource).contains(['*', '?']);
        broad.extend(grants.iter().filter(is_broad).map(|grant| format!("{}: {grant:?}", function.name)));
        let count = grants.len();
        grants.sort();
        grants.dedup();
        assert_eq!(grants.len(), count, "{} is granted something twice", function.name);
    }
    assert!(broad.is_empty(), "{broad:#?}");
}

#[test]
fn a_route_that_reads_writes_nothing_but_the_counters_of_keys() {
    let templates = budgets::templates();
    let reads = reads(&templates);
    assert!(reads.len() > 25, "{}", reads.len());
    for function in reads {
        for grant in function.grants() {
            let reads = ["GetItem", "BatchGetItem", "Query", "GetSecretValue"];
            let only_reads = reads.contains(&grant.action.split(':').nth(1).unwrap());
            let counts = grant.action == "dynamodb:UpdateItem"
                && grant.resource.ends_with(":table/tollgate-keys")
                && grant.leading_keys.iter().all(|key| ["KEY#*", "M#*#RATE"].contains(&key.as_str()))
                && !grant.leading_keys.is_empty();
            assert!(only_reads || counts, "{}: {grant:?}", function.name);
        }
    }
}
