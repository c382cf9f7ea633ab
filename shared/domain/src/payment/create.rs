//! New payments.

use super::{
    Payment, command::Outcome, hosted::HostedCharge, intent::Intent, state::PaymentState, status::Status,
};
use crate::{
    front_door::FrontDoor,
    id::{CustomerId, PaymentId},
    idempotency::Fingerprint,
    metadata::Metadata,
    money::Money,
    processor_charge::ProcessorCharge,
    replay::ReplaySnapshots,
    request_ref::RequestRef,
    source::{Instrument, Source},
    time::Timestamp,
};

/// The parameters of a create, validated.
#[derive(Clone, Debug)]
pub struct NewPayment {
    /// The id: random, or derived from the idempotency key.
    pub id: PaymentId,
    /// The API that creates it.
    pub front_door: FrontDoor,
    /// The request.
    pub request: RequestRef,
    /// The amount to charge.
    pub amount: Money,
    /// The card or bank account to charge.
    pub source: Option<Source>,
    /// The processor's name for the source.
    pub instrument: Option<Instrument>,
    /// The customer.
    pub customer: Option<CustomerId>,
    /// The merchant's description.
    pub description: Option<String>,
    /// The merchant's metadata.
    pub metadata: Metadata,
    /// Fingerprint of the request, if it has an idempotency key.
    pub fingerprint: Option<Fingerprint>,
}

impl Payment {
    /// Creates the payment that results from a processor's answer to a new charge.
    pub fn create(new: NewPayment, outcome: Outcome, now: Timestamp) -> Self {
        let mut payment = Self::new(new, now);
        payment.record_outcome(outcome, now);
        payment
    }

    /// Creates a payment that waits for its payer until `hosted.expires`: for the confirmation, or for the
    /// challenge if `hosted.confirmed`.
    pub fn create_hosted(new: NewPayment, hosted: HostedCharge, now: Timestamp) -> Self {
        let mut payment = Self::new(new, now);
        payment.state.status =
            if hosted.confirmed { Status::RequiresAction } else { Status::RequiresConfirmation };
        payment.state.return_url = hosted.return_url;
        payment.processor_charge =
            Some(ProcessorCharge::new(hosted.processor, Some(hosted.account), hosted.card));
        payment.hosted = Some(hosted.hosted);
        payment.due = Some(hosted.expires);
        payment
    }

    /// Creates an uncharged intent.
    pub fn create_intent(new: NewPayment, intent: Intent, now: Timestamp) -> Self {
        let mut payment = Self::new(new, now);
        payment.state.status = if payment.instrument.is_some() {
            Status::RequiresConfirmation
        } else {
            Status::RequiresPaymentMethod
        };
        payment.intent = Some(intent);
        payment
    }

    fn new(new: NewPayment, now: Timestamp) -> Self {
        Self {
            id: new.id,
            version: 1,
            front_door: new.front_door,
            request: new.request,
            amount: new.amount,
            amount_captured: 0,
            amount_refunded: 0,
            disputed_minor: None,
            state: PaymentState { status: Status::Processing, decline: None, return_url: None },
            source: new.source,
            instrument: new.instrument,
            customer: new.customer,
            description: new.description,
            metadata: new.metadata,
            intent: None,
            details: None,
            processor_charge: None,
            hosted: None,
            completed: None,
            created: now,
            updated: now,
            due: None,
            fingerprint: new.fingerprint,
            replay: ReplaySnapshots::default(),
            created_state: None,
        }
    }
}
