//! Customers of a merchant: personal data, stored until the merchant deletes it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    contact::{Address, Shipping},
    front_door::FrontDoor,
    id::CustomerId,
    idempotency::Fingerprint,
    metadata::{BadMetadata, Metadata},
    replay::{ReplaySnapshots, Replayable},
    request_ref::RequestRef,
    source::{Card, Instrument},
    time::Timestamp,
};

/// The part of a customer that answers show and that changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// E-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Full name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Phone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The merchant's metadata.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// The merchant's description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Postal address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// Where goods are sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping: Option<Shipping>,
    /// The languages that the customer prefers, the most preferred first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preferred_locales: Vec<String>,
    /// Whether the customer pays taxes, in the merchant's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_exempt: Option<String>,
    /// The name of the customer's business.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business_name: Option<String>,
    /// The name of the person, beside that of the business.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub individual_name: Option<String>,
}

/// The changes of an update. `None` leaves a field as it is; `Some(None)` clears it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProfileUpdate {
    /// E-mail address.
    pub email: Option<Option<String>>,
    /// Full name.
    pub name: Option<Option<String>>,
    /// Phone number.
    pub phone: Option<Option<String>>,
    /// Changes of the metadata (see [`Metadata::updated`]).
    pub metadata: Option<Value>,
    /// The merchant's description.
    pub description: Option<Option<String>>,
    /// Postal address.
    pub address: Option<Option<Address>>,
    /// Where goods are sent.
    pub shipping: Option<Option<Shipping>>,
    /// All preferred languages.
    pub preferred_locales: Option<Vec<String>>,
    /// See [`Profile::tax_exempt`].
    pub tax_exempt: Option<Option<String>>,
    /// See [`Profile::business_name`].
    pub business_name: Option<Option<String>>,
    /// See [`Profile::individual_name`].
    pub individual_name: Option<Option<String>>,
}

impl Profile {
    /// Returns the profile after an update.
    pub fn updated(&self, update: &ProfileUpdate) -> Result<Self, BadMetadata> {
        let over = |change: &Option<Option<String>>, now: &Option<String>| {
            change.clone().unwrap_or_else(|| now.clone())
        };
        Ok(Self {
            email: over(&update.email, &self.email),
            name: over(&update.name, &self.name),
            phone: over(&update.phone, &self.phone),
            metadata: self.metadata.updated(update.metadata.as_ref())?,
            description: over(&update.description, &self.description),
            address: update.address.clone().unwrap_or_else(|| self.address.clone()),
            shipping: update.shipping.clone().unwrap_or_else(|| self.shipping.clone()),
            preferred_locales: update
                .preferred_locales
                .clone()
                .unwrap_or_else(|| self.preferred_locales.clone()),
            tax_exempt: over(&update.tax_exempt, &self.tax_exempt),
            business_name: over(&update.business_name, &self.business_name),
            individual_name: over(&update.individual_name, &self.individual_name),
        })
    }
}

/// A card that the customer paid with, without number and security code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedCard {
    /// The details that answers show.
    pub card: Card,
    /// The processor's name for it.
    pub instrument: Instrument,
}

/// The state of an erasure in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// When due work searches again for remaining data: the index that finds it lags the table.
    pub look_again_at: Timestamp,
    /// Whether everything found so far has been erased.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub complete: bool,
    /// Payments created after this instant are done. `None`: no payment is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payments_to: Option<Timestamp>,
}

/// A customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Customer {
    /// The id.
    pub id: CustomerId,
    /// Version number, starting at 1.
    pub version: u64,
    /// The API that created it.
    pub front_door: FrontDoor,
    /// The request that wrote this version.
    #[serde(flatten)]
    pub request: RequestRef,
    /// E-mail address, name, phone number and metadata.
    #[serde(flatten)]
    pub profile: Profile,
    /// The card of the latest payment through an API that takes card numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<SavedCard>,
    /// When it was created.
    pub created: Timestamp,
    /// When its profile last changed.
    pub updated: Timestamp,
    /// Whether it was deleted. The profile is erased; the id stays and is never assigned again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// The erasure in progress; `None` once it is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erasure: Option<Erasure>,
    /// Fingerprint of the create, if it had an idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// The stored answers.
    #[serde(flatten)]
    pub replay: ReplaySnapshots<Self>,
}

