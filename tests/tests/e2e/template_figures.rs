//! Figures that a template has to repeat are those of the code.

use std::time::Duration;

use tollgate_gateway::{LEASE_MS, LIFETIME_DEFAULT_MS, TIMEOUT_DEFAULT_MS};
use tollgate_local::template::Function;
use tollgate_webhooks::RetrySchedule;

use crate::budgets::templates;

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
    let function = cloud.functions.iter().find(|function| function.name == "deliver-webhook").unwrap();
    let queue = cloud.queues.iter().find(|queue| queue.redrive.is_some()).unwrap();
    assert!(function.timeout > Duration::ZERO);
    assert_eq!(queue.visibility, function.timeout * 6);
}
