//! Idempotency as an attribute of the thing it protects.
//!
//! A create made with an idempotency key derives the new thing's id from (tenant, route, key): the conditional put
//! that creates it *is* the check, there is no second table, and the key never expires. The item keeps the
//! request's [`Fingerprint`], so that the same key with another request is told apart from a retry. A change of an
//! existing thing is remembered with its answer, in [`crate::replay::ReplaySnapshots`].

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{id::Id, tenant::Tenant};

/// Longest idempotency key, in characters.
pub const KEY_CHARS_MAX: usize = 255;

/// The value of an `Idempotency-Key` header: 1 to 255 visible ASCII characters or spaces inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Reads a header's value, or `None` when it is empty, too long or not printable.
    pub fn parse(text: &str) -> Option<Self> {
        let ok = !text.is_empty()
            && text.len() <= KEY_CHARS_MAX
            && text.bytes().all(|b| (0x20..0x7f).contains(&b));
        ok.then(|| Self(text.to_owned()))
    }

    /// A key that is the merchant's own reference of what is made, such as an order's number; any text.
    pub fn from_reference(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The key as sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of whatever `route` creates for this tenant with this key.
    pub fn derive_id<K>(&self, tenant: Tenant, route: &str) -> Id<K> {
        let digest = hash(&[b"id", tenant.to_string().as_bytes(), route.as_bytes(), self.0.as_bytes()]);
        Id::from_bytes(first_16(&digest))
    }
}

/// An id for the `index`-th consequence of version `version` of the item at `table_key`: the same each time it is
/// derived, so that a repeated reading of the same change makes the same event.
pub fn consequence_id<K>(table_key: &str, version: u64, index: usize) -> Id<K> {
    let index = u64::try_from(index).unwrap_or(u64::MAX);
    Id::from_bytes(first_16(&hash(&[
        b"consequence",
        table_key.as_bytes(),
        &version.to_be_bytes(),
        &index.to_be_bytes(),
    ])))
}

/// A digest of what a request asks for: equal for a retry, different for another request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of a request to `route` whose meaning is `parts`. The parts are length-prefixed before they
    /// are hashed, so that no two lists of parts run together. They never hold a card number or a CVC.
    pub fn of(route: &str, parts: &[&[u8]]) -> Self {
        let mut all = vec![b"request".as_slice(), route.as_bytes()];
        all.extend_from_slice(parts);
        let digest = hash(&all);
        Self(format!("{:032x}", u128::from_be_bytes(first_16(&digest))))
    }

    /// Its digits.
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
