//! Which records of a batch a function has done, according to its answer.

use std::collections::HashSet;

use serde_json::Value;

use crate::lambda::Outcome;

/// The result of a batch.
pub(super) enum BatchResult {
    Done,
    /// Some records failed: their `itemIdentifier`s.
    Partly(HashSet<String>),
    Failed(String),
}

/// Reads a batch's outcome. As on Lambda, the whole batch has failed if the report can't be read or names an item that is
/// not in the batch.
pub(super) fn batch_result(
    outcome: &Outcome,
    partial_responses: bool,
    knows: impl Fn(&str) -> bool,
) -> BatchResult {
    let answer = match outcome {
        Err(error) => return BatchResult::Failed(error.to_string()),
        Ok(_) if !partial_responses => return BatchResult::Done,
        Ok(answer) => answer,
    };
    let report: Value = match serde_json::from_slice(answer) {
        Ok(report) => report,
        Err(_) if answer.is_empty() => return BatchResult::Done,
        Err(error) => return BatchResult::Failed(error.to_string()),
    };
    let failures = match &report["batchItemFailures"] {
        Value::Null => return BatchResult::Done,
        Value::Array(failures) => failures,
        _ => return BatchResult::Failed("batchItemFailures is not a list".to_owned()),
    };
    let mut failed = HashSet::new();
    for failure in failures {
        match failure["itemIdentifier"].as_str() {
            Some(id) if knows(id) => failed.insert(id.to_owned()),
            _ => {
                return BatchResult::Failed(
                    "batchItemFailures names an item that is not in the batch".to_owned(),
                );
            }
        };
    }
    if failed.is_empty() { BatchResult::Done } else { BatchResult::Partly(failed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(answer: &str) -> BatchResult {
        batch_result(&Ok(answer.to_owned().into()), true, |id| id == "a")
    }

    #[test]
    fn reports_are_read_as_lambda_reads_them() {
        assert!(matches!(read(r#"{"batchItemFailures":[]}"#), BatchResult::Done));
        assert!(matches!(read("null"), BatchResult::Done));
        assert!(matches!(read("{}"), BatchResult::Done));
        assert!(matches!(read(r#"{"batchItemFailures":[{"itemIdentifier":"a"}]}"#), BatchResult::Partly(_)));
        assert!(matches!(read(r#"{"batchItemFailures":[{"itemIdentifier":""}]}"#), BatchResult::Failed(_)));
        assert!(matches!(read(r#"{"batchItemFailures":[{"itemIdentifier":"b"}]}"#), BatchResult::Failed(_)));
    }
}
