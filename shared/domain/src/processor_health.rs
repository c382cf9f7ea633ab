//! The health of a merchant's processor: due work leaves one alone that does not answer.

use serde::{Deserialize, Serialize};

use crate::{pause::Pause, source::ProcessorKind, time::Timestamp};

/// Queries in a row without an answer after which a processor is left alone.
pub const SILENT_MAX: u32 = 3;
/// How long a trial query may take, in milliseconds. The next trial waits for it: twice the longest time that
/// one item of due work gets.
const TRIAL_MS: i64 = 90_000;

/// Whether a merchant's processor answers, as due work saw it last.
///
/// Requests of payers and merchants do not ask: an outcome that a processor does not tell in time is left to
/// due work anyway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessorHealth {
    /// The processor.
    pub processor: ProcessorKind,
    /// Version number, starting at 1.
    pub version: u64,
    /// When it first failed to answer.
    pub created: Timestamp,
    /// Queries in a row that it did not answer.
    pub silent: u32,
    /// The pause, while it does not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<Pause>,
}

/// Whether due work may ask a processor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Yes.
    Open,
    /// Yes, as the trial. Whoever stores this version makes it; all others wait for its result.
    Trial(ProcessorHealth),
    /// Not before this time.
    ClosedUntil(Timestamp),
}

impl ProcessorHealth {
    /// The health after the first query without an answer.
    pub fn first_silence(processor: ProcessorKind, now: Timestamp) -> Self {
        Self { processor, version: 1, created: now, silent: 1, pause: None }
    }

    /// Whether due work may ask the processor.
    pub fn admit(&self, now: Timestamp) -> Admission {
        match self.pause {
            None => Admission::Open,
            Some(pause) if pause.until > now => Admission::ClosedUntil(pause.until),
            Some(pause) => {
                let until = now.plus_ms(TRIAL_MS);
                Admission::Trial(self.next(self.silent, Some(Pause { until, ..pause })))
            }
        }
    }

    /// Returns the next version after a query; `None` if nothing changes. `is_trial`: the query was the trial
    /// of [`ProcessorHealth::admit`].
    pub fn after(&self, is_answered: bool, is_trial: bool, now: Timestamp) -> Option<Self> {
        if is_answered {
            return (self.silent > 0 || self.pause.is_some()).then(|| self.next(0, None));
        }
        if self.pause.is_some() && !is_trial {
            // A query from before the pause.
            return None;
        }
        let silent = self.silent.saturating_add(1);
        let times = self.pause.map_or(0, |pause| pause.times);
        let pause = (silent >= SILENT_MAX).then(|| Pause::after(times, now));
        Some(self.next(silent, pause))
    }

    fn next(&self, silent: u32, pause: Option<Pause>) -> Self {
        Self { version: self.version + 1, silent, pause, ..self.clone() }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::pause::{FIRST_PAUSE_MS, PAUSE_MS_MAX};

    const NOW: Timestamp = Timestamp::from_s(1_795_219_200);

    fn silent_for(queries: u32) -> ProcessorHealth {
        let first = ProcessorHealth::first_silence(ProcessorKind::Mpgs, NOW);
        (1..queries).fold(first, |health, _| health.after(false, false, NOW).unwrap())
    }

    #[test]
    fn a_processor_is_left_alone_after_three_silent_queries_in_a_row() {
        assert_eq!(silent_for(SILENT_MAX - 1).admit(NOW), Admission::Open);
        let closed = silent_for(SILENT_MAX);
        assert_eq!(closed.admit(NOW), Admission::ClosedUntil(NOW.plus_ms(FIRST_PAUSE_MS)));
        let answered = silent_for(SILENT_MAX - 1).after(true, false, NOW).unwrap();
        assert_eq!(answered.after(false, false, NOW).unwrap().admit(NOW), Admission::Open);
        assert_eq!(answered.after(true, false, NOW), None);
    }

    #[test]
    fn one_trial_at_a_time_ends_the_pause_or_doubles_it() {
        let closed = silent_for(SILENT_MAX);
        let later = NOW.plus_ms(FIRST_PAUSE_MS);
        let Admission::Trial(trial) = closed.admit(later) else { panic!("no trial") };
        assert_eq!(trial.admit(later), Admission::ClosedUntil(later.plus_ms(TRIAL_MS)));
        let again = trial.after(false, true, later).unwrap();
        assert_eq!(again.admit(later), Admission::ClosedUntil(later.plus_ms(2 * FIRST_PAUSE_MS)));
        assert_eq!(trial.after(true, true, later).unwrap().admit(later), Admission::Open);
        // An answer to a query from before the pause is an answer, too; silence is not news.
        assert_eq!(closed.after(true, false, NOW).unwrap().admit(NOW), Admission::Open);
        assert_eq!(closed.after(false, false, NOW), None);
    }

    #[test]
    fn a_pause_is_never_longer_than_a_quarter_of_an_hour() {
        let mut health = silent_for(SILENT_MAX);
        let mut now = NOW;
        for _ in 0..20 {
            let Admission::ClosedUntil(until) = health.admit(now) else { panic!("open") };
            assert!(until.ms() - now.ms() <= PAUSE_MS_MAX);
            now = until;
            let Admission::Trial(trial) = health.admit(now) else { panic!("no trial") };
            health = trial.after(false, true, now).unwrap();
        }
    }
}
