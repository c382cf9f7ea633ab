//! The published limits of an API.

use tollgate_domain::{Tier, rate_limit::Burst};

/// The published limits of an API.
#[derive(Clone, Copy, Debug)]
pub struct ApiLimits {
    /// Requests within any 60 seconds, by tier.
    pub requests_per_minute: fn(Tier) -> u32,
    /// How unevenly requests may come, by tier; `None` if the API does not limit bursts.
    pub burst: Option<fn(Tier) -> Burst>,
    /// Whether all of a merchant's keys share one limit. Otherwise each key has its own.
    pub per_merchant: bool,
}

/// The bursts of `intents` and `simple`, which share one table of tiers.
pub(crate) const fn burst_by_tier(tier: Tier) -> Burst {
    match tier {
        Tier::Sandbox => Burst { capacity: 20, per_second: 2 },
        Tier::Starter => Burst { capacity: 60, per_second: 5 },
        Tier::Growth | Tier::Enterprise => Burst { capacity: 200, per_second: 17 },
    }
}

/// The requests per minute of `intents` and `simple`.
pub(crate) const fn requests_by_tier(tier: Tier) -> u32 {
    match tier {
        Tier::Sandbox => 100,
        Tier::Starter => 300,
        Tier::Growth | Tier::Enterprise => 1000,
    }
}
