//! What the alarms of due work watch: lines in CloudWatch's embedded metric format.

use serde_json::json;
use tollgate_domain::Timestamp;
use tollgate_store::DueKind;

use super::report::FindReport;
use crate::metric_line::{Unit, write};

/// How long the oldest item of a kind has been due, when a finder found it, in seconds.
const OLDEST: &str = "DueWorkOldest";
/// Items of a kind whose work failed. They stay due.
const FAILED: &str = "DueWorkFailed";

/// Writes what a finder found. Without anything due the age is 0, so that the alarm ends.
pub(super) fn found(now: Timestamp, kind: DueKind, report: &FindReport) {
    let oldest_s = report.oldest_ms / 1000;
    let dimensions = [("Kind", kind.code())];
    write(now, &dimensions, (OLDEST, Unit::Seconds, oldest_s), &json!({"found": report.found}));
    if report.failed > 0 {
        failed(now, kind, report.failed);
    }
}

/// Counts items whose work failed.
pub fn failed(now: Timestamp, kind: DueKind, count: usize) {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    write(now, &[("Kind", kind.code())], (FAILED, Unit::Count, count), &json!({}));
}
