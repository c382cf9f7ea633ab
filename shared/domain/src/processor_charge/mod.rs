//! A charge that a processor makes over a wire: how far it got there, what may have been sent, what is still to be done.
//!
//! ```text
//! waiting ─▶ authorizing ─▶ (in_review) ─▶ authorized ─▶ captured
//!                 │              │             │
//!                 └──────────────┴─────────────┴──▶ releasing ─▶ ended
//! ```
//!
//! Each stage carries the ids that its next request names, so that no request can be built without one.

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

/// A charge that is made over a wire, by a processor of the merchant's.
#[derive(Clone, Debug, PartialEq, Eq)]
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
