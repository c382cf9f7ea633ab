//! The stored form of a charge.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{ProcessorCharge, Sent, Stage, transaction_id::ProcessorTransactionId, unapplied::Unapplied};
use crate::{
    source::{ProcessorKind, SealedCard},
    time::Timestamp,
};

/// The stored name of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StageName {
    Waiting,
    Authorizing,
    InReview,
    Authorized,
    Captured,
    Releasing,
    Ended,
}

/// The stored form of a charge. Charges of the first releases have no `stage`; it follows from the other
/// fields.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Stored {
    #[serde(rename = "provider")]
    processor: ProcessorKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stage: Option<StageName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    card: Option<SealedCard>,
    /// The authorization's id.
    #[serde(rename = "network_id", default, skip_serializing_if = "Option::is_none")]
    transaction_id: Option<ProcessorTransactionId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    capture_id: Option<ProcessorTransactionId>,
    #[serde(default, skip_serializing_if = "is_zero")]
    attempts: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "is_zero")]
    sends: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sent_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "is_zero")]
    renewed: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unapplied: Vec<Unapplied>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stuck_since: Option<Timestamp>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde passes a reference.
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl From<ProcessorCharge> for Stored {
    fn from(charge: ProcessorCharge) -> Self {
        let (stage, transaction_id, capture_id) = match charge.stage {
            Stage::Waiting => (StageName::Waiting, None, None),
            Stage::Authorizing => (StageName::Authorizing, None, None),
            Stage::InReview { authorization } => (StageName::InReview, Some(authorization), None),
            Stage::Authorized { authorization } => (StageName::Authorized, Some(authorization), None),
            Stage::Captured { authorization, capture } => {
                (StageName::Captured, Some(authorization), Some(capture))
            }
            Stage::Releasing { authorization } => (StageName::Releasing, authorization, None),
            Stage::Ended => (StageName::Ended, None, None),
        };
        Self {
            processor: charge.processor,
            account: charge.account,
            stage: Some(stage),
            card: charge.card,
            transaction_id,
            capture_id,
            attempts: charge.attempts,
            since: charge.since,
            sends: charge.sent.times,
            sent_at: charge.sent.last,
            renewed: charge.sent.renewed,
            unapplied: charge.unapplied,
            stuck_since: charge.stuck_since,
        }
    }
}

/// A stored charge lacks the id that its stage needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a charge lacks the provider's id that its stage needs")]
struct MissingTransactionId;

impl TryFrom<Stored> for ProcessorCharge {
    type Error = MissingTransactionId;

    fn try_from(stored: Stored) -> Result<Self, MissingTransactionId> {
        let name = stored.stage.unwrap_or(match (&stored.transaction_id, stored.since) {
            (Some(_), _) => StageName::Authorized,
            (None, Some(_)) => StageName::Authorizing,
            (None, None) => StageName::Waiting,
        });
        let authorization = || stored.transaction_id.clone().ok_or(MissingTransactionId);
        let stage = match name {
            StageName::Waiting => Stage::Waiting,
            StageName::Authorizing => Stage::Authorizing,
            StageName::InReview => Stage::InReview { authorization: authorization()? },
            StageName::Authorized => Stage::Authorized { authorization: authorization()? },
            StageName::Captured => Stage::Captured {
                authorization: authorization()?,
                capture: stored.capture_id.clone().ok_or(MissingTransactionId)?,
            },
            StageName::Releasing => Stage::Releasing { authorization: stored.transaction_id.clone() },
            StageName::Ended => Stage::Ended,
        };
        // The first releases did not count requests: they sent one when the stage began.
        let sent = match (stored.stage, &stage) {
            (None, Stage::Authorizing | Stage::Authorized { .. }) => {
                Sent { times: 1, last: stored.since, renewed: 0 }
            }
            _ => Sent { times: stored.sends, last: stored.sent_at, renewed: stored.renewed },
        };
        Ok(Self {
            processor: stored.processor,
            account: stored.account,
            card: stored.card,
            stage,
            attempts: stored.attempts,
            since: stored.since,
            sent,
            unapplied: stored.unapplied,
            stuck_since: stored.stuck_since,
        })
    }
}

impl Serialize for ProcessorCharge {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Stored::from(self.clone()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ProcessorCharge {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(Stored::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
