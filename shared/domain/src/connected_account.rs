//! Connected accounts: other merchants that a merchant pays out to.
//!
//! A merchant names the other one. Money can be sent once the other one has accepted with its own key.

use serde::{Deserialize, Serialize};

use crate::{
    id::MerchantId,
    metadata::Metadata,
    replay::{ReplaySnapshots, Replayable},
    request_ref::RequestRef,
    time::Timestamp,
};

/// A connected account, as the merchant that pays has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConnectedAccount {
    /// The other merchant.
    pub id: MerchantId,
    /// Version number, starting at 1.
    pub version: u64,
    /// The request that wrote this version.
    #[serde(flatten)]
    pub request: RequestRef,
    /// When the other merchant accepted; `None` until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Timestamp>,
    /// The metadata of the merchant that pays.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// When it was created.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
    /// The stored answers.
    #[serde(flatten)]
    pub replay: ReplaySnapshots<Self>,
}

impl ConnectedAccount {
    /// A connection that the other merchant has not accepted.
    pub fn request(id: MerchantId, metadata: Metadata, now: Timestamp, request: &RequestRef) -> Self {
        Self {
            id,
            version: 1,
            request: request.clone(),
            accepted: None,
            metadata,
            created: now,
            updated: now,
            replay: ReplaySnapshots::default(),
        }
    }

    /// Whether money can be sent to it.
    pub const fn is_accepted(&self) -> bool {
        self.accepted.is_some()
    }

    /// Returns the next version with other metadata.
    #[must_use]
    pub fn with_metadata(&self, metadata: Metadata, now: Timestamp, request: &RequestRef) -> Self {
        let mut next = Self {
            version: self.version + 1,
            request: request.clone(),
            metadata,
            updated: now,
            ..self.clone()
        };
        next.keep_created(self);
        next
    }

    /// Returns the next version, accepted by the other merchant. That merchant's request is not recorded, since events
    /// of the merchant that pays would show its idempotency key. `None` if it was accepted already.
    pub fn accept(&self, now: Timestamp) -> Option<Self> {
        let mut next = Self {
            version: self.version + 1,
            request: RequestRef::default(),
            accepted: Some(now),
            updated: now,
            ..self.clone()
        };
        next.keep_created(self);
        self.accepted.is_none().then_some(next)
    }
}

impl Replayable for ConnectedAccount {
    fn replay(&self) -> &ReplaySnapshots<Self> {
        &self.replay
    }
    fn replay_mut(&mut self) -> &mut ReplaySnapshots<Self> {
        &mut self.replay
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_accepted_once() {
        let at = Timestamp::from_s;
        let request = RequestRef { request_id: "req_1".to_owned(), ..RequestRef::default() };
        let id = MerchantId::from_bytes([7; 16]);
        let asked = ConnectedAccount::request(id, Metadata::default(), at(1), &request);
        assert!(!asked.is_accepted());
        let accepted = asked.accept(at(2)).expect("accepted");
        assert!(accepted.is_accepted());
        assert_eq!((accepted.version, accepted.accepted), (2, Some(at(2))));
        assert_eq!(accepted.request, RequestRef::default(), "the other merchant's request stays with it");
        assert_eq!(accepted.accept(at(3)), None);
    }
}
