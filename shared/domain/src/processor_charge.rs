//! A charge that a processor makes over a wire: how far it got there, what may have been sent, what is still to be done.
//!
//! ```text
//! waiting ─▶ authorizing ─▶ (in_review) ─▶ authorized ─▶ captured
//!                 │              │             │
//!                 └──────────────┴─────────────┴──▶ releasing ─▶ ended
//! ```
//!
//! Each stage carries the ids that its next request names, so that no request can be built without one.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    source::{ProcessorKind, SealedCard},
    time::Timestamp,
};

/// Longest id of a processor, in characters.
const TRANSACTION_ID_CHARS_MAX: usize = 64;
/// Answers that could not be applied and are kept, the latest ones.
pub const UNAPPLIED_MAX: usize = 5;

/// A processor's own id of something that it did: 1 to 64 letters, digits, `-`, `_` and `.`, so that it can stand in a
/// path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProcessorTransactionId(String);

/// The text is no processor's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id of a provider: 1 to 64 letters, digits, hyphens, underscores and dots")]
pub struct NotAProcessorTransactionId;

impl ProcessorTransactionId {
    /// Reads an id.
    pub fn parse(text: &str) -> Result<Self, NotAProcessorTransactionId> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        let ok = (1..=TRANSACTION_ID_CHARS_MAX).contains(&text.len())
            && text.bytes().all(allowed)
            && text.bytes().any(|b| b != b'.');
        if ok { Ok(Self(text.to_owned())) } else { Err(NotAProcessorTransactionId) }
    }

    /// The id as the processor wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProcessorTransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ProcessorTransactionId {
    type Error = NotAProcessorTransactionId;

    fn try_from(text: String) -> Result<Self, NotAProcessorTransactionId> {
        Self::parse(&text)
    }
}

impl From<ProcessorTransactionId> for String {
    fn from(id: ProcessorTransactionId) -> Self {
        id.0
    }
}

/// How far a charge got with its processor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nothing was sent.
    Waiting,
    /// The authorisation may have been sent.
    Authorizing,
    /// The money is reserved, and a reviewer has to accept it first.
    InReview {
        /// The authorisation.
        authorization: ProcessorTransactionId,
    },
    /// The money is reserved; the capture may have been sent.
    Authorized {
        /// The authorisation.
        authorization: ProcessorTransactionId,
    },
    /// The money was taken.
    Captured {
        /// The authorisation.
        authorization: ProcessorTransactionId,
        /// The capture, which refunds name.
        capture: ProcessorTransactionId,
    },
    /// The payment has ended without the money, and what is reserved, or may be, has to be let go.
    Releasing {
        /// The authorisation; absent where the processor has not said that there is one.
        authorization: Option<ProcessorTransactionId>,
    },
    /// Nothing is reserved and nothing was taken.
    Ended,
}

/// Requests that may have reached the processor: those of the current stage, or of a refund.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// How many.
    #[serde(default)]
    pub times: u32,
    /// When the last one was sent; absent where the last one certainly did nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Timestamp>,
    /// How many of them certainly did nothing. The one after such a one is a new request to the processor, under a new
    /// transaction id; any other is the same request again, under the same id, so that it is carried out once.
    #[serde(default)]
    pub renewed: u32,
}

impl Sent {
    /// The first request, sent now.
    pub const fn first(now: Timestamp) -> Self {
        Self { times: 1, last: Some(now), renewed: 0 }
    }

    /// One more request, sent now.
    #[must_use]
    pub const fn again(self, now: Timestamp) -> Self {
        Self { times: self.times.saturating_add(1), last: Some(now), ..self }
    }

    /// The last request certainly did nothing.
    #[must_use]
    pub const fn without_effect(self) -> Self {
        Self { last: None, renewed: self.renewed.saturating_add(1), ..self }
    }

    /// Whether the last request is the only one that can have done anything.
    pub const fn is_only_one(self) -> bool {
        self.times <= self.renewed.saturating_add(1)
    }

    /// Whether a look-up now shows all that was sent: `settle_ms` after the last request, that one has arrived or never
    /// will, and look-ups show what it did.
    pub fn is_settled(self, now: Timestamp, settle_ms: i64) -> bool {
        self.last.is_none_or(|last| last.plus_ms(settle_ms) <= now)
    }
}

/// A clear answer of a processor that contradicts what is recorded. It is kept for the operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unapplied {
    /// When it came.
    pub at: Timestamp,
    /// What the processor said.
    pub answer: String,
}

