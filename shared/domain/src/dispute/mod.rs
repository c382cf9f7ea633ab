//! Disputes: a payer asks the bank for the money of a payment back.
//!
//! ```text
//! needs_response ─ evidence ─▶ under_review ─▶ won | lost
//!        └── accepted, or no evidence in time ──────▶ lost
//! warning_needs_response ─ evidence ─▶ warning_under_review ─▶ warning_closed
//!        │                                   └── escalated ─▶ needs_response
//!        └── accepted, or no evidence in time ─▶ warning_closed
//! ```
//!
//! While a dispute is open its money and a fee are withheld (see [`crate::ledger`]), and the payment cannot be refunded beyond
//! what is left. An inquiry, in the statuses `warning_…`, takes no money.
//!
//! A dispute with a `reference` is a processor's: only its notices and the merchant decide it. When the time for evidence
//! ends, it is under review.

mod evidence;
mod status;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::{
    evidence::{EVIDENCE_BYTES_MAX, EVIDENCE_CHARS_MAX, EVIDENCE_FIELDS, Evidence, EvidenceTooLong},
    status::{DisputeReason, DisputeStatus},
};
use crate::{
    id::{DisputeId, PaymentId},
    metadata::Metadata,
    money::Money,
    replay::{ReplaySnapshots, Replayable},
    request_ref::RequestRef,
    source::Brand,
    time::Timestamp,
};

/// A dispute of a payment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dispute {
    /// The id. It is derived from the payment or from the processor's notice, so that a dispute is opened once.
    pub id: DisputeId,
    /// Version number, starting at 1.
    pub version: u64,
    /// The request that wrote this version.
    #[serde(flatten)]
    pub request: RequestRef,
    /// The payment.
    pub payment: PaymentId,
    /// What is disputed: at most what was left of the payment when it was opened.
    pub amount: Money,
    /// The fee when its money is withheld, in minor units: the merchant's terms when it was opened.
    pub fee: i64,
    /// The card's scheme, if it was paid with a card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<Brand>,
    /// Why.
    pub reason: DisputeReason,
    /// Where it stands.
    pub status: DisputeStatus,
    /// What the merchant says, submitted or not.
    #[serde(default, skip_serializing_if = "Evidence::is_empty")]
    pub evidence: Evidence,
    /// How often evidence was submitted.
    #[serde(default)]
    pub submissions: u32,
    /// Until when evidence may be submitted.
    pub evidence_due_by: Timestamp,
    /// The processor's name for it; `None` if the sandbox opened it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Since when its money is withheld; `None` of an inquiry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld_since: Option<Timestamp>,
    /// The merchant's metadata.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// When it was opened.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
    /// When due work has to process it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// The stored answers.
    #[serde(flatten)]
    pub replay: ReplaySnapshots<Self>,
}

/// What is known of a dispute that opens.
#[derive(Clone, Debug)]
pub struct NewDispute {
    /// The derived id.
    pub id: DisputeId,
    /// The payment.
    pub payment: PaymentId,
    /// What is disputed.
    pub amount: Money,
    /// The fee when its money is withheld, in minor units.
    pub fee: i64,
    /// The card's scheme.
    pub brand: Option<Brand>,
    /// Why.
    pub reason: DisputeReason,
    /// Whether the bank only inquires.
    pub is_inquiry: bool,
    /// Until when evidence may be submitted.
    pub evidence_due_by: Timestamp,
    /// The processor's name for it.
    pub reference: Option<String>,
}

/// What a merchant changes of a dispute.
#[derive(Clone, Debug, Default)]
pub struct DisputeUpdate {
    /// Fields of the evidence; an empty text removes one.
    pub evidence: BTreeMap<String, String>,
    /// Whether evidence is submitted to the bank; `None`: if the update has any.
    pub submit: Option<bool>,
    /// The new metadata; `None`: unchanged.
    pub metadata: Option<Metadata>,
}

