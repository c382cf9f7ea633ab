//! The APIs by front door: their events and limits.

use serde_json::Value;
use tollgate_domain::{Contract, Event, EventKind, FrontDoor, Tier, access::RateLimit, rate_limit::Burst};

use crate::{
    charges::Charges,
    checkout::Checkout,
    direct::Direct,
    intents::Intents,
    published::{EventContext, PublishedApi},
    simple::Simple,
};

/// The published API of a front door.
pub const fn published(front_door: FrontDoor) -> &'static dyn PublishedApi {
    match front_door {
        FrontDoor::Intents => &Intents,
        FrontDoor::Charges => &Charges,
        FrontDoor::Direct => &Direct,
        FrontDoor::Simple => &Simple,
        FrontDoor::Checkout => &Checkout,
    }
}

/// An API's name for a kind of event; `None` if the API has no such event.
pub fn event_type(kind: EventKind, api: FrontDoor) -> Option<&'static str> {
    published(api).event_type(kind)
}

/// The names of all events that an API delivers.
pub fn event_types(api: FrontDoor) -> impl Iterator<Item = &'static str> {
    EventKind::ALL.iter().filter_map(move |kind| event_type(*kind, api))
}

/// The body of an event, as an API delivers it; `None` if the API has no such event.
pub fn event(event: &Event, api: FrontDoor, context: EventContext<'_>) -> Option<Value> {
    let api = published(api);
    api.event(event, api.event_type(event.kind)?, context)
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
