//! The schedule of retries after failed attempts.

use std::str::FromStr;

use tollgate_domain::delivery::QUEUE_DELAY_S_MAX;

/// The waits after each failed attempt, in seconds: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h.
const DEFAULT_WAITS_S: [u32; 7] = [5, 300, 1800, 7200, 18_000, 36_000, 36_000];
/// Most waits of a schedule.
const WAITS_MAX: usize = 20;
/// Longest wait, in seconds: a day.
const WAIT_S_MAX: u32 = 86_400;
/// Waits are randomized by up to a tenth either way, so that simultaneous failures are not retried
/// simultaneously.
const JITTER_PARTS: u32 = 10;

/// A wait before the next attempt, and what triggers the attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delay {
    /// The queue delays the message by this many seconds.
    Queue(u32),
    /// Due work finds the delivery after this many seconds.
    DueWork(u32),
}

impl Delay {
    /// The wait in seconds.
    pub const fn seconds(self) -> u32 {
        match self {
            Self::Queue(seconds) | Self::DueWork(seconds) => seconds,
        }
    }
}

/// The waits between attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetrySchedule(Vec<u32>);

/// A schedule is 1 to 20 comma-separated whole numbers of seconds, each at most a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a retry schedule is 1 to {WAITS_MAX} waits of 0 to {WAIT_S_MAX} seconds, separated by commas")]
pub struct ScheduleError;

impl Default for RetrySchedule {
    fn default() -> Self {
        Self(DEFAULT_WAITS_S.to_vec())
    }
}

impl FromStr for RetrySchedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let waits: Vec<u32> = text
            .split(',')
            .map(|wait| wait.trim().parse().ok().filter(|s| *s <= WAIT_S_MAX).ok_or(ScheduleError))
            .collect::<Result<_, _>>()?;
        if waits.len() > WAITS_MAX { Err(ScheduleError) } else { Ok(Self(waits)) }
    }
}

impl RetrySchedule {
    /// All waits together, in milliseconds: how long after its event a delivery is tried.
    pub fn total_ms(&self) -> i64 {
        self.0.iter().map(|wait_s| i64::from(*wait_s) * 1000).sum()
    }

    /// The wait after `attempts_made` failed attempts; `None` after the last attempt. `random` changes it by
    /// up to a tenth.
    pub fn after(&self, attempts_made: u32, random: u64) -> Option<Delay> {
        let at = usize::try_from(attempts_made.checked_sub(1)?).ok()?;
        let wait = *self.0.get(at)?;
        let spread = wait / JITTER_PARTS;
        let moved = u32::try_from(random % (u64::from(spread) * 2 + 1)).unwrap_or(spread);
        let seconds = wait - spread + moved;
        Some(if seconds <= QUEUE_DELAY_S_MAX { Delay::Queue(seconds) } else { Delay::DueWork(seconds) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn eight_attempts_in_all() {
        let schedule = RetrySchedule::default();
        for (n, wait) in (1..=7).zip(DEFAULT_WAITS_S) {
            let delay = schedule.after(n, 0).unwrap();
            assert_eq!(delay.seconds(), wait - wait / 10);
            assert_eq!(matches!(delay, Delay::Queue(_)), wait <= 900);
        }
        assert_eq!(schedule.after(8, 0), None);
        assert_eq!(schedule.after(0, 0), None);
    }

    #[test]
    fn a_schedule_is_read_or_refused() {
        assert_eq!("5, 300".parse(), Ok(RetrySchedule(vec![5, 300])));
        for bad in ["", "x", "5,,5", "-1", "86401", &["1"; 21].join(",")] {
            assert_eq!(bad.parse::<RetrySchedule>(), Err(ScheduleError), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn chance_moves_a_wait_by_a_tenth_at_most(n in 1..=7_u32, random: u64) {
            let wait = DEFAULT_WAITS_S[n as usize - 1];
            let seconds = RetrySchedule::default().after(n, random).unwrap().seconds();
            prop_assert!(seconds.abs_diff(wait) <= wait / 10);
        }
    }
}