/// How a bank decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// For the merchant. Of an inquiry: it ends.
    Won,
    /// For the payer. Of an inquiry: it ends.
    Lost,
    /// Of an inquiry: it becomes a dispute, with this time for evidence.
    Escalated {
        /// Until when evidence may be submitted.
        evidence_due_by: Timestamp,
    },
}

/// Why a dispute cannot be changed so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DisputeRefusal {
    /// It is decided.
    #[error("the dispute is closed")]
    Closed,
    /// Evidence was submitted: the bank decides.
    #[error("the dispute's evidence was submitted")]
    Submitted,
    /// The time for evidence is over.
    #[error("the time for evidence is over")]
    TooLate,
    /// There is nothing to submit.
    #[error("there is no evidence to submit")]
    NoEvidence,
    /// The evidence is too long.
    #[error(transparent)]
    TooLong(#[from] EvidenceTooLong),
}

impl Dispute {
    /// A dispute that opens.
    pub fn open(new: NewDispute, now: Timestamp, request: &RequestRef) -> Self {
        let status =
            if new.is_inquiry { DisputeStatus::WarningNeedsResponse } else { DisputeStatus::NeedsResponse };
        Self {
            id: new.id,
            version: 1,
            request: request.clone(),
            payment: new.payment,
            amount: new.amount,
            fee: new.fee,
            brand: new.brand,
            reason: new.reason,
            status,
            evidence: Evidence::default(),
            submissions: 0,
            evidence_due_by: new.evidence_due_by,
            reference: new.reference,
            withheld_since: (!new.is_inquiry).then_some(now),
            metadata: Metadata::default(),
            created: now,
            updated: now,
            due: Some(new.evidence_due_by),
            replay: ReplaySnapshots::default(),
        }
    }

    /// What it takes from the payment, in minor units: nothing as an inquiry, and nothing any more when it is won.
    pub const fn withheld(&self) -> i64 {
        match self.status {
            DisputeStatus::NeedsResponse | DisputeStatus::UnderReview | DisputeStatus::Lost => {
                self.amount.minor
            }
            DisputeStatus::WarningNeedsResponse
            | DisputeStatus::WarningUnderReview
            | DisputeStatus::WarningClosed
            | DisputeStatus::Won => 0,
        }
    }

    /// Returns the next version, changed by the merchant. Evidence is only taken before it is submitted, and in time.
    /// `decided_at` is when the bank of submitted evidence is asked; `None` if it tells by itself.
    pub fn changed(
        &self,
        update: &DisputeUpdate,
        decided_at: impl FnOnce(&Evidence) -> Option<Timestamp>,
        now: Timestamp,
        request: &RequestRef,
    ) -> Result<Self, DisputeRefusal> {
        let mut next = self.next(self.status, now, request);
        if let Some(metadata) = &update.metadata {
            next.metadata = metadata.clone();
        }
        let has_evidence = !update.evidence.is_empty();
        let submits = update.submit.unwrap_or(has_evidence);
        if has_evidence || submits {
            self.must_take_evidence(now)?;
            next.evidence = self.evidence.changed(&update.evidence)?;
        }
        if submits {
            if next.evidence.is_empty() {
                return Err(DisputeRefusal::NoEvidence);
            }
            next.status = self.under_review();
            next.submissions = self.submissions.saturating_add(1);
            next.due = decided_at(&next.evidence);
        }
        Ok(next)
    }

    /// Returns the next version, accepted by the merchant.
    pub fn accepted(&self, now: Timestamp, request: &RequestRef) -> Result<Self, DisputeRefusal> {
        match self.status {
            DisputeStatus::NeedsResponse => Ok(self.next(DisputeStatus::Lost, now, request)),
            DisputeStatus::WarningNeedsResponse => Ok(self.next(DisputeStatus::WarningClosed, now, request)),
            DisputeStatus::UnderReview | DisputeStatus::WarningUnderReview => Err(DisputeRefusal::Submitted),
            DisputeStatus::Won | DisputeStatus::Lost | DisputeStatus::WarningClosed => {
                Err(DisputeRefusal::Closed)
            }
        }
    }

