//! Rate limits over a sliding minute, counted in buckets of ten seconds.
//!
//! A request falls into the bucket of its instant; the window is that bucket and the six before it. So every 60
//! seconds lie wholly inside some window and no more than the limit ever passes within them; the price is that a
//! bucket may count for up to ten seconds longer than a minute.

use crate::time::Timestamp;

/// Length of a bucket, in seconds.
pub const BUCKET_S: i64 = 10;
/// Buckets of a window: the current one and those that began within the last minute.
pub const BUCKETS: i64 = 7;

/// The bucket of an instant: a count of ten-second spans since the epoch.
pub fn bucket_at(now: Timestamp) -> i64 {
    now.s().div_euclid(BUCKET_S)
}

/// Seconds that are looked back for bursts. Over longer spans the limit of the minute is the tighter one.
pub const BURST_S: i64 = 10;

/// How unevenly a caller may spread its requests: a bucket of tokens that fills at a steady rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burst {
    /// Tokens of a full bucket.
    pub capacity: i64,
    /// Tokens that are added every second.
    pub per_second: i64,
}

impl Burst {
    /// Whether the requests of the last seconds, this one included, are more than a full bucket and what was added since
    /// allow: over no span of whole seconds may there be more.
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

/// Where a caller stands after one more request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimitStatus {
    /// Requests allowed within a minute.
    pub limit: u32,
    /// Requests left in this window.
    pub remaining: u32,
    /// Unix time in seconds at which the oldest counted bucket leaves the window.
    pub reset_s: i64,
    /// Whether the request is one too many.
    pub exceeded: bool,
}

impl RateLimitStatus {
    /// Judges a request at `now` by the counts of the buckets, the request itself included.
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

    /// The standing of a caller whose burst was too large: it may try again in a second.
    #[must_use]
    pub fn too_fast(self, now: Timestamp) -> Self {
        Self { exceeded: true, reset_s: now.s() + 1, ..self }
    }

    /// Whole seconds to wait before a refused request can pass, at least one.
    pub fn retry_after_s(&self, now: Timestamp) -> i64 {
        (self.reset_s - now.s()).max(1)
    }

    /// The standing with one token given back, as a replay of an idempotent request does.
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
        /// Whenever requests come, no 60 seconds ever see more than the limit pass.
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
