//! Pauses of endpoints that do not answer.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// The first pause, in milliseconds. Each further pause is twice as long, up to [`PAUSE_MS_MAX`].
pub(super) const FIRST_PAUSE_MS: i64 = 30_000;
/// The longest pause, in milliseconds: 15 minutes.
pub(super) const PAUSE_MS_MAX: i64 = 15 * 60 * 1000;

/// A pause of the deliveries to an endpoint that does not answer.
///
/// Each attempt to such an endpoint takes ten seconds of a function and delays the other messages of its
/// batch. So only one trial attempt at a time is made until the endpoint answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// When the next trial attempt may be made.
    pub until: Timestamp,
    /// Number of pauses in a row.
    pub times: u32,
}

impl Pause {
    pub(super) fn after(times: u32, now: Timestamp) -> Self {
        let doubled = FIRST_PAUSE_MS.saturating_mul(1 << times.min(10));
        Self { until: now.plus_ms(doubled.min(PAUSE_MS_MAX)), times: times.saturating_add(1) }
    }
}
