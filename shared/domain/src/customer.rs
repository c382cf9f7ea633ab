//! A customer of a merchant: personal data, kept until the merchant deletes it.

use serde::{Deserialize, Serialize};

use crate::{
    front_door::FrontDoor,
    id::CustomerId,
    idempotency::Fingerprint,
    metadata::Metadata,
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

/// A card that a customer paid with before, as its network knows it: no number, no security code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedCard {
    /// What may be shown of it.
    pub card: Card,
    /// What to charge.
    pub instrument: Instrument,
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
    pub request_id: String,
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
    /// The request that made it, if it was made with an idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// What the create answered, kept by the first change after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Box<Profile>>,
}

impl Customer {
    /// Makes a customer.
    pub fn create(
        id: CustomerId,
        front_door: FrontDoor,
        request_id: String,
        profile: Profile,
        fingerprint: Option<Fingerprint>,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            version: 1,
            front_door,
            request_id,
            profile,
            card: None,
            created: now,
            updated: now,
            deleted: false,
            fingerprint,
            first: None,
        }
    }

    /// The next version, with another profile.
    #[must_use]
    pub fn with_profile(&self, profile: Profile, now: Timestamp, request_id: &str) -> Self {
        Self {
            version: self.version + 1,
            updated: now,
            request_id: request_id.to_owned(),
            first: self
                .first
                .clone()
                .or_else(|| Some(Box::new(self.profile.clone()))),
            profile,
            ..self.clone()
        }
    }

    /// The next version, with another card; the profile stays as it is.
    #[must_use]
    pub fn with_card(&self, card: SavedCard, request_id: &str) -> Self {
        Self {
            version: self.version + 1,
            request_id: request_id.to_owned(),
            card: Some(card),
            ..self.clone()
        }
    }

    /// The next version, without personal data. What the create answered is personal data too and goes with it.
    #[must_use]
    pub fn erased(&self, now: Timestamp, request_id: &str) -> Self {
        Self {
            version: self.version + 1,
            updated: now,
            request_id: request_id.to_owned(),
            profile: Profile::default(),
            card: None,
            deleted: true,
            first: None,
            ..self.clone()
        }
    }

    /// The customer as its create answered it, whatever happened since.
    #[must_use]
    pub fn as_first_answered(mut self) -> Self {
        if let Some(first) = self.first.take() {
            self.profile = *first;
            self.updated = self.created;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::tests::NOW;

    fn profile(name: &str) -> Profile {
        Profile {
            name: Some(name.into()),
            ..Profile::default()
        }
    }

    #[test]
    fn a_create_replays_as_it_was_after_any_number_of_updates() {
        let id = CustomerId::from_bytes([4; 16]);
        let first = Customer::create(id, FrontDoor::Charges, "req_1".into(), profile("Ann"), None, NOW);
        let later = first
            .with_profile(profile("Bob"), NOW.plus_ms(1000), "req_2")
            .with_profile(profile("Cid"), NOW.plus_ms(2000), "req_3");
        assert_eq!(later.version, 3);
        let replayed = later.clone().as_first_answered();
        assert_eq!(
            (replayed.profile, replayed.updated),
            (first.profile, first.updated)
        );
        let gone = later.erased(NOW.plus_ms(3000), "req_4");
        assert!(gone.deleted && gone.first.is_none());
        assert_eq!(gone.profile, Profile::default());
    }
}