    /// Returns the next version if no evidence came in time; `None` if it is not late. A processor's dispute is then
    /// under review: the merchant may have answered in the processor's portal.
    pub fn expired(&self, now: Timestamp, request: &RequestRef) -> Option<Self> {
        let is_late = self.status.needs_response() && self.evidence_due_by <= now;
        if !is_late {
            return None;
        }
        if self.reference.is_none() {
            return self.accepted(now, request).ok();
        }
        Some(Self { due: None, ..self.next(self.under_review(), now, request) })
    }

    /// The same version, taking at most `left` minor units: what is left of the payment when an inquiry becomes a dispute. If
    /// nothing is left, the inquiry is closed instead.
    #[must_use]
    pub fn taking_at_most(self, left: i64) -> Self {
        if left > 0 {
            let minor = self.amount.minor.min(left);
            return Self { amount: Money { minor, ..self.amount }, ..self };
        }
        Self { status: DisputeStatus::WarningClosed, due: None, withheld_since: None, ..self }
    }

    const fn under_review(&self) -> DisputeStatus {
        if self.status.is_inquiry() { DisputeStatus::WarningUnderReview } else { DisputeStatus::UnderReview }
    }

    /// Returns the next version, decided by the bank, which may decide before it has evidence; `None` if it is decided
    /// already, or if a dispute that is no inquiry would be escalated.
    pub fn decided(&self, decision: Decision, now: Timestamp, request: &RequestRef) -> Option<Self> {
        if self.status.is_decided() {
            return None;
        }
        let status = match decision {
            Decision::Won | Decision::Lost if self.status.is_inquiry() => DisputeStatus::WarningClosed,
            Decision::Won => DisputeStatus::Won,
            Decision::Lost => DisputeStatus::Lost,
            Decision::Escalated { .. } if !self.status.is_inquiry() => return None,
            Decision::Escalated { .. } => DisputeStatus::NeedsResponse,
        };
        let mut next = self.next(status, now, request);
        if let Decision::Escalated { evidence_due_by } = decision {
            next.evidence_due_by = evidence_due_by;
            next.due = Some(evidence_due_by);
            next.withheld_since = Some(now);
        }
        Some(next)
    }

    /// The same version without the texts that say who the payer is.
    #[must_use]
    pub fn without_person(&self) -> Self {
        let replay = self.replay.map(&[], Self::without_person);
        Self { evidence: self.evidence.without_person(), replay, ..self.clone() }
    }

    /// The next version, without the texts that say who the payer is; `None` if it has none.
    pub fn erased(&self, now: Timestamp, request: &RequestRef) -> Option<Self> {
        let without = self.without_person();
        let next =
            Self { version: self.version + 1, updated: now, request: request.clone(), ..without.clone() };
        (without != *self).then_some(next)
    }

    fn must_take_evidence(&self, now: Timestamp) -> Result<(), DisputeRefusal> {
        if self.status.is_decided() {
            return Err(DisputeRefusal::Closed);
        }
        if !self.status.needs_response() {
            return Err(DisputeRefusal::Submitted);
        }
        if self.evidence_due_by <= now { Err(DisputeRefusal::TooLate) } else { Ok(()) }
    }

    fn next(&self, status: DisputeStatus, now: Timestamp, request: &RequestRef) -> Self {
        let due = self.due.filter(|_| !status.is_decided());
        let mut next = Self {
            version: self.version + 1,
            status,
            updated: now,
            due,
            request: request.clone(),
            ..self.clone()
        };
        next.keep_created(self);
        next
    }
}

impl Replayable for Dispute {
    fn replay(&self) -> &ReplaySnapshots<Self> {
        &self.replay
    }
    fn replay_mut(&mut self) -> &mut ReplaySnapshots<Self> {
        &mut self.replay
    }
    /// No request creates a dispute, so its first state is nobody's answer.
    fn keep_created(&mut self, _before: &Self) {}
}
