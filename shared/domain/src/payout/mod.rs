//! Payouts: money on its way from a merchant's balance to its bank.
//!
//! ```text
//! pending ──▶ in_transit ──▶ paid
//!    │            └────────▶ failed
//!    └──▶ canceled
//! ```
//!
//! One to another merchant is paid at once.
//!
//! A payout takes its money from the available balance when it is created, in the same transaction. One that fails
//! or is canceled gives it back in the transaction that says so. The rail that carries the money is asked by due
//! work.

mod destination;
mod failure;
mod live_rail;
mod refusal;
mod status;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use self::{
    destination::PayoutDestination,
    failure::PayoutFailure,
    live_rail::LiveRail,
    refusal::{PayoutRefusal, UnexpectedPayoutStatus},
    status::PayoutStatus,
};
use crate::{
    id::PayoutId,
    idempotency::Fingerprint,
    metadata::Metadata,
    money::Money,
    replay::{ReplaySnapshots, Replayable},
    request_ref::RequestRef,
    time::Timestamp,
};

/// Longest statement descriptor, in characters, as Stripe's reference has it.
pub const STATEMENT_DESCRIPTOR_CHARS_MAX: usize = 22;

/// How a payout on its way ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayoutOutcome {
    /// The money arrived.
    Paid,
    /// The bank did not take it.
    Failed(PayoutFailure),
}

/// A payout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Payout {
    /// The id.
    pub id: PayoutId,
    /// Version number, starting at 1.
    pub version: u64,
    /// The request that wrote this version.
    #[serde(flatten)]
    pub request: RequestRef,
    /// How much is paid out.
    pub amount: Money,
    /// The bank account, or the other merchant.
    pub destination: PayoutDestination,
    /// Whether the merchant's schedule made it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub automatic: bool,
    /// The merchant's description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What the bank's statement says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement_descriptor: Option<String>,
    /// The merchant's metadata.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// The status.
    pub status: PayoutStatus,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<PayoutFailure>,
    /// The day on which the money is expected to arrive, as its first instant in UTC.
    pub arrival_date: Timestamp,
    /// What the rail calls it; `None` until the rail has taken it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rail_reference: Option<String>,
    /// When it was created.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
    /// When it was settled: paid, failed or canceled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<Timestamp>,
    /// When due work has to process it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// Fingerprint of the create, if it had an idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// The stored answers.
    #[serde(flatten)]
    pub replay: ReplaySnapshots<Self>,
}

/// The parameters of a create, validated.
#[derive(Clone, Debug)]
pub struct NewPayout {
    /// The id: random, or derived from the idempotency key.
    pub id: PayoutId,
    /// The request.
    pub request: RequestRef,
    /// How much is paid out.
    pub amount: Money,
    /// The bank account, or the other merchant.
    pub destination: PayoutDestination,
    /// Whether the merchant's schedule makes it.
    pub automatic: bool,
    /// The merchant's description.
    pub description: Option<String>,
    /// What the bank's statement is to say.
    pub statement_descriptor: Option<String>,
    /// The merchant's metadata.
    pub metadata: Metadata,
    /// The day on which the money is expected to arrive.
    pub arrival_date: Timestamp,
    /// When it is given to the rail.
    pub submit_at: Timestamp,
    /// Fingerprint of the request, if it has an idempotency key.
    pub fingerprint: Option<Fingerprint>,
}

impl Payout {
    /// Creates a payout: a pending one, or one to another merchant that is paid.
    pub fn create(new: NewPayout, now: Timestamp) -> Self {
        let is_pending = new.destination.account().is_none();
        Self {
            id: new.id,
            version: 1,
            request: new.request,
            amount: new.amount,
            destination: new.destination,
            automatic: new.automatic,
            description: new.description,
            statement_descriptor: new.statement_descriptor,
            metadata: new.metadata,
            status: if is_pending { PayoutStatus::Pending } else { PayoutStatus::Paid },
            failure: None,
            arrival_date: new.arrival_date,
            rail_reference: None,
            created: now,
            updated: now,
            settled: (!is_pending).then_some(now),
            due: is_pending.then_some(new.submit_at),
            fingerprint: new.fingerprint,
            replay: ReplaySnapshots::default(),
        }
    }

