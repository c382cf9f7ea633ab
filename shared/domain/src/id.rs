//! Ids: 128 random or derived bits, typed by kind; each front door has its own prefixes.
//!
//! The same payment is `pay_…` in `charges`, `pi_…` in `intents` and a UUID in `checkout`. So that every id has
//! a valid UUID spelling, ids carry UUID version 4's fixed bits; the other 122 are random, or derived from an
//! idempotency key (see [`crate::idempotency`]).

use std::{fmt, marker::PhantomData, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

/// Characters of an id's base-62 text.
const TEXT_LEN: usize = 22;

/// What an [`Id`] names. The code is part of table keys and must never change.
pub trait Kind {
    /// Short upper-case code of the kind, used in table keys (`PAY`, `REF`, …).
    const CODE: &'static str;
}

/// A 128-bit identifier of a thing of kind `K`.
pub struct Id<K> {
    bits: u128,
    kind: PhantomData<fn() -> K>,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $marker:ident, $alias:ident, $code:literal;)*) => {
        $(
            #[doc = concat!("Marker of the kind `", $code, "`.")]
            #[derive(Debug)]
            pub enum $marker {}
            impl Kind for $marker {
                const CODE: &'static str = $code;
            }
            $(#[$doc])*
            pub type $alias = Id<$marker>;
        )*
    };
}

kinds! {
    /// Names a merchant account.
    MerchantKind, MerchantId, "ACC";
    /// Names an API key (never the key itself).
    KeyKind, KeyId, "KEY";
    /// Names a payment.
    PaymentKind, PaymentId, "PAY";
    /// Names a refund.
    RefundKind, RefundId, "REF";
    /// Names a customer.
    CustomerKind, CustomerId, "CUS";
    /// Names a payment method.
    PaymentMethodKind, PaymentMethodId, "PM";
    /// Names a webhook endpoint.
    EndpointKind, EndpointId, "EP";
    /// Names an event.
    EventKind, EventId, "EVT";
    /// Names the record of a request that is more than one write.
    IdempotencyRecordKind, IdempotencyRecordId, "RUN";
}

/// The text is not an identifier: it is not 22 base-62 characters that stand for 128 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier")]
pub struct NotAnId;

impl<K> Id<K> {
    /// Makes an id of 16 random or hashed bytes; six of the 128 bits are overwritten with UUID version 4's.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self { bits: uuid::Builder::from_random_bytes(bytes).into_uuid().as_u128(), kind: PhantomData }
    }

    /// The UUID spelling, as `checkout` prints it.
    pub const fn uuid(self) -> Uuid {
        Uuid::from_u128(self.bits)
    }

    /// Reads the UUID spelling, in either case; only what [`Id::uuid`] could have printed is an id.
    pub fn parse_uuid(text: &str) -> Result<Self, NotAnId> {
        let hyphenated = text.len() == 36;
        let uuid = hyphenated.then(|| Uuid::try_parse(text).ok()).flatten().ok_or(NotAnId)?;
        let id = Self::from_bytes(*uuid.as_bytes());
        if id.bits == uuid.as_u128() { Ok(id) } else { Err(NotAnId) }
    }

    /// The id with a front door's prefix: `id.to_prefixed("pay_")`.
    pub fn to_prefixed(self, prefix: &str) -> String {
        format!("{prefix}{self}")
    }

    /// Reads a text made by [`Id::to_prefixed`] with the same prefix.
    pub fn parse(prefix: &str, text: &str) -> Result<Self, NotAnId> {
        text.strip_prefix(prefix).ok_or(NotAnId)?.parse()
    }
}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0>TEXT_LEN$}", base62::encode(self.bits))
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{self}", K::CODE)
    }
}

impl<K> FromStr for Id<K> {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        if text.len() != TEXT_LEN {
            return Err(NotAnId);
        }
        let bits = base62::decode(text).map_err(|_| NotAnId)?;
        let id = Self { bits, kind: PhantomData };
        // One id has one text: anything that would print differently is not an id.
        if id.to_string() == text { Ok(id) } else { Err(NotAnId) }
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.bits == other.bits
    }
}
impl<K> Eq for Id<K> {}
impl<K> std::hash::Hash for Id<K> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.bits.hash(state);
    }
}

impl<K> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_survives_its_spelling(bytes: [u8; 16]) {
            let id = PaymentId::from_bytes(bytes);
            prop_assert_eq!(PaymentId::parse("pay_", &id.to_prefixed("pay_")), Ok(id));
            prop_assert_eq!(id.to_prefixed("pi_").len(), 25);
            prop_assert_eq!(id.uuid().get_version_num(), 4);
            prop_assert_eq!(PaymentId::parse_uuid(&id.uuid().to_string()), Ok(id));
        }

        #[test]
        fn any_text_parses_to_an_id_that_prints_it_or_not_at_all(text in "\\PC{0,30}") {
            if let Ok(id) = PaymentId::parse("", &text) {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }

    #[test]
    fn another_prefix_is_not_accepted() {
        let id = PaymentId::from_bytes([7; 16]);
        assert_eq!(PaymentId::parse("rfnd_", &id.to_prefixed("pay_")), Err(NotAnId));
        assert_eq!(PaymentId::parse("pay_", "pay_zzzzzzzzzzzzzzzzzzzzzz"), Err(NotAnId));
    }
}
