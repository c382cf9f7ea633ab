//! The stored answers of a payment, for retries with the same idempotency key.

use serde::Deserialize;

use super::{Payment, state::PaymentState};
use crate::replay::{ReplaySnapshots, Replayable};

impl Replayable for Payment {
    fn replay(&self) -> &ReplaySnapshots<Self> {
        &self.replay
    }
    fn replay_mut(&mut self) -> &mut ReplaySnapshots<Self> {
        &mut self.replay
    }

    /// Leaves out the charge with its sealed card, the processor's name for the source, and the create's
    /// fingerprint.
    fn snapshot(&self) -> Self {
        Self {
            replay: ReplaySnapshots::default(),
            created_state: None,
            processor_charge: None,
            instrument: None,
            fingerprint: None,
            due: None,
            ..self.clone()
        }
    }

    /// The first releases stored the [`PaymentState`].
    fn with_legacy_part(&self, part: &serde_json::Value) -> Option<Self> {
        Some(Self { state: PaymentState::deserialize(part).ok()?, ..self.snapshot() })
    }

    /// Keeps a whole intent. Of other payments mostly the [`PaymentState`] changes, so only that is kept: a
    /// whole copy would cost each write of a charge another capacity unit.
    fn keep_created(&mut self, before: &Self) {
        if self.intent.is_some() || self.is_described_unlike(before) {
            self.keep_whole_created(before);
        }
        if self.intent.is_none() && self.created_state.is_none() && self.state != before.state {
            self.created_state = Some(before.state.clone());
        }
    }

    fn into_created(mut self) -> Self {
        let created_state = self.created_state.take();
        let mut created = self.replay.take_created().unwrap_or(self);
        if let Some(created_state) = created_state {
            created.state = created_state;
        }
        created
    }
}

impl Payment {
    /// Whether something was changed that the merchant says of a payment.
    fn is_described_unlike(&self, before: &Self) -> bool {
        self.description != before.description
            || self.metadata != before.metadata
            || self.customer != before.customer
            || self.details != before.details
    }
}
