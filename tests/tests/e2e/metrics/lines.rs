//! The lines that CloudWatch counts: every function's, each of the right form and with dimensions from closed sets only.

use std::collections::BTreeSet;

use serde_json::Value;
use tollgate_gateway::metrics::NAMESPACE;
use tollgate_tests::{Cloud, Receiver, eventually, metrics::points_of};

use super::{counted_lines, mistake};
use crate::{
    budgets::{
        calls::{call_accounts, call_charges, call_intents, call_the_others, call_without_tables},
        templates,
    },
    grants::due::leave_and_finish,
};

/// Bytes of a line at most: logs are paid for by the byte.
const LINE_BYTES_MAX: usize = 1200;

/// The functions that wrote a line with this message.
fn functions(lines: &[(String, String)], message: &str) -> BTreeSet<String> {
    let has = |line: &str| serde_json::from_str::<Value>(line).unwrap()["message"] == message;
    lines.iter().filter(|(_, line)| has(line)).map(|(function, _)| function.clone()).collect()
}

#[tokio::test]
async fn every_function_writes_lines_that_cloudwatch_counts_by_closed_sets_of_values() {
    let cloud = Cloud::start().await;
    call_charges(&cloud).await;
    call_the_others(&cloud, 0).await;
    call_intents(&cloud.intents(), &Receiver::start(&[])).await;
    call_accounts(&cloud.intents(), &cloud.partner()).await;
    call_without_tables(&cloud).await;
    leave_and_finish(&cloud).await;

    let routes = templates().apis.into_iter().flat_map(|api| api.routes).map(|route| route.function);
    let routes: BTreeSet<String> = routes.collect();
    // A line may come after its answer.
    let lines = eventually("the lines of every route", || async {
        let lines = counted_lines(&cloud, 0);
        (functions(&lines, "request") == routes).then_some(lines)
    })
    .await;
    for (function, line) in &lines {
        let points = points_of(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        assert!(!points.is_empty(), "{line}");
        for point in points {
            assert_eq!(point.namespace, NAMESPACE);
            let dimensions = point.dimensions.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            assert_eq!(mistake(&point.name, dimensions), None, "{line}");
        }
        assert!(line.len() <= LINE_BYTES_MAX, "{} bytes: {line}", line.len());
        let json: Value = serde_json::from_str(line).unwrap();
        assert_eq!(json["function"], **function);
        assert!(json["trace_id"].as_str().unwrap().starts_with("1-"), "{line}");
    }
    for (message, function) in
        [("published", "publish-events"), ("attempt", "deliver-webhook"), ("due work found", "find-due-work")]
    {
        assert_eq!(functions(&lines, message), [function.to_owned()].into());
    }
}
