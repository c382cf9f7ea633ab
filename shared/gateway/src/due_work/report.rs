//! What a finder found.

/// The result of a finder's run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FindReport {
    /// Entries that were due.
    pub found: usize,
    /// Messages that were queued.
    pub queued: usize,
    /// Items for which no message could be made. They are found again.
    pub failed: usize,
    /// How long the oldest item has been due, in milliseconds.
    pub oldest_ms: i64,
}

impl FindReport {
    pub(super) fn add(&mut self, other: Self) {
        self.found += other.found;
        self.queued += other.queued;
        self.failed += other.failed;
        self.oldest_ms = self.oldest_ms.max(other.oldest_ms);
    }
}
