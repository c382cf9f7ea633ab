//! A customer of a merchant: personal data, kept until the merchant deletes it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    front_door::FrontDoor,
    id::CustomerId,
    idempotency::Fingerprint,
    metadata::{BadMetadata, Metadata},
    replay::{ReplaySnapshots, Replayable},
    request_ref::RequestRef,
    source::{Card, Instrument},
    time::Timestamp,
};

/// The part of a customer that answers show and that may change after the answer.
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
}

/// What an update changes about a customer. What is absent stays; of a field that is there `None` unsets it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProfileUpdate {
    /// E-mail address.
    pub email: Option<Option<String>>,
    /// Full name.
    pub name: Option<Option<String>>,
    /// Phone number.
    pub phone: Option<Option<String>>,
    /// Changes to the metadata, as [`Metadata::updated`] takes them.
    pub metadata: Option<Value>,
}

impl Profile {
    /// The profile after an update.
    pub fn updated(&self, update: &ProfileUpdate) -> Result<Self, BadMetadata> {
        let over = |change: &Option<Option<String>>, now: &Option<String>| {
            change.clone().unwrap_or_else(|| now.clone())
        };
        Ok(Self {
            email: over(&update.email, &self.email),
            name: over(&update.name, &self.name),
            phone: over(&update.phone, &self.phone),
            metadata: self.metadata.updated(update.metadata.as_ref())?,
        })
    }
}

/// A card that a customer paid with before, as its network knows it: no number, no security code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedCard {
    /// What may be shown of it.
    pub card: Card,
    /// What to charge.
    pub instrument: Instrument,
}

/// The erasure of a customer's data, while it is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// When due work looks again for what is left: the index that finds it trails the table.
    pub look_again_at: Timestamp,
    /// Whether everything that was found was erased, so that the merchant was told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub complete: bool,
    /// Of the payments, those that were made later than this are done; all are still to be looked at without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payments_to: Option<Timestamp>,
}

/// A customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Customer {
    /// Its id.
    pub id: CustomerId,
    /// Counts its changes, from 1.
    pub version: u64,
    /// The API it was made through.
    pub front_door: FrontDoor,
    /// The request that made its latest version.
    #[serde(flatten)]
    pub request: RequestRef,
    /// What is known of it.
    #[serde(flatten)]
    pub profile: Profile,
    /// The card that was last paid with, through a front door that takes cards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<SavedCard>,
    /// When it was made.
    pub created: Timestamp,
    /// When its profile last changed.
    pub updated: Timestamp,
    /// Deleted: the profile is gone, only the id stays, so that it is never given out again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// What is left to do of the erasure; `None` once nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erasure: Option<Erasure>,
    /// The request that made it, if it was made with an idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// What was answered about it.
    #[serde(flatten)]
    pub replay: ReplaySnapshots<Self>,
}

impl Customer {
    /// Makes a customer.
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

    /// The e-mail address by which it is found, in lower case.
    pub fn address(&self) -> Option<String> {
        self.profile.email.as_deref().map(str::to_lowercase)
    }

    /// Whether it is found by this address, in whatever case.
    pub fn has_address(&self, email: &str) -> bool {
        !self.deleted && self.address().is_some_and(|address| address == email.to_lowercase())
    }

    /// The next version, with another profile.
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

    /// The next version, with another card; the profile stays as it is.
    #[must_use]
    pub fn with_card(&self, card: SavedCard, request: &RequestRef) -> Self {
        Self { version: self.version + 1, request: request.clone(), card: Some(card), ..self.clone() }
    }

    /// The next version, without personal data. What was answered about it is personal data too and goes with it, and so does
    /// the digest of the request that made it, which could be tried out. What belongs to it is erased next: it is found by the
    /// id, which stays.
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

    /// The customer as it is, without what it tells of a person.
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

    /// The next version, further on in its erasure.
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

    /// The first releases kept the profile.
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
