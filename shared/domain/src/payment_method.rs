//! Payment methods: cards and accounts that are stored for later charges, with or without a customer.

use serde::{Deserialize, Serialize};

use crate::{
    contact::Billing,
    id::{CustomerId, PaymentMethodId},
    idempotency::Fingerprint,
    metadata::Metadata,
    payment::Method,
    replay::{ReplaySnapshots, Replayable},
    request_ref::RequestRef,
    source::{Instrument, Source},
    time::Timestamp,
};

/// A payment method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PaymentMethod {
    /// The id.
    pub id: PaymentMethodId,
    /// Version number, starting at 1.
    pub version: u64,
    /// The request that wrote this version.
    #[serde(flatten)]
    pub request: RequestRef,
    /// The details that answers show.
    pub source: Source,
    /// The processor's name for it.
    pub instrument: Instrument,
    /// The billing details.
    #[serde(default)]
    pub billing: Billing,
    /// Whether it may be shown to the customer again, as the merchant says: `always`, `limited` or `unspecified`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_redisplay: Option<String>,
    /// The customer to which it is attached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    /// The customer from which it was detached. The erasure of the customer's data finds it by this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detached_from: Option<CustomerId>,
    /// Whether it was detached. It cannot be used any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub detached: bool,
    /// The merchant's metadata.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// When it was created.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
    /// Fingerprint of the create, if it had an idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// The stored answers.
    #[serde(flatten)]
    pub replay: ReplaySnapshots<Self>,
}

/// Why a payment method refuses a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MethodRefusal {
    /// It is already attached to a customer.
    #[error("the payment method is attached to a customer already")]
    Attached,
    /// It is not attached to a customer.
    #[error("the payment method is attached to no customer")]
    NotAttached,
    /// It was detached.
    #[error("the payment method was detached")]
    Detached,
    /// The payment does not accept its type.
    #[error("the payment method is of a type that the payment does not accept")]
    TypeNotAccepted,
}

impl PaymentMethod {
    /// The parts that a payment copies.
    pub fn method(&self) -> Method {
        Method {
            id: self.id,
            source: self.source.clone(),
            instrument: self.instrument.clone(),
            billing: self.billing.clone(),
        }
    }

    /// Returns the next version, attached to a customer.
    pub fn attached(
        &self,
        customer: CustomerId,
        now: Timestamp,
        request: &RequestRef,
    ) -> Result<Self, MethodRefusal> {
        if self.detached {
            return Err(MethodRefusal::Detached);
        }
        if self.customer.is_some_and(|other| other != customer) {
            return Err(MethodRefusal::Attached);
        }
        Ok(self.changed(now, request, |next| next.customer = Some(customer)))
    }

    /// Returns the next version, detached.
    pub fn detached(&self, now: Timestamp, request: &RequestRef) -> Result<Self, MethodRefusal> {
        if self.customer.is_none() {
            return Err(MethodRefusal::NotAttached);
        }
        Ok(self.changed(now, request, |next| {
            next.detached_from = next.customer.take();
            next.detached = true;
        }))
    }

    /// Returns the next version without personal data: detached, and without the stored answers and the
    /// create's fingerprint. The details of the card or account stay, as on its payments.
    #[must_use]
    pub fn erased(&self, now: Timestamp, request: &RequestRef) -> Self {
        Self {
            version: self.version + 1,
            updated: now,
            request: request.clone(),
            customer: None,
            detached_from: None,
            detached: true,
            ..self.without_person()
        }
    }

    /// Returns the same version without personal data.
    #[must_use]
    pub fn without_person(&self) -> Self {
        Self {
            billing: Billing::default(),
            metadata: Metadata::default(),
            fingerprint: None,
            replay: ReplaySnapshots::default(),
            ..self.clone()
        }
    }

    /// Returns the next version with the changes of a closure.
    #[must_use]
    pub fn changed(&self, now: Timestamp, request: &RequestRef, change: impl FnOnce(&mut Self)) -> Self {
        let mut next = self.clone();
        next.keep_created(self);
        next.version += 1;
        next.updated = now;
        request.clone_into(&mut next.request);
        change(&mut next);
        next
    }
}

impl Replayable for PaymentMethod {
    fn replay(&self) -> &ReplaySnapshots<Self> {
        &self.replay
    }
    fn replay_mut(&mut self) -> &mut ReplaySnapshots<Self> {
        &mut self.replay
    }
}
