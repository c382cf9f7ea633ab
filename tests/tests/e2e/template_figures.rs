//! What a template or a list has to repeat is the same in both places.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use tollgate_gateway::{DUE_CLAIM_MS, DueKind, LEASE_MS, LIFETIME_DEFAULT_MS, TIMEOUT_DEFAULT_MS};
use tollgate_local::template::{Function, Source};
use tollgate_webhooks::RetrySchedule;

use crate::budgets::{budgeted_units, templates, templates_with};

/// The value of an environment variable; it is the same in every function that has it.
fn variable(functions: &[Function], name: &str) -> String {
    let mut values: Vec<_> = functions.iter().filter_map(|function| function.environment.get(name)).collect();
    values.dedup();
    assert_eq!(values.len(), 1, "{name} has {} values", values.len());
    values[0].clone()
}

#[test]
fn the_parameters_defaults_are_the_codes() {
    let functions = templates().functions;
    let retries = variable(&functions, "TOLLGATE_WEBHOOK_RETRY_SECONDS");
    assert_eq!(retries.parse::<RetrySchedule>().unwrap(), RetrySchedule::default());
    assert_eq!(variable(&functions, "TOLLGATE_PROCESSOR_TIMEOUT_MS"), TIMEOUT_DEFAULT_MS.to_string());
    let claim_s = variable(&functions, "TOLLGATE_DUE_CLAIM_SECONDS");
    assert_eq!(claim_s, (DUE_CLAIM_MS / 1000).to_string());
    let checkout_s = variable(&functions, "TOLLGATE_CHECKOUT_SECONDS");
    assert_eq!(checkout_s, (LIFETIME_DEFAULT_MS / 1000).to_string());
}

#[test]
fn no_request_outlives_the_lease_of_its_idempotency_key() {
    let cloud = templates();
    let routes = cloud.apis.iter().flat_map(|api| &api.routes);
    for route in routes {
        let function = cloud.functions.iter().find(|function| function.name == route.function).unwrap();
        assert!(function.timeout.as_millis() < LEASE_MS.unsigned_abs().into(), "{}", function.name);
    }
}

#[test]
fn a_message_is_hidden_for_six_times_the_timeout_of_its_function() {
    let cloud = templates();
    let mut sources = 0;
    for source in &cloud.sources {
        let Source::Queue(source) = source else { continue };
        let function = cloud.functions.iter().find(|function| function.name == source.function).unwrap();
        let queue = cloud.queues.iter().find(|queue| queue.name == source.queue).unwrap();
        assert!(function.timeout > Duration::ZERO);
        assert_eq!(queue.visibility, function.timeout * 6, "{}", queue.name);
        assert!(queue.redrive.is_some() && source.partial_responses, "{}", queue.name);
        sources += 1;
    }
    assert_eq!(sources, 3);
}

#[test]
fn every_kind_of_due_work_is_looked_for_in_every_shard() {
    let cloud = templates();
    let mut parts: HashMap<&str, Vec<(u64, u64)>> = HashMap::new();
    for source in &cloud.sources {
        let Source::Schedule(source) = source else { continue };
        assert_eq!(source.function, "find-due-work");
        let input = source.input.as_ref().unwrap();
        let kind = DueKind::from_code(input["kind"].as_str().unwrap()).unwrap();
        let number = |name: &str, default| input[name].as_u64().unwrap_or(default);
        parts.entry(kind.code()).or_default().push((number("part", 0), number("of", 1)));
    }
    for kind in DueKind::ALL {
        let mut parts = parts.remove(kind.code()).unwrap_or_default();
        parts.sort_unstable();
        let of = parts.len() as u64;
        assert_eq!(parts, (0..of).map(|part| (part, of)).collect::<Vec<_>>(), "{kind:?}");
        assert!(of > 0, "{kind:?}");
    }
}

/// The lists that name every crate of functions: the profile that keeps their debug binaries small, and the alias that builds
/// them for Lambda.
#[test]
fn every_crate_of_functions_is_in_the_lists_of_crates() {
    let root = tollgate_tests::root();
    let read = |file: &str| std::fs::read_to_string(root.join(file)).unwrap();
    let folders = std::fs::read_dir(root.join("functions")).unwrap();
    let crates: BTreeSet<String> =
        folders.map(|folder| format!("tollgate-{}", folder.unwrap().file_name().to_string_lossy())).collect();
    let (workspace, aliases) = (read("Cargo.toml"), read(".cargo/config.toml"));
    let profile = workspace.split("[profile.dev.package]").nth(1).unwrap();
    let profile = profile.split("\n[").next().unwrap();
    let stripped = profile.lines().filter(|line| line.starts_with("tollgate-"));
    let stripped: BTreeSet<String> =
        stripped.map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(stripped, crates);
    let built = aliases.lines().find(|line| line.starts_with("bootstraps")).unwrap();
    let built = built.trim_end_matches('"').split(" -p ").skip(1);
    assert_eq!(built.map(str::to_owned).collect::<BTreeSet<_>>(), crates);
}

#[test]
fn the_page_about_scale_has_the_measured_units() {
    let page = tollgate_tests::root().join("docs/scale.md");
    let page = std::fs::read_to_string(page).unwrap();
    let row = |first: &str| -> [f64; 2] {
        let row = page.lines().find(|line| line.starts_with(&format!("| {first} |"))).unwrap();
        let mut cells = row.split('|').map(str::trim).skip(2);
        [0, 1].map(|_| cells.next().unwrap().parse().unwrap())
    };
    let mut sum = [0.0, 0.0];
    for function in ["charges-create-payment", "publish-events", "deliver-webhook"] {
        let units = budgeted_units(function);
        assert_eq!(row(&format!("`{function}`")).map(f64::to_bits), units.map(f64::to_bits), "{function}");
        sum = [sum[0] + units[0], sum[1] + units[1]];
    }
    assert_eq!(row("together").map(f64::to_bits), sum.map(f64::to_bits));
}

#[test]
fn what_is_reserved_is_reserved_for_every_function_that_moves_money_and_every_worker() {
    let reserved = |parameters: &[(&str, &str)]| -> BTreeSet<String> {
        let functions = templates_with(parameters).functions.into_iter();
        let reserved = functions.filter(|function| function.reserved_concurrency == Some(70));
        reserved.map(|function| function.name).collect()
    };
    assert_eq!(reserved(&[]), BTreeSet::new());
    let of_money = reserved(&[("PaymentConcurrency", "70")]);
    let moves =
        ["create-payment", "initialize-payment", "create-refund", "refund-payment", "answer-", "confirm-"];
    let templates = templates();
    let routes = templates.functions.iter().map(|function| &function.name);
    let expected = routes.filter(|name| {
        let is_money = moves.iter().any(|part| name.contains(part)) && !name.ends_with("-method");
        is_money
            || [
                "capture-payment-intent",
                "capture-charge",
                "cancel-payment-intent",
                "cancel-refund",
                "create-payout",
                "cancel-payout",
                "receive-notice",
            ]
            .iter()
            .any(|end| name.ends_with(end))
    });
    assert_eq!(of_money, expected.cloned().collect::<BTreeSet<_>>());
    let workers = reserved(&[("WorkerConcurrency", "70")]);
    let expected = ["deliver-webhook", "find-due-work", "publish-events", "run-due-work"];
    assert_eq!(workers, expected.map(str::to_owned).into());
}
