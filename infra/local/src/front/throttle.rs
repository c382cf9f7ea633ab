//! A stage's throttle: API Gateway's token bucket.

use std::{
    sync::{Mutex, PoisonError},
    time::Instant,
};

use crate::template::Throttle;

/// The bucket of a stage. It is full at first.
pub(super) struct Bucket {
    throttle: Throttle,
    state: Mutex<State>,
}

struct State {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    pub(super) fn new(throttle: Throttle, now: Instant) -> Self {
        let state = State { tokens: f64::from(throttle.burst), at: now };
        Self { throttle, state: Mutex::new(state) }
    }

    /// Takes a token for a request; `false` if there is none.
    pub(super) fn take(&self, now: Instant) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let gained = now.saturating_duration_since(state.at).as_secs_f64() * self.throttle.rate;
        state.tokens = (state.tokens + gained).min(f64::from(self.throttle.burst));
        state.at = state.at.max(now);
        if state.tokens < 1.0 {
            return false;
        }
        state.tokens -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_is_taken_at_once_and_the_rest_at_the_rate() {
        let began = Instant::now();
        let bucket = Bucket::new(Throttle { rate: 10.0, burst: 3 }, began);
        let taken = |at_ms: u64| bucket.take(began + Duration::from_millis(at_ms));
        assert_eq!([0, 0, 0, 0].map(taken), [true, true, true, false]);
        assert!(!taken(90), "a token comes every 100 ms");
        assert_eq!([110, 120, 210].map(taken), [true, false, true]);
        // Never more than the burst.
        assert_eq!([10_000, 10_000, 10_000, 10_000].map(taken), [true, true, true, false]);
        assert!(!Bucket::new(Throttle { rate: 0.0, burst: 0 }, began).take(began), "closed");
    }
}
