//! Pauses of what does not answer: webhook endpoints and processors.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// The first pause, in milliseconds. Each further pause is twice as long, up to [`PAUSE_MS_MAX`].
pub(crate) const FIRST_PAUSE_MS: i64 = 30_000;
/// The longest pause, in milliseconds: 15 minutes.
pub(crate) const PAUSE_MS_MAX: i64 = 15 * 60 * 1000;

/// A pause of the calls to something that does not answer.
///
/// Each call to it takes a function for as long as its timeout and delays the rest of its batch. So only one
/// trial call at a time is made until it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// When the next trial may be made.
    pub until: Timestamp,
    /// Number of pauses in a row.
    pub times: u32,
}

impl Pause {
    /// The pause after `times` earlier ones in a row.
    pub(crate) fn after(times: u32, now: Timestamp) -> Self {
        let doubled = FIRST_PAUSE_MS.saturating_mul(1 << times.min(10));
        Self { until: now.plus_ms(doubled.min(PAUSE_MS_MAX)), times: times.saturating_add(1) }
    }
}
