//! Idempotency keys and request fingerprints.
//!
//! A create with an idempotency key derives the new resource's id from tenant, route and key, so the
//! conditional put of the resource is the idempotency check. There is no second table, and keys never expire.
//! The resource stores the request's [`Fingerprint`], which tells a retry from another request with the same
//! key. Answers to later changes are stored in [`crate::replay::ReplaySnapshots`].

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{id::Id, tenant::Tenant};

/// Longest `Idempotency-Key` header, in characters.
pub const KEY_CHARS_MAX: usize = 255;

/// The value of an `Idempotency-Key` header: 1 to 255 printable ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Parses a header's value; `None` if it is empty, too long or not printable.
    pub fn parse(text: &str) -> Option<Self> {
        let ok = !text.is_empty()
            && text.len() <= KEY_CHARS_MAX
            && text.bytes().all(|b| (0x20..0x7f).contains(&b));
        ok.then(|| Self(text.to_owned()))
    }

    /// A key made of the merchant's reference, such as an order number. Any text is allowed.
    pub fn from_reference(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The key as it was sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Derives the id of the resource that `route` creates for this tenant with this key.
    pub fn derive_id<K>(&self, tenant: Tenant, route: &str) -> Id<K> {
        let digest = hash(&[b"id", tenant.to_string().as_bytes(), route.as_bytes(), self.0.as_bytes()]);
        Id::from_bytes(first_16(&digest))
    }
}

/// Derives an id for the `index`-th consequence of a version of the item at `table_key`. It is deterministic,
/// so that reading a change twice yields the same events.
pub fn consequence_id<K>(table_key: &str, version: u64, index: usize) -> Id<K> {
    let index = u64::try_from(index).unwrap_or(u64::MAX);
    Id::from_bytes(first_16(&hash(&[
        b"consequence",
        table_key.as_bytes(),
        &version.to_be_bytes(),
        &index.to_be_bytes(),
    ])))
}

/// Derives the id of what is booked once for a step of the item at `table_key`, such as a payment's capture. It
/// does not depend on the version, so that a step is booked once however often and in whatever version it is
/// seen.
pub fn booking_id<K>(table_key: &str, step: &str) -> Id<K> {
    Id::from_bytes(first_16(&hash(&[b"booking", table_key.as_bytes(), step.as_bytes()])))
}

/// A digest of a request's content: equal for a retry, different for another request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of a request to `route` with this content. Each part is length-prefixed, so that
    /// different lists of parts cannot have the same digest. The parts never contain a card number or
    /// security code.
    pub fn of(route: &str, parts: &[&[u8]]) -> Self {
        let mut all = vec![b"request".as_slice(), route.as_bytes()];
        all.extend_from_slice(parts);
        let digest = hash(&all);
        Self(format!("{:032x}", u128::from_be_bytes(first_16(&digest))))
    }

    /// The digest in hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

fn first_16(digest: &[u8; 32]) -> [u8; 16] {
    let mut out = [0; 16];
    out.copy_from_slice(&digest[..16]);
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;
    use crate::{
        id::{MerchantId, PaymentKind},
        tenant::Mode,
    };

    #[test]
    fn the_same_key_names_different_things_for_others() {
        let key = IdempotencyKey::parse("ord_1").unwrap();
        let tenant = |n, mode| Tenant { merchant: MerchantId::from_bytes([n; 16]), mode };
        let id = |tenant, route| key.derive_id::<PaymentKind>(tenant, route);
        let first = id(tenant(1, Mode::Test), "charges/payments");
        assert_eq!(first, id(tenant(1, Mode::Test), "charges/payments"));
        assert_ne!(first, id(tenant(2, Mode::Test), "charges/payments"));
        assert_ne!(first, id(tenant(1, Mode::Live), "charges/payments"));
        assert_ne!(first, id(tenant(1, Mode::Test), "charges/customers"));
    }

    #[test]
    fn keys_are_short_printable_text() {
        assert!(IdempotencyKey::parse("6e9e9a4e-3f1c-4d7e-9b1a-0c2d3e4f5a6b").is_some());
        for bad in ["", "a\nb", "é", &"x".repeat(256)] {
            assert!(IdempotencyKey::parse(bad).is_none());
        }
    }

    proptest! {
        #[test]
        fn parts_never_run_together(a: Vec<u8>, b: Vec<u8>) {
            let joined = [a.clone(), b.clone()].concat();
            prop_assert_ne!(Fingerprint::of("r", &[&a, &b]), Fingerprint::of("r", &[&joined]));
        }
    }
}
