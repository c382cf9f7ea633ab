//! How the sandbox's payers dispute payments, and how its bank decides.

use tollgate_domain::{
    Timestamp,
    dispute::{Decision, DisputeReason, Evidence},
};

/// How long evidence may be given, in milliseconds: seven days.
pub const EVIDENCE_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// How a test card's payments are disputed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DisputeScript {
    /// Why.
    pub reason: DisputeReason,
    /// Whether the bank only inquires.
    pub is_inquiry: bool,
    /// Whether only half of the payment is disputed.
    pub is_of_half: bool,
}

impl DisputeScript {
    const fn of(reason: DisputeReason, is_inquiry: bool) -> Self {
        Self { reason, is_inquiry, is_of_half: false }
    }

    pub(super) const FRAUDULENT: &'static [Self] = &[Self::of(DisputeReason::Fraudulent, false)];
    pub(super) const NOT_RECEIVED: &'static [Self] = &[Self::of(DisputeReason::ProductNotReceived, false)];
    pub(super) const INQUIRY: &'static [Self] = &[Self::of(DisputeReason::General, true)];
    pub(super) const EARLY_FRAUD: &'static [Self] = &[Self::of(DisputeReason::Fraudulent, true)];
    pub(super) const TWICE: &'static [Self] = &[
        Self { is_of_half: true, ..Self::of(DisputeReason::Fraudulent, false) },
        Self::of(DisputeReason::ProductNotReceived, false),
    ];

    /// What is disputed of a payment, in minor units; `None`: all that is left.
    pub const fn share_of(&self, captured: i64) -> Option<i64> {
        if self.is_of_half && captured > 1 { Some(captured / 2) } else { None }
    }
}

/// How the sandbox's bank decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisputeDecision {
    /// For the merchant.
    Won,
    /// For the payer.
    Lost,
    /// An inquiry becomes a dispute.
    Escalated,
}

impl DisputeDecision {
    /// The decision as it is made at `now`.
    pub const fn at(self, now: Timestamp) -> Decision {
        match self {
            Self::Won => Decision::Won,
            Self::Lost => Decision::Lost,
            Self::Escalated => Decision::Escalated { evidence_due_by: now.plus_ms(EVIDENCE_MS) },
        }
    }
}

/// How the sandbox's bank decides on evidence, as Stripe documents it: by what `uncategorized_text` says. `None` if it never
/// decides.
pub fn dispute_decision(evidence: &Evidence) -> Option<DisputeDecision> {
    match evidence.get("uncategorized_text")? {
        "winning_evidence" => Some(DisputeDecision::Won),
        "losing_evidence" => Some(DisputeDecision::Lost),
        "escalate_inquiry_evidence" => Some(DisputeDecision::Escalated),
        _ => None,
    }
}