impl Customer {
    /// Creates a customer.
    pub fn create(
        id: CustomerId,
        front_door: FrontDoor,
        request: RequestRef,
        profile: Profile,
        fingerprint: Option<Fingerprint>,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            version: 1,
            front_door,
            request,
            profile,
            card: None,
            created: now,
            updated: now,
            deleted: false,
            erasure: None,
            fingerprint,
            replay: ReplaySnapshots::default(),
        }
    }

    /// The e-mail address in lower case, as customers are looked up by it.
    pub fn address(&self) -> Option<String> {
        self.profile.email.as_deref().map(str::to_lowercase)
    }

    /// Whether the customer has this address, ignoring case.
    pub fn has_address(&self, email: &str) -> bool {
        !self.deleted && self.address().is_some_and(|address| address == email.to_lowercase())
    }

    /// Returns the next version with another profile.
    #[must_use]
    pub fn with_profile(&self, profile: Profile, now: Timestamp, request: &RequestRef) -> Self {
        let mut next = Self {
            version: self.version + 1,
            updated: now,
            request: request.clone(),
            profile,
            ..self.clone()
        };
        next.keep_created(self);
        next
    }

    /// Returns the next version with another card and the same profile.
    #[must_use]
    pub fn with_card(&self, card: SavedCard, request: &RequestRef) -> Self {
        Self { version: self.version + 1, request: request.clone(), card: Some(card), ..self.clone() }
    }

    /// Returns the next version without personal data: also without the stored answers and the create's
    /// fingerprint, which can be matched by trying values. Payments, payment methods and events are erased
    /// next; they are found by the id.
    #[must_use]
    pub fn erased(&self, now: Timestamp, look_again_at: Timestamp, request: &RequestRef) -> Self {
        Self {
            version: self.version + 1,
            updated: now,
            request: request.clone(),
            deleted: true,
            erasure: Some(Erasure { look_again_at, complete: false, payments_to: None }),
            ..self.without_person()
        }
    }

    /// Returns the same version without personal data.
    #[must_use]
    pub fn without_person(&self) -> Self {
        Self {
            profile: Profile::default(),
            card: None,
            fingerprint: None,
            replay: ReplaySnapshots::default(),
            ..self.clone()
        }
    }

    /// Returns the next version, with the erasure advanced.
    #[must_use]
    pub fn with_erasure(&self, erasure: Option<Erasure>, request: &RequestRef) -> Self {
        Self { version: self.version + 1, request: request.clone(), erasure, ..self.clone() }
    }
}

impl Replayable for Customer {
    fn replay(&self) -> &ReplaySnapshots<Self> {
        &self.replay
    }
    fn replay_mut(&mut self) -> &mut ReplaySnapshots<Self> {
        &mut self.replay
    }

    /// The first releases stored the profile.
    fn with_legacy_part(&self, part: &serde_json::Value) -> Option<Self> {
        Some(Self { profile: Profile::deserialize(part).ok()?, updated: self.created, ..self.snapshot() })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::payment::tests::NOW;

    fn profile(name: &str) -> Profile {
        Profile { name: Some(name.into()), ..Profile::default() }
    }

    #[test]
    fn an_update_keeps_unsets_and_sets() {
        let before = Profile { phone: Some("+1".into()), ..profile("Ann") };
        let update = ProfileUpdate {
            email: Some(Some("a@x.example".into())),
            phone: Some(None),
            ..ProfileUpdate::default()
        };
        let after = before.updated(&update).unwrap();
        let texts = (after.email.as_deref(), after.name.as_deref(), after.phone.as_deref());
        assert_eq!(texts, (Some("a@x.example"), Some("Ann"), None));
    }

    #[test]
    fn a_create_replays_as_it_was_after_any_number_of_updates() {
        let id = CustomerId::from_bytes([4; 16]);
        let first = Customer::create(id, FrontDoor::Charges, "req_1".into(), profile("Ann"), None, NOW);
        let later = first.with_profile(profile("Bob"), NOW.plus_ms(1000), &"req_2".into()).with_profile(
            profile("Cid"),
            NOW.plus_ms(2000),
            &"req_3".into(),
        );
        assert_eq!(later.version, 3);
        let replayed = later.clone().into_created();
        assert_eq!((replayed.profile, replayed.updated), (first.profile, first.updated));
        let gone = later.erased(NOW.plus_ms(3000), NOW.plus_ms(9000), &"req_4".into());
        assert!(gone.deleted && gone.replay == ReplaySnapshots::default());
        assert_eq!(gone.profile, Profile::default());
    }
}
