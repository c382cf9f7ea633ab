//! Processors' answers that contradict the record.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Most answers that are kept. Older ones are dropped.
pub const UNAPPLIED_MAX: usize = 5;

/// A processor's clear answer that contradicts the record. It is kept for the operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unapplied {
    /// When it came.
    pub at: Timestamp,
    /// The answer.
    pub answer: String,
}

/// Keeps an answer, once. Drops the oldest beyond [`UNAPPLIED_MAX`].
pub(crate) fn keep_unapplied(kept: &mut Vec<Unapplied>, answer: String, now: Timestamp) {
    if kept.iter().any(|other| other.answer == answer) {
        return;
    }
    if kept.len() >= UNAPPLIED_MAX {
        kept.remove(0);
    }
    kept.push(Unapplied { at: now, answer });
}
