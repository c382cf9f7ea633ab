//! Which records of a batch a function has done, according to its answer.

use std::collections::HashSet;

use serde_json::Value;

use crate::lambda::Outcome;

/// The result of a batch.
pub(super) enum Verdict {
    Done,
    /// Some records failed: their `itemIdentifier`s.
    Partly(HashSet<String>),
    Failed(String),
}

/// Reads a batch's outcome. As on Lambda, the whole batch has failed if the report can't be read or names an item that is
/// not in the batch.
pub(super) fn verdict(outcome: &Outcome, partial_responses: bool, knows: impl Fn(&str) -> bool) -> Verdict {
    let answer = match outcome {
        Err(error) => return Verdict::Failed(error.to_string()),
        Ok(_) if !partial_responses => return Verdict::Done,
        Ok(answer) => answer,
    };
    let report: Value = match serde_json::from_slice(answer) {
        Ok(report) => report,
        Err(_) if answer.is_empty() => return Verdict::Done,
        Err(error) => return Verdict::Failed(error.to_string()),
    };
    let failures = match &report["batchItemFailures"] {
        Value::Null => return Verdict::Done,
        Value::Array(failures) => failures,
        _ => return Verdict::Failed("batchItemFailures is not a list".to_owned()),
    };
    let mut failed = HashSet::new();
    for failure in failures {
        match failure["itemIdentifier"].as_str() {
            Some(id) if knows(id) => failed.insert(id.to_owned()),
            _ => {
                return Verdict::Failed(
                    "batchItemFailures names an item that is not in the batch".to_owned(),
                );
            }
        };
    }
    if failed.is_empty() { Verdict::Done } else { Verdict::Partly(failed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(answer: &str) -> Verdict {
        verdict(&Ok(answer.to_owned().into()), true, |id| id == "a")
    }

    #[test]
    fn reports_are_read_as_lambda_reads_them() {
        assert!(matches!(read(r#"{"batchItemFailures":[]}"#), Verdict::Done));
        assert!(matches!(read("null"), Verdict::Done));
        assert!(matches!(read("{}"), Verdict::Done));
        assert!(matches!(read(r#"{"batchItemFailures":[{"itemIdentifier":"a"}]}"#), Verdict::Partly(_)));
        assert!(matches!(read(r#"{"batchItemFailures":[{"itemIdentifier":""}]}"#), Verdict::Failed(_)));
        assert!(matches!(read(r#"{"batchItemFailures":[{"itemIdentifier":"b"}]}"#), Verdict::Failed(_)));
    }
}
