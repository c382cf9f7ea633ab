//! Charges by a processor: their stage, the requests that may have been sent, and what remains to be done.
//!
//! ```text
//! waiting ─▶ authorizing ─▶ (in_review) ─▶ authorized ─▶ captured
//!                 │              │             │
//!                 └──────────────┴─────────────┴──▶ releasing ─▶ ended
//! ```
//!
//! Each stage carries the ids that its next request names, so a request cannot be built without them.

mod sent;
mod stored;
mod transaction_id;
mod unapplied;

pub(crate) use self::unapplied::keep_unapplied;
pub use self::{
    sent::Sent,
    transaction_id::{NotAProcessorTransactionId, ProcessorTransactionId},
    unapplied::{UNAPPLIED_MAX, Unapplied},
};
use crate::{
    source::{ProcessorKind, SealedCard},
    time::Timestamp,
};

/// The stage of a charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nothing was sent.
    Waiting,
    /// The authorization may have been sent.
    Authorizing,
    /// The amount is authorized, and a review has to accept it.
    InReview {
        /// The authorization's id.
        authorization: ProcessorTransactionId,
    },
    /// The amount is authorized; the capture may have been sent.
    Authorized {
        /// The authorization's id.
        authorization: ProcessorTransactionId,
    },
    /// The amount was captured.
    Captured {
        /// The authorization's id.
        authorization: ProcessorTransactionId,
        /// The capture's id. Refunds name it.
        capture: ProcessorTransactionId,
    },
    /// The payment ended without a capture. An authorization exists or may exist and has to be voided.
    Releasing {
        /// The authorization's id; `None` if the processor has not reported one.
        authorization: Option<ProcessorTransactionId>,
    },
    /// Nothing is authorized and nothing was captured.
    Ended,
}

/// A charge by a processor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessorCharge {
    /// The processor.
    pub processor: ProcessorKind,
    /// The MID of the merchant's account that takes the payment. If the merchant's account is replaced,
    /// queries still go to this one. Charges of the first releases do not have it.
    pub account: Option<String>,
    /// The card, sealed. It is dropped once no request needs it.
    pub card: Option<SealedCard>,
    /// The stage.
    pub stage: Stage,
    /// Number of queries to the processor in this stage.
    pub attempts: u32,
    /// When this stage began.
    pub since: Option<Timestamp>,
    /// The requests of this stage that may have reached the processor.
    pub sent: Sent,
    /// Answers that contradict the record.
    pub unapplied: Vec<Unapplied>,
    /// Since when only the operator can continue.
    pub stuck_since: Option<Timestamp>,
}

impl ProcessorCharge {
    /// A charge of which nothing was sent.
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
