//! The published APIs over the ledger.

use serde::{Deserialize, Serialize};

macro_rules! front_doors {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $letter:literal;)*) => {
        /// One of the published payment APIs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum FrontDoor {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl FrontDoor {
            /// Every front door.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The lower-case name, as in URLs, settings and the `api` of a webhook endpoint.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The letter that begins the names of its request counters, because each API is limited separately.
            pub const fn counter_letter(self) -> &'static str {
                match self { $(Self::$variant => $letter),* }
            }
        }
    };
}

// Each with its name and the letter of its counters. Both are stored: neither ever changes.
front_doors! {
    /// Payment intents, `/v2`: the complete API.
    Intents = "intents", "i";
    /// Charges, `/v1`, JSON in minor units.
    Charges = "charges", "c";
    /// Direct, `/v1`, raw cards.
    Direct = "direct", "d";
    /// Simple, `/v1`, decimal amounts.
    Simple = "simple", "s";
    /// Checkout, `/api/v1`, hosted pages.
    Checkout = "checkout", "k";
}

impl FrontDoor {
    /// Reads a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|door| door.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_stored_as_they_are_said() {
        for door in FrontDoor::ALL {
            assert_eq!(FrontDoor::parse(door.as_str()), Some(*door));
            assert_eq!(serde_json::to_value(door).expect("a text"), door.as_str());
        }
        assert_eq!(FrontDoor::parse("Intents"), None);
    }

    #[test]
    fn every_front_door_counts_under_a_letter_of_its_own() {
        let letters: HashSet<_> = FrontDoor::ALL.iter().map(|door| door.counter_letter()).collect();
        assert_eq!(letters.len(), FrontDoor::ALL.len());
        for letter in letters {
            assert!(letter.len() == 1 && letter.as_bytes()[0].is_ascii_lowercase(), "{letter}");
        }
    }
}
