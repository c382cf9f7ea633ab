//! How often an API may be called.

use tollgate_domain::{Contract, FrontDoor, Tier, access::RateLimit, rate_limit::Burst};

use crate::published;

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

/// How often a merchant with this contract may call an API: as agreed with an enterprise, otherwise as published for its tier.
pub fn rate_limit(contract: &Contract, front_door: FrontDoor) -> RateLimit {
    let agreed = contract.limits.get(front_door).filter(|_| contract.tier == Tier::Enterprise);
    if let Some(agreed) = agreed {
        return RateLimit {
            requests_per_minute: agreed.requests_per_minute,
            burst: agreed.burst.map(|capacity| Burst {
                capacity: i64::from(capacity),
                per_second: i64::from(agreed.requests_per_minute.div_ceil(60)),
            }),
        };
    }
    let limits = published(front_door).limits();
    RateLimit {
        requests_per_minute: (limits.requests_per_minute)(contract.tier),
        burst: limits.burst.map(|burst| burst(contract.tier)),
    }
}

#[cfg(test)]
mod tests {
    use tollgate_domain::{ContractLimit, ContractLimits};

    use super::*;

    #[test]
    fn an_enterprise_has_what_was_agreed_and_everybody_else_what_is_published() {
        let agreed = ContractLimit { requests_per_minute: 6001, burst: Some(900) };
        let limits = ContractLimits::default().with(FrontDoor::Intents, Some(agreed));
        let of = |tier, front_door| rate_limit(&Contract { tier, limits }, front_door);
        let intents = of(Tier::Enterprise, FrontDoor::Intents);
        assert_eq!(
            (intents.requests_per_minute, intents.burst),
            (6001, Some(Burst { capacity: 900, per_second: 101 }))
        );
        assert_eq!(of(Tier::Growth, FrontDoor::Intents).requests_per_minute, 1000);
        // What nothing was agreed on is the largest that is published.
        for front_door in FrontDoor::ALL.iter().filter(|door| **door != FrontDoor::Intents) {
            assert_eq!(of(Tier::Enterprise, *front_door), of(Tier::Growth, *front_door));
        }
    }
}
