//! The APIs whose event format a listener can receive.

use tollgate_domain::{FrontDoor, endpoint::matches};

use super::failure::Failure;

/// Whose names, bodies and signature events have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Api {
    Charges,
    Intents,
    Direct,
}

impl Api {
    /// In the order in which they are tried for `--events`.
    const ALL: [Self; 3] = [Self::Charges, Self::Intents, Self::Direct];

    const fn front_door(self) -> FrontDoor {
        match self {
            Self::Charges => FrontDoor::Charges,
            Self::Intents => FrontDoor::Intents,
            Self::Direct => FrontDoor::Direct,
        }
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Charges => "charges",
            Self::Intents => "intents",
            Self::Direct => "direct",
        }
    }

    /// The first API that has all the events.
    pub(super) fn for_events(events: &[String]) -> Result<Self, Failure> {
        let knows = |api: &Self| {
            events.iter().all(|pattern| {
                tollgate_apis::event_types(api.front_door()).any(|known| matches(pattern, known))
            })
        };
        Self::ALL.into_iter().find(knows).ok_or_else(|| {
            Failure::Usage(format!(
                "No API knows all of these events: {}. `cargo local trigger` lists those there are.",
                events.join(", ")
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_api_that_knows_the_events_is_chosen() {
        let of =
            |events: &[&str]| Api::for_events(&events.iter().map(|e| (*e).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&[]).expect("an API"), Api::Charges);
        assert_eq!(of(&["payment.*", "refund.created"]).expect("an API"), Api::Charges);
        assert_eq!(of(&["payment_intent.succeeded"]).expect("an API"), Api::Intents);
        assert!(of(&["payment.succeeded", "payment_intent.succeeded"]).is_err());
        assert!(of(&["nonsense"]).is_err());
    }
}
