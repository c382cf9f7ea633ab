//! Ids: 128 bits, typed by the kind of resource. Each API has its own prefixes.
//!
//! The same payment is `pay_…` in `charges`, `pi_…` in `intents` and a UUID in `checkout`. To have a valid
//! UUID form, each id carries the fixed bits of a version 4 UUID. The other 122 bits are random, or derived
//! from an idempotency key (see [`crate::idempotency`]).

use std::{fmt, marker::PhantomData, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

/// Length of an id in base 62, in characters.
const TEXT_LEN: usize = 22;

/// The kind of resource that an [`Id`] names.
pub trait Kind {
    /// The upper-case code of the kind in table keys (`PAY`, `REF`, …). It never changes.
    const CODE: &'static str;
}

/// The id of a resource of kind `K`.
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
    /// The id of a merchant.
    MerchantKind, MerchantId, "ACC";
    /// The id of an API key. It is not the key itself.
    KeyKind, KeyId, "KEY";
    /// The id of a payment.
    PaymentKind, PaymentId, "PAY";
    /// The id of a refund.
    RefundKind, RefundId, "REF";
    /// The id of a customer.
    CustomerKind, CustomerId, "CUS";
    /// The id of a payment method.
    PaymentMethodKind, PaymentMethodId, "PM";
    /// The id of a webhook endpoint.
    EndpointKind, EndpointId, "EP";
    /// The id of an event.
    EventKind, EventId, "EVT";
    /// The id of a balance transaction.
    BalanceTransactionKind, BalanceTransactionId, "BTX";
    /// The id of a payout.
    PayoutKind, PayoutId, "PYO";
    /// The id of a dispute.
    DisputeKind, DisputeId, "DSP";
    /// The id of a bank account.
    BankAccountKind, BankAccountId, "BNK";
    /// The id of a transfer.
    TransferKind, TransferId, "TRF";
    /// The id of an adjustment.
    AdjustmentKind, AdjustmentId, "ADJ";
    /// The id of a product.
    ProductKind, ProductId, "PRD";
    /// The id of a price.
    PriceKind, PriceId, "PRI";
    /// The id of an idempotency record.
    IdempotencyRecordKind, IdempotencyRecordId, "RUN";
}

/// The text is not an id: 22 base-62 characters for 128 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier")]
pub struct NotAnId;

impl<K> Id<K> {
    /// Makes an id of 16 random or derived bytes. Six of the 128 bits are overwritten with the fixed bits of
    /// a version 4 UUID.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self { bits: uuid::Builder::from_random_bytes(bytes).into_uuid().as_u128(), kind: PhantomData }
    }

    /// The id as a UUID, as `checkout` prints it.
    pub const fn uuid(self) -> Uuid {
        Uuid::from_u128(self.bits)
    }

    /// Parses a UUID in either case. Only UUIDs that [`Id::uuid`] can return are ids.
    pub fn parse_uuid(text: &str) -> Result<Self, NotAnId> {
        let hyphenated = text.len() == 36;
        let uuid = hyphenated.then(|| Uuid::try_parse(text).ok()).flatten().ok_or(NotAnId)?;
        let id = Self::from_bytes(*uuid.as_bytes());
        if id.bits == uuid.as_u128() { Ok(id) } else { Err(NotAnId) }
    }

    /// The id with an API's prefix: `id.to_prefixed("pay_")`.
    pub fn to_prefixed(self, prefix: &str) -> String {
        format!("{prefix}{self}")
    }

    /// Parses a text of [`Id::to_prefixed`] with the same prefix.
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
        // An id has exactly one text, so other spellings of the same number are refused.
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