    /// Returns the next version of a pending payout, recorded before the rail gets it: from now on it cannot be
    /// canceled. The rail is asked at `ask_at` if nothing is recorded of its answer.
    pub fn sent(
        &self,
        ask_at: Timestamp,
        now: Timestamp,
        request: &RequestRef,
    ) -> Result<Self, UnexpectedPayoutStatus> {
        if self.status != PayoutStatus::Pending {
            return Err(UnexpectedPayoutStatus(self.status));
        }
        Ok(self.next(now, request, |next| {
            next.status = PayoutStatus::InTransit;
            next.due = Some(ask_at);
        }))
    }

    /// Returns the next version of a pending payout that is in a file of this name, recorded before the file is written: from
    /// now on it cannot be canceled. The bank's report tells its end.
    pub fn filed(
        &self,
        file: &str,
        now: Timestamp,
        request: &RequestRef,
    ) -> Result<Self, UnexpectedPayoutStatus> {
        if self.status != PayoutStatus::Pending {
            return Err(UnexpectedPayoutStatus(self.status));
        }
        Ok(self.next(now, request, |next| {
            next.status = PayoutStatus::InTransit;
            next.rail_reference = Some(file.to_owned());
            next.due = None;
        }))
    }

    /// Returns the next version of a payout that the rail has taken, or has not decided, with the time to ask it.
    /// No answer shows the change.
    pub fn taken(
        &self,
        rail_reference: Option<String>,
        ask_at: Timestamp,
        request: &RequestRef,
    ) -> Result<Self, UnexpectedPayoutStatus> {
        if self.status != PayoutStatus::InTransit {
            return Err(UnexpectedPayoutStatus(self.status));
        }
        Ok(self.next(self.updated, request, |next| {
            next.rail_reference = rail_reference.or_else(|| next.rail_reference.take());
            next.due = Some(ask_at);
        }))
    }

    /// Returns the next version after the rail's answer. A pending payout can only fail: its bank account is gone.
    pub fn settle(
        &self,
        outcome: PayoutOutcome,
        now: Timestamp,
        request: &RequestRef,
    ) -> Result<Self, UnexpectedPayoutStatus> {
        let (status, failure) = match (self.status, outcome) {
            (PayoutStatus::InTransit, PayoutOutcome::Paid) => (PayoutStatus::Paid, None),
            (PayoutStatus::Pending | PayoutStatus::InTransit, PayoutOutcome::Failed(failure)) => {
                (PayoutStatus::Failed, Some(failure))
            }
            (
                PayoutStatus::Pending | PayoutStatus::Paid | PayoutStatus::Failed | PayoutStatus::Canceled,
                _,
            ) => return Err(UnexpectedPayoutStatus(self.status)),
        };
        Ok(self.settled_as(status, failure, now, request))
    }

    /// Returns the next version, canceled by the merchant.
    pub fn canceled(&self, now: Timestamp, request: &RequestRef) -> Result<Self, UnexpectedPayoutStatus> {
        if self.status != PayoutStatus::Pending {
            return Err(UnexpectedPayoutStatus(self.status));
        }
        Ok(self.settled_as(PayoutStatus::Canceled, None, now, request))
    }

    /// Returns the next version with other metadata.
    #[must_use]
    pub fn with_metadata(&self, metadata: Metadata, now: Timestamp, request: &RequestRef) -> Self {
        self.next(now, request, |next| next.metadata = metadata)
    }

    fn settled_as(
        &self,
        status: PayoutStatus,
        failure: Option<PayoutFailure>,
        now: Timestamp,
        request: &RequestRef,
    ) -> Self {
        self.next(now, request, |next| {
            next.status = status;
            next.failure = failure;
            next.settled = Some(now);
            next.due = None;
        })
    }

    fn next(&self, now: Timestamp, request: &RequestRef, change: impl FnOnce(&mut Self)) -> Self {
        let mut next =
            Self { version: self.version + 1, updated: now, request: request.clone(), ..self.clone() };
        change(&mut next);
        next.keep_created(self);
        next
    }
}

impl Replayable for Payout {
    fn replay(&self) -> &ReplaySnapshots<Self> {
        &self.replay
    }
    fn replay_mut(&mut self) -> &mut ReplaySnapshots<Self> {
        &mut self.replay
    }
}
