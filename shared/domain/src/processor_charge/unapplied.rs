//! A processor's answers that contradict what is recorded.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Answers that could not be applied and are kept, the latest ones.
pub const UNAPPLIED_MAX: usize = 5;

/// A clear answer of a processor that contradicts what is recorded. It is kept for the operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unapplied {
    /// When it came.
    pub at: Timestamp,
    /// What the processor said.
    pub answer: String,
}

/// Adds an answer that could not be applied; the oldest give way. One that is kept already is not kept twice.
pub(crate) fn keep_unapplied(kept: &mut Vec<Unapplied>, answer: String, now: Timestamp) {
    if kept.iter().any(|other| other.answer == answer) {
        return;
    }
    if kept.len() >= UNAPPLIED_MAX {
        kept.remove(0);
    }
    kept.push(Unapplied { at: now, answer });
}
