//! The backlog of a paused endpoint: the deliveries that wait for it.

use serde::{Deserialize, Serialize};

use crate::{id::EndpointId, time::Timestamp};

/// How long a step of a backlog may take, in milliseconds, before another run may repeat it.
pub const STEP_MS: i64 = 2 * 60 * 1000;
/// How long a backlog without deliveries is kept, in milliseconds. Longer than an attempt may trust what it
/// read of endpoint and backlog, and longer than the index lags.
pub const ENDING_MS: i64 = 2 * 60 * 1000;
/// How long after an endpoint's trial the backlog looks for its result, in milliseconds, if the trial itself
/// does not wake it.
pub const TRIAL_MS: i64 = 30_000;

/// Says that deliveries of an endpoint wait. It is due work in their place, so a dead endpoint costs one item.
///
/// While the endpoint is paused, the backlog is due at the end of each pause and gives its oldest delivery for
/// the trial. When the endpoint answers, the deliveries go to the queue in their order, step by step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backlog {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// Version number, starting at 1.
    pub version: u64,
    /// When its first delivery was held back.
    pub created: Timestamp,
    /// When it is looked at; `None` once it is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// Steps taken. A message for a step that was taken is dropped.
    pub step: u32,
    /// Whether no delivery was found. If none is found the next time either, the backlog is empty.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ending: bool,
}

impl Backlog {
    /// The backlog of an endpoint whose first delivery is held back until `due`.
    pub fn new(endpoint: EndpointId, due: Timestamp, now: Timestamp) -> Self {
        Self { endpoint, version: 1, created: now, due: Some(due), step: 0, ending: false }
    }

    /// Returns the next version, which takes another delivery and is due at `due` if it was empty; `None` if
    /// it takes deliveries already.
    pub fn reopened(&self, due: Timestamp) -> Option<Self> {
        (self.ending || self.due.is_none()).then(|| {
            self.next(|next| {
                next.ending = false;
                next.due.get_or_insert(due);
            })
        })
    }

    /// Returns the next version, looked at no earlier than `due`.
    #[must_use]
    pub fn postponed(&self, due: Timestamp) -> Self {
        self.next(|next| {
            next.due = Some(due);
            next.ending = false;
        })
    }

    /// Returns the next version, due at once: its endpoint answers. `None` if it is due already, or empty.
    pub fn woken(&self, now: Timestamp) -> Option<Self> {
        self.due.is_some_and(|due| due > now).then(|| self.next(|next| next.due = Some(now)))
    }

    /// Returns the next version with another step begun.
    #[must_use]
    pub fn stepped(&self, now: Timestamp) -> Self {
        self.next(|next| {
            next.step += 1;
            next.due = Some(now.plus_ms(STEP_MS));
            next.ending = false;
        })
    }

    /// Returns the next version after no delivery was found: it is looked at once more, and then empty.
    #[must_use]
    pub fn emptied(&self, now: Timestamp) -> Self {
        self.next(|next| {
            next.due = (!next.ending).then(|| now.plus_ms(ENDING_MS));
            next.ending = !next.ending;
        })
    }

    fn next(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut next = self.clone();
        next.version += 1;
        change(&mut next);
        next
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_s(1_795_219_200);

    #[test]
    fn a_backlog_ends_after_two_looks_that_find_nothing_unless_a_delivery_came_between() {
        let backlog = Backlog::new(EndpointId::from_bytes([1; 16]), NOW, NOW);
        assert_eq!(backlog.reopened(NOW), None);
        let ending = backlog.emptied(NOW);
        assert_eq!((ending.ending, ending.due), (true, Some(NOW.plus_ms(ENDING_MS))));
        let empty = ending.emptied(NOW);
        assert_eq!(empty.due, None);
        assert_eq!(empty.reopened(NOW).unwrap().due, Some(NOW));
        let between = [ending.reopened(NOW).unwrap(), ending.stepped(NOW), ending.postponed(NOW)];
        assert!(between.iter().all(|backlog| backlog.emptied(NOW).due.is_some()));
    }

    #[test]
    fn every_change_is_a_version_of_its_own() {
        let backlog = Backlog::new(EndpointId::from_bytes([1; 16]), NOW.plus_ms(1), NOW);
        let changed = [backlog.woken(NOW).unwrap(), backlog.stepped(NOW), backlog.postponed(NOW)];
        assert!(changed.iter().all(|next| next.version == 2));
        assert_eq!(backlog.woken(NOW.plus_ms(1)), None);
    }
}
