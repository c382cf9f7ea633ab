//! Rate limits over a sliding minute, counted in buckets of ten seconds.
//!
//! A request is counted in the bucket of its time. The window is that bucket and the six before it, so each
//! span of 60 seconds lies within a window, and never sees more requests than the limit. In return a bucket
//! may count for up to ten seconds longer than a minute.

use crate::time::Timestamp;

/// Length of a bucket, in seconds.
pub const BUCKET_S: i64 = 10;
/// Buckets of a window: the current one and the six before it.
pub const BUCKETS: i64 = 7;

/// The bucket of an instant: the number of ten-second spans since the epoch.
pub fn bucket_at(now: Timestamp) -> i64 {
    now.s().div_euclid(BUCKET_S)
}

/// Seconds for which bursts are checked. Over longer spans the limit per minute is stricter.
pub const BURST_S: i64 = 10;

/// A limit on bursts: a token bucket that fills at a steady rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burst {
    /// Tokens in a full bucket, in requests.
    pub capacity: i64,
    /// Tokens added per second, in requests.
    pub per_second: i64,
}

impl Burst {
    /// Whether the requests of the last seconds, this one included, exceed the limit: within any span of
    /// whole seconds, at most a full bucket and the tokens added during the span are allowed.
    pub fn is_exceeded(self, counts: impl IntoIterator<Item = (i64, i64)>, now: Timestamp) -> bool {
        let current = now.s();
        let mut by_age = [0_i64; 10];
        for (second, count) in counts {
            let age = usize::try_from(current - second).ok();
            if let Some(place) = age.and_then(|age| by_age.get_mut(age)) {
                *place = place.saturating_add(count);
            }
        }
        let mut used = 0_i64;
        by_age.iter().zip(0_i64..).any(|(count, age)| {
            used = used.saturating_add(*count);
            used > self.capacity.saturating_add(self.per_second.saturating_mul(age))
        })
    }
}

/// A caller's rate limit after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimitStatus {
    /// Requests allowed per minute.
    pub limit: u32,
    /// Requests left in this window.
    pub remaining: u32,
    /// When the oldest counted bucket leaves the window, in Unix seconds.
    pub reset_s: i64,
    /// Whether this request exceeds the limit.
    pub exceeded: bool,
}

impl RateLimitStatus {
    /// Checks a request at `now` against the limit. `counts` are (bucket, requests), this request included.
    pub fn judge(limit: u32, counts: impl IntoIterator<Item = (i64, i64)>, now: Timestamp) -> Self {
        let current = bucket_at(now);
        let mut used: i64 = 0;
        let mut oldest = current;
        for (bucket, count) in counts {
            if count > 0 && (current - BUCKETS + 1..=current).contains(&bucket) {
                used = used.saturating_add(count);
                oldest = oldest.min(bucket);
            }
        }
        let left = i64::from(limit).saturating_sub(used);
        Self {
            limit,
            remaining: u32::try_from(left.max(0)).unwrap_or(limit),
            reset_s: (oldest + BUCKETS) * BUCKET_S,
            exceeded: left < 0,
        }
    }

    /// The status after a burst that exceeds the limit: the caller may retry in a second.
    #[must_use]
    pub fn too_fast(self, now: Timestamp) -> Self {
        Self { exceeded: true, reset_s: now.s() + 1, ..self }
    }

    /// Seconds until a refused request can pass, at least 1.
    pub fn retry_after_s(&self, now: Timestamp) -> i64 {
        (self.reset_s - now.s()).max(1)
    }

    /// The status with the request's token returned, as for a replay of an idempotent request.
    #[must_use]
    pub fn refunded(self) -> Self {
        Self { remaining: self.remaining.saturating_add(1).min(self.limit), exceeded: false, ..self }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_burst_is_a_full_bucket_and_what_is_added_since() {
        let burst = Burst { capacity: 20, per_second: 2 };
        let now = Timestamp::from_s(1000);
        assert!(!burst.is_exceeded([(1000, 20)], now));
        assert!(burst.is_exceeded([(1000, 21)], now));
        assert!(!burst.is_exceeded([(999, 20), (1000, 2)], now));
        assert!(burst.is_exceeded([(999, 20), (1000, 3)], now));
        assert!(!burst.is_exceeded([(991, 20), (1000, 18)], now));
        assert!(!burst.is_exceeded([(900, 500), (1000, 20)], now));
    }

    proptest! {
        /// At whatever times requests come, at most the limit pass within any 60 seconds.
        #[test]
        fn no_minute_sees_more_than_the_limit(gaps in proptest::collection::vec(0..9000_i64, 1..200)) {
            let limit = 20;
            let mut counts: BTreeMap<i64, i64> = BTreeMap::new();
            let mut passed: Vec<i64> = Vec::new();
            let mut now_ms = 1_736_720_003_000;
            for gap in gaps {
                now_ms += gap;
                let now = Timestamp::from_ms(now_ms);
                *counts.entry(bucket_at(now)).or_default() += 1;
                if RateLimitStatus::judge(limit, counts.clone(), now).exceeded {
                    *counts.entry(bucket_at(now)).or_default() -= 1;
                } else {
                    passed.push(now_ms);
                }
                let within = passed.iter().filter(|t| now_ms - **t < 60_000).count();
                prop_assert!(within <= 20);
            }
        }
    }

    #[test]
    fn the_limit_passes_and_one_more_does_not() {
        let now = Timestamp::from_s(1_736_720_005);
        let at = |n| RateLimitStatus::judge(1000, [(bucket_at(now), n)], now);
        assert_eq!(at(1).remaining, 999);
        assert!(!at(1000).exceeded);
        assert!(at(1001).exceeded);
        assert_eq!(at(1001).reset_s, 1_736_720_070);
        assert_eq!(at(1001).retry_after_s(now), 65);
    }

    #[test]
    fn old_buckets_do_not_count() {
        let now = Timestamp::from_s(1_736_720_005);
        let counts = [(bucket_at(now) - 7, 5000), (bucket_at(now) - 6, 3), (bucket_at(now), 1)];
        assert_eq!(RateLimitStatus::judge(10, counts, now).remaining, 6);
    }
}
