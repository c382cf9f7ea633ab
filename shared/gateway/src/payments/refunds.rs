//! Refunds: create, retrieve, update, cancel, list.

use tollgate_domain::{
    Fingerprint, Metadata, Money, Payment, PaymentId, Refund, RefundId, Refusal, Replayable, Resource,
    Tenant, Timestamp, id,
    payment::Command,
    refund::{NewRefund, RefundOutcome, RefundStatus},
};
use tollgate_processors::sandbox;
use tollgate_store::{Page, RefundPut, Replaced};

use super::sandbox_charge::{instrument, sandbox_outcome};
use crate::{
    call::Call,
    conflict_retry::{Write, retry_conflicts},
    error::Error,
    idempotency::{
        idempotent::{Idempotency, Idempotent},
        operation::LEASE_MS,
        resource::{IdempotentResource, earlier_answer, remember, replay_create},
    },
    pagination::PageRequest,
};

/// A refund to create.
#[derive(Clone, Debug)]
pub struct CreateRefund {
    /// The payment to refund.
    pub payment: PaymentId,
    /// The amount.
    pub amount: RefundAmount,
    /// The reason, in the API's words.
    pub reason: Option<String>,
    /// The merchant's metadata.
    pub metadata: Metadata,
}

/// The amount to refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundAmount {
    /// All that was not refunded yet.
    Rest,
    /// This many minor units of the payment's currency.
    Minor(i64),
    /// A decimal text in major units of the payment's currency.
    Decimal(String),
}

impl From<Option<i64>> for RefundAmount {
    fn from(minor: Option<i64>) -> Self {
        minor.map_or(Self::Rest, Self::Minor)
    }
}

/// Which refunds to list.
#[derive(Clone, Debug)]
pub struct RefundFilter {
    /// The page.
    pub page_request: PageRequest<id::RefundKind>,
    /// Only those of this payment.
    pub payment: Option<PaymentId>,
    /// Only those in this status.
    pub status: Option<RefundStatus>,
    /// Only those created at this time or later.
    pub created_from: Option<Timestamp>,
    /// Only those created at this time or earlier.
    pub created_to: Option<Timestamp>,
}

impl IdempotentResource for Refund {
    const RESOURCE: Resource = Resource::Refund;
    fn fingerprint(&self) -> Option<&Fingerprint> {
        self.fingerprint.as_ref()
    }
    /// A refund at a processor is stored before it is sent. Its outcome, or the end of a request that got
    /// none, is the answer of the create and is stored as the second version.
    fn is_being_made(&self, now: Timestamp) -> bool {
        let is_first = self.version == 1 && self.processor_refund.is_some();
        is_first && self.created.plus_ms(LEASE_MS) > now
    }
}

