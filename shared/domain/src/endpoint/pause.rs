//! Pauses of endpoints that do not answer.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// The first pause, in milliseconds; each further one is twice as long, up to the longest.
pub(super) const FIRST_PAUSE_MS: i64 = 30_000;
/// The longest pause, in milliseconds: a quarter of an hour.
pub(super) const LONGEST_PAUSE_MS: i64 = 15 * 60 * 1000;

/// How long deliveries to an endpoint that does not answer are held back.
///
/// An endpoint that hangs costs ten seconds of a function for every attempt, and holds up whatever shares a batch with
/// it. So after a while nothing but one attempt at a time is made, until it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Until when; then one attempt tries it out.
    pub until: Timestamp,
    /// How many attempts in a row found it no better.
    pub times: u32,
}

impl Pause {
    pub(super) fn after(times: u32, now: Timestamp) -> Self {
        let doubled = FIRST_PAUSE_MS.saturating_mul(1 << times.min(10));
        Self { until: now.plus_ms(doubled.min(LONGEST_PAUSE_MS)), times: times.saturating_add(1) }
    }
}
