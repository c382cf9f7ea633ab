//! A payment method: something that can be charged, kept for later, with or without a customer.

use serde::{Deserialize, Serialize};

use crate::{
    id::{CustomerId, PaymentMethodId},
    idempotency::Fingerprint,
    metadata::Metadata,
    payment::Method,
    replay::{ReplaySnapshots, Replayable},
    request_ref::RequestRef,
    source::{Instrument, Source},
    time::Timestamp,
};

/// Whose it is, as far as the merchant said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Billing {
    /// E-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Full name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Phone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

/// A payment method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PaymentMethod {
    /// Its id.
    pub id: PaymentMethodId,
    /// Counts its changes, from 1.
    pub version: u64,
    /// The request that made its latest version.
    #[serde(flatten)]
    pub request: RequestRef,
    /// What may be shown of it.
    pub source: Source,
    /// What the network calls it.
    pub instrument: Instrument,
    /// Whose it is.
    #[serde(default)]
    pub billing: Billing,
    /// The customer that it is attached to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    /// The customer that it was detached from: whoever erases that one's data finds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detached_from: Option<CustomerId>,
    /// It was detached, and cannot be used any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub detached: bool,
    /// The merchant's metadata.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
    /// The request that made it, if it was made with an idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// What was answered about it.
    #[serde(flatten)]
    pub replay: ReplaySnapshots<Self>,
}

/// Why a payment method cannot do what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MethodRefusal {
    /// It belongs to a customer already.
    #[error("the payment method is attached to a customer already")]
    Attached,
    /// It belongs to no customer.
    #[error("the payment method is attached to no customer")]
    NotAttached,
    /// It was detached, and cannot be used again.
    #[error("the payment method was detached")]
    Detached,
    /// Its type is none of those that the payment accepts.
    #[error("the payment method is of a type that the payment does not accept")]
    TypeNotAccepted,
}

impl PaymentMethod {
    /// As a payment takes it on.
    pub fn method(&self) -> Method {
        Method { id: self.id, source: self.source.clone(), instrument: self.instrument.clone() }
    }

    /// The next version, attached to a customer.
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

    /// The next version, detached for good.
    pub fn detached(&self, now: Timestamp, request: &RequestRef) -> Result<Self, MethodRefusal> {
        if self.customer.is_none() {
            return Err(MethodRefusal::NotAttached);
        }
        Ok(self.changed(now, request, |next| {
            next.detached_from = next.customer.take();
            next.detached = true;
        }))
    }

    /// The next version, without what says whose it is: detached, and without the answers and the digest of the request that
    /// told it. What may be shown of the card or account stays, as it does on its payments.
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

    /// The payment method as it is, without what it tells of a person.
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

    /// The next version, with whatever the closure changes.
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