impl Call {
    /// Refunds a payment, fully or partly. A read of the payment while the caller is authenticated, then one
    /// transaction that creates the refund and adds it to the payment's refunded amount.
    pub async fn create_refund(
        &self,
        new: CreateRefund,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<Refund>, Error> {
        let tenant = self.tenant().await?;
        let id: RefundId = self.id_for(tenant, "refunds", idempotency);
        match self.try_refund(tenant, id, &new, idempotency).await {
            Err(error) => self.earlier_answer_or(error, tenant, &id.to_string(), idempotency).await,
            created => created,
        }
    }

    async fn try_refund(
        &self,
        tenant: Tenant,
        id: RefundId,
        new: &CreateRefund,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<Refund>, Error> {
        let payment: Option<Payment> = self.store.get(tenant, &new.payment.to_string()).await?;
        retry_conflicts(new.payment, payment, |payment| async move {
            let current = payment.ok_or(Refusal::NoSuchReference(Resource::Payment))?;
            let refund = self.decide_refund(id, new, &current, idempotency)?;
            let writer = self.admitted().await?.writer();
            match writer.create_refund(tenant, &refund, &current).await? {
                RefundPut::Created if current.processor_charge.is_some() => {
                    let sent = self.send_created_refund(tenant, &current, refund).await?;
                    Ok(Write::Done(Idempotent::new(sent)))
                }
                RefundPut::Created => Ok(Write::Done(Idempotent::new(refund))),
                RefundPut::Exists(existing) => {
                    let to = self.authorized().await?;
                    replay_create(&*existing, idempotency, self.now, to).map(Write::Done)
                }
                RefundPut::PaymentChanged(now) => Ok(Write::Conflict(now.map(|payment| *payment))),
            }
        })
        .await
    }

    /// Sends a stored refund to the processor. One that could not be sent stays pending: due work sends it.
    async fn send_created_refund(
        &self,
        tenant: Tenant,
        payment: &Payment,
        refund: Refund,
    ) -> Result<Refund, Error> {
        let worker = self.admitted().await?.worker();
        let sent = worker.send_refund(tenant, payment, refund.clone(), true, &self.request).await;
        match sent {
            // The answer of a retry too, even if another change was written since.
            Ok(recorded) if recorded.version > 1 => return Ok(recorded.into_created()),
            Ok(_) => {}
            Err(error) => {
                let (payment, request_id) = (payment.id, &self.request.request_id);
                tracing::error!(refund = %refund.id, %payment, request_id, %error, "a refund was not sent; it is tried again");
            }
        }
        // The outcome is unknown: from now on a retry is answered "pending" too.
        let ended = refund.answered_pending(self.now, &self.request);
        match worker.writer().replace(tenant, &ended).await {
            Ok(Replaced::Done | Replaced::Conflict(None)) => {}
            // The outcome was stored after all, by a write whose answer was lost or by due work: a retry is
            // answered so, and so is this request.
            Ok(Replaced::Conflict(Some(stored))) => return Ok(stored.into_created()),
            Err(error) => {
                let (payment, request_id) = (payment.id, &self.request.request_id);
                tracing::warn!(refund = %refund.id, %payment, request_id, %error, "a refund's pending answer was not stored");
            }
        }
        Ok(refund)
    }

    /// The refund to store, if the payment allows it.
    fn decide_refund(
        &self,
        id: RefundId,
        new: &CreateRefund,
        payment: &Payment,
        idempotency: Option<&Idempotency>,
    ) -> Result<Refund, Error> {
        let minor = match &new.amount {
            RefundAmount::Minor(minor) => *minor,
            RefundAmount::Decimal(text) => {
                Money::from_decimal(text, payment.amount.currency).ok_or(Refusal::InvalidAmount)?.minor
            }
            RefundAmount::Rest if payment.refundable() == 0 && payment.amount_captured > 0 => {
                return Err(Refusal::Payment(payment.nothing_to_refund()).into());
            }
            // For a payment that took no money: the state machine refuses the refund.
            RefundAmount::Rest => payment.refundable().max(1),
        };
        payment.apply(Command::Refund(minor), self.now, &self.request).map_err(Refusal::from)?;
        let outcome = if payment.processor_charge.is_some() {
            // Stored before it is sent: due work asks the processor for the outcome.
            RefundOutcome::Pending { ask_at: self.gateway.ask_at(1)? }
        } else {
            sandbox_outcome(sandbox::refund(instrument(payment)?, self.now))?
        };
        let refund = NewRefund {
            id,
            front_door: self.front_door,
            request: self.request.clone(),
            payment: payment.id,
            amount: Money { minor, ..payment.amount },
            reason: new.reason.clone(),
            metadata: new.metadata.clone(),
            by_processor: payment.processor_charge.is_some(),
            fingerprint: idempotency.map(|i| i.fingerprint.clone()),
        };
        Ok(Refund::create(refund, outcome, self.now))
    }

    /// Reads a refund. One round trip in a warm function.
    pub async fn retrieve_refund(&self, id: RefundId) -> Result<Refund, Error> {
        let tenant = self.tenant().await?;
        let refund = self.store.get(tenant, &id.to_string()).await?;
        Ok(refund.ok_or(Refusal::NotFound(Resource::Refund))?)
    }

    /// Updates a refund's metadata, as [`Metadata::updated`] and [`Call::change`] do.
    pub async fn update_refund(
        &self,
        id: RefundId,
        changes: Option<&serde_json::Value>,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<Refund>, Error> {
        self.change(&id.to_string(), "update", idempotency, |current: &Refund| {
            let metadata = current.metadata.updated(changes).map_err(Refusal::from)?;
            Ok(current.with_metadata(metadata, self.now, &self.request))
        })
        .await
    }

    /// Cancels a pending refund: its amount can be refunded again. A refund at a processor cannot be
    /// canceled: it was recorded as sent when it was created, and the processor may have carried it out.
    pub async fn cancel_refund(
        &self,
        id: RefundId,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<Refund>, Error> {
        let tenant = self.tenant().await?;
        retry_conflicts(id, (), |()| async move {
            let refund: Option<Refund> = self.store.get(tenant, &id.to_string()).await?;
            let current = refund.ok_or(Refusal::NotFound(Resource::Refund))?;
            if let Some(answer) = earlier_answer(&current, "cancel", idempotency)? {
                return Ok(Write::Done(Idempotent::replay(answer, self.authorized().await?)));
            }
            if current.processor_refund.is_some() || self.is_at_processor(tenant, &current).await? {
                return Err(Refusal::RefundSent.into());
            }
            let mut next = current
                .canceled(self.now, &self.request)
                .map_err(|_| Refusal::RefundSettled(current.status))?;
            remember(&mut next, "cancel", idempotency);
            let writer = self.admitted().await?.writer();
            Ok(match writer.settle_refund(tenant, &next).await? {
                Replaced::Done => Write::Done(Idempotent::new(next)),
                // Read again: the payment may have been in conflict, not the refund.
                Replaced::Conflict(_) => Write::Conflict(()),
            })
        })
        .await
    }

    /// Whether a pending refund without a processor's state was sent to one: earlier releases did not store
    /// that state.
    async fn is_at_processor(&self, tenant: Tenant, refund: &Refund) -> Result<bool, Error> {
        if refund.status != RefundStatus::Pending {
            return Ok(false);
        }
        let payment: Option<Payment> = self.store.get(tenant, &refund.payment.to_string()).await?;
        Ok(payment.is_none_or(|payment| payment.processor_charge.is_some()))
    }

    /// Lists refunds, newest first.
    pub async fn list_refunds(&self, filter: RefundFilter) -> Result<Page<Refund>, Error> {
        let tenant = self.tenant().await?;
        let mut query = self.query_of::<Refund, _>(tenant, filter.page_request).await?;
        query.created_from = filter.created_from;
        query.created_to = filter.created_to;
        if let Some(payment) = filter.payment {
            query = query.of_payment(tenant, payment);
        }
        match filter.status {
            None => Ok(self.store.list(tenant, &query, None).await?),
            Some(status) => {
                let keep = move |refund: &Refund| refund.status == status;
                Ok(self.store.list(tenant, &query, Some(&keep)).await?)
            }
        }
    }
}
