//! What the alarms of due work watch, and the lines of its items.

use serde::Serialize;
use tollgate_domain::Timestamp;
use tollgate_store::{Claimed, DueKind};

use super::{message::DueMessage, report::FindReport};
use crate::metrics::{
    DUE_WORK_FAILED, DUE_WORK_FOUND, DUE_WORK_OLDEST,
    line::{Level, write},
};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Found {
    kind: &'static str,
    /// Seconds. Without anything due it is 0, so that the alarm ends.
    due_work_oldest: i64,
    due_work_found: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_work_failed: Option<usize>,
    #[serde(rename = "queued")]
    queued: usize,
}

/// Writes what a finder found.
pub(super) fn found(now: Timestamp, kind: DueKind, report: &FindReport) {
    let found = Found {
        kind: kind.code(),
        due_work_oldest: report.oldest_ms / 1000,
        due_work_found: report.found,
        due_work_failed: (report.failed > 0).then_some(report.failed),
        queued: report.queued,
    };
    let metrics = [&DUE_WORK_OLDEST, &DUE_WORK_FOUND, &DUE_WORK_FAILED];
    let metrics = if report.failed > 0 { &metrics[..] } else { &metrics[..2] };
    write(now, Level::Info, "due work found", metrics, &found);
}

/// Writes that an item was claimed, on its way from the request that wrote it.
pub(super) fn claimed(kind: DueKind, item: &Claimed) {
    let (item, request_id) = (&item.pk, item.request_id());
    tracing::info!(item, kind = kind.code(), request_id, "due work claimed");
}

/// Writes that an item's work ended without a failure, and how.
pub(super) fn worked(message: &DueMessage, outcome: &str) {
    let (item, request_id, kind) = (&message.pk, message.request_id(), message.kind.code());
    tracing::info!(item, kind, request_id, outcome, "due work done");
}

#[derive(Serialize)]
struct Failed<'a> {
    #[serde(rename = "Kind")]
    kind: &'static str,
    #[serde(rename = "DueWorkFailed")]
    count: u8,
    item: &'a str,
    request_id: &'a str,
    error: &'a str,
}

/// Counts an item whose work failed.
pub(super) fn failed(now: Timestamp, message: &DueMessage, error: &str) {
    let (kind, item, request_id) = (message.kind.code(), &*message.pk, message.request_id());
    let failed = Failed { kind, count: 1, item, request_id, error };
    write(now, Level::Error, "due work failed", &[&DUE_WORK_FAILED], &failed);
}