/// Adds an answer that could not be applied; the oldest give way. One that is kept already is not kept twice.
pub(crate) fn keep_unapplied(kept: &mut Vec<Unapplied>, answer: String, now: Timestamp) {
    if kept.iter().any(|other| other.answer == answer) {
        return;
    }
    if kept.len() >= UNAPPLIED_MAX {
        kept.remove(0);
    }
    kept.push(Unapplied { at: now, answer });
}

/// A charge that is made over a wire, by a processor of the merchant's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct ProcessorCharge {
    /// The processor.
    pub processor: ProcessorKind,
    /// What the processor knows the merchant by whose account takes the payment (the MID), so that an account which is replaced
    /// meanwhile is not asked about another one's charges. Charges of earlier releases say nothing of it.
    pub account: Option<String>,
    /// The card, sealed; gone as soon as the payment is decided.
    pub card: Option<SealedCard>,
    /// How far it got.
    pub stage: Stage,
    /// Times that the processor was asked what became of it.
    pub attempts: u32,
    /// Since when it is in this stage.
    pub since: Option<Timestamp>,
    /// The requests of this stage that may have reached the processor.
    pub sent: Sent,
    /// Answers that contradict what is recorded.
    pub unapplied: Vec<Unapplied>,
    /// Since when it waits for the operator, because nothing that can be done by itself is left.
    pub stuck_since: Option<Timestamp>,
}

impl ProcessorCharge {
    /// A charge of which nothing was sent yet.
    pub const fn new(processor: ProcessorKind, account: Option<String>, card: SealedCard) -> Self {
        Self {
            processor,
            account,
            card: Some(card),
            stage: Stage::Waiting,
            attempts: 0,
            since: None,
            sent: Sent { times: 0, last: None, renewed: 0 },
            unapplied: Vec::new(),
            stuck_since: None,
        }
    }
}

/// The name of a stage, as it is stored.
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

/// A charge as it is stored. Charges that were stored before stages were kept have no `stage`: it follows from the rest.
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
    /// The authorisation's id.
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
        // What was stored before requests were counted was sent once, when it last began.
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn id(text: &str) -> ProcessorTransactionId {
        ProcessorTransactionId::parse(text).unwrap()
    }

    #[test]
    fn an_id_is_never_empty_and_never_a_path_of_its_own() {
        for bad in ["", ".", "..", "a/b", "a?b", "a b", "é", "%2e", &"1".repeat(65)] {
            assert!(ProcessorTransactionId::parse(bad).is_err(), "{bad}");
        }
        assert!(ProcessorTransactionId::parse("7063849254816301204951").is_ok());
        let empty = json!({"provider": "mpgs", "stage": "authorized", "network_id": ""});
        assert!(serde_json::from_value::<ProcessorCharge>(empty).is_err());
        let none = json!({"provider": "mpgs", "stage": "captured", "network_id": "1"});
        assert!(serde_json::from_value::<ProcessorCharge>(none).is_err());
    }

    #[test]
    fn every_stage_is_read_back() {
        let stages = [
            Stage::Waiting,
            Stage::Authorizing,
            Stage::InReview { authorization: id("a") },
            Stage::Authorized { authorization: id("a") },
            Stage::Captured { authorization: id("a"), capture: id("c") },
            Stage::Releasing { authorization: None },
            Stage::Releasing { authorization: Some(id("a")) },
            Stage::Ended,
        ];
        for stage in stages {
            let charge = ProcessorCharge {
                stage,
                sent: Sent::first(Timestamp::from_s(7)),
                ..ProcessorCharge::new(ProcessorKind::Mpgs, None, SealedCard("s".into()))
            };
            let text = serde_json::to_string(&charge).unwrap();
            assert_eq!(serde_json::from_str::<ProcessorCharge>(&text).unwrap(), charge);
        }
    }

    #[test]
    fn what_was_stored_before_stages_were_kept_is_read() {
        let stage = |value| serde_json::from_value::<ProcessorCharge>(value).unwrap().stage;
        assert_eq!(stage(json!({"provider": "mpgs", "card": "s", "attempts": 0})), Stage::Waiting);
        assert_eq!(
            stage(json!({"provider": "mpgs", "card": "s", "attempts": 1, "since": 5})),
            Stage::Authorizing
        );
        let authorized = json!({"provider": "mpgs", "network_id": "1", "attempts": 1, "since": 5});
        assert_eq!(stage(authorized), Stage::Authorized { authorization: id("1") });
    }

    #[test]
    fn answers_that_contradict_are_kept_once_and_not_without_end() {
        let mut kept = Vec::new();
        for n in [1, 1, 2, 3, 4, 5, 6] {
            keep_unapplied(&mut kept, format!("answer {n}"), Timestamp::from_s(n));
        }
        assert_eq!(kept.len(), UNAPPLIED_MAX);
        assert_eq!(kept[0].answer, "answer 2");
    }
}
