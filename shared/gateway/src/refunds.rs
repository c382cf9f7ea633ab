//! Refunds: create, retrieve, list.

use tollgate_domain::{
    Metadata, Money, Payment, PaymentId, Refund, RefundId, Refusal, Replayable, Resource, Tenant, id,
    payment::{self, Command},
    refund::{NewRefund, RefundOutcome, RefundStatus},
};
use tollgate_processors::sandbox;
use tollgate_store::{Page, RefundPut, Replaced};

use crate::{
    call::Call,
    error::Error,
    idempotency::{Idempotency, Idempotent, TRIES_MAX, contended, earlier_answer, remember, replay},
    page_request::PageRequest,
    payments::{instrument, sandbox_outcome},
};

/// A refund to be made.
#[derive(Clone, Debug)]
pub struct CreateRefund {
    /// Of which payment.
    pub payment: PaymentId,
    /// How much.
    pub amount: RefundAmount,
    /// Why, in the front door's words.
    pub reason: Option<String>,
    /// The merchant's metadata.
    pub metadata: Metadata,
}

/// How much to refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundAmount {
    /// All that is left.
    Rest,
    /// So many minor units of the payment's currency.
    Minor(i64),
    /// So much in major units of the payment's currency, as the caller wrote it.
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
    /// Which page.
    pub page_request: PageRequest<id::RefundKind>,
    /// Only a payment's.
    pub payment: Option<PaymentId>,
    /// Only those in this status.
    pub status: Option<RefundStatus>,
}

impl Call {
    /// Refunds a payment, wholly or in part. A read of the payment while the caller is admitted, then one transaction
    /// that makes the refund and counts it against the payment.
    pub async fn create_refund(
        &self,
        new: CreateRefund,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<Refund>, Error> {
        let tenant = self.tenant().await?;
        let id: RefundId = self.id_for(tenant, "refunds", idempotency);
        match self.try_refund(tenant, id, &new, idempotency).await {
            Err(error) => self.earlier_answer_or(error, tenant, &id.to_string(), idempotency).await,
            made => made,
        }
    }

    async fn try_refund(
        &self,
        tenant: Tenant,
        id: RefundId,
        new: &CreateRefund,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<Refund>, Error> {
        let mut payment: Option<Payment> = self.store.get(tenant, &new.payment.to_string()).await?;
        for _ in 0..TRIES_MAX {
            let current = payment.ok_or(Refusal::NoSuchReference(Resource::Payment))?;
            let refund = self.decide_refund(id, new, &current, idempotency)?;
            let writer = self.admitted().await?.writer();
            match writer.create_refund(tenant, &refund, &current).await? {
                RefundPut::Created if current.processor_charge.is_some() => {
                    return self.refund_over_processor(tenant, &current, refund).await.map(Idempotent::new);
                }
                RefundPut::Created => return Ok(Idempotent::new(refund)),
                RefundPut::Exists(existing) => {
                    return replay(&*existing, idempotency, self.now, self.authorized().await?);
                }
                RefundPut::PaymentChanged(now) => payment = now.map(|payment| *payment),
            }
        }
        Err(contended(new.payment))
    }

    /// Sends a recorded refund over the wire. One that could not be sent stays pending: due work sends it.
    async fn refund_over_processor(
        &self,
        tenant: Tenant,
        payment: &Payment,
        refund: Refund,
    ) -> Result<Refund, Error> {
        let worker = self.admitted().await?.worker();
        let sent = worker.send_refund(tenant, payment, refund.clone(), true, &self.request).await;
        match sent {
            // What a retry is told, though another change may have come first.
            Ok(recorded) if recorded.version > 1 => return Ok(recorded.into_created()),
            Ok(_) => {}
            Err(error) => {
                tracing::error!(refund = %refund.id, %error, "a refund was not sent; it is tried again");
            }
        }
        // The request ends without knowing what became of it: from now on a retry is told that it is pending, too.
        let ended = refund.answered_pending(self.now, &self.request);
        match worker.writer().replace(tenant, &ended).await {
            // Whatever came first has made it another version as well.
            Ok(Replaced::Done | Replaced::Conflict(_)) => {}
            Err(error) => tracing::warn!(refund = %refund.id, %error, "a retry is told so a little later"),
        }
        Ok(refund)
    }

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
                return Err(Refusal::Payment(payment::Refusal::AlreadyRefunded).into());
            }
            // Of a payment that took no money the state machine says that it cannot be refunded.
            RefundAmount::Rest => payment.refundable().max(1),
        };
        payment.apply(Command::Refund(minor), self.now, &self.request).map_err(Refusal::from)?;
        let outcome = if payment.processor_charge.is_some() {
            // Recorded first, sent then: whoever finds it pending can ask the processor what became of it.
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

    /// Changes a refund's metadata, as [`Metadata::updated`] and [`Call::change`] do.
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

    /// Calls a pending refund back: its amount can be refunded again. One that goes over a wire cannot be called back: it was
    /// recorded as sent when it was made, and the processor may have carried it out.
    pub async fn cancel_refund(
        &self,
        id: RefundId,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<Refund>, Error> {
        let tenant = self.tenant().await?;
        for _ in 0..TRIES_MAX {
            let refund: Option<Refund> = self.store.get(tenant, &id.to_string()).await?;
            let current = refund.ok_or(Refusal::NotFound(Resource::Refund))?;
            if let Some(answer) = earlier_answer(&current, "cancel", idempotency)? {
                return Ok(Idempotent::replay(answer, self.authorized().await?));
            }
            if current.processor_refund.is_some() || self.is_by_processor(tenant, &current).await? {
                return Err(Refusal::RefundSent.into());
            }
            let mut next = current
                .canceled(self.now, &self.request)
                .map_err(|_| Refusal::RefundSettled(current.status))?;
            remember(&mut next, "cancel", idempotency);
            let writer = self.admitted().await?.writer();
            match writer.settle_refund(tenant, &next).await? {
                Replaced::Done => return Ok(Idempotent::new(next)),
                Replaced::Conflict(_) => {}
            }
        }
        Err(contended(id))
    }

    /// Whether a processor refunds, for a refund of the first releases, which did not store it.
    async fn is_by_processor(&self, tenant: Tenant, refund: &Refund) -> Result<bool, Error> {
        if refund.status != RefundStatus::Pending {
            return Ok(false);
        }
        let payment: Option<Payment> = self.store.get(tenant, &refund.payment.to_string()).await?;
        Ok(payment.is_none_or(|payment| payment.processor_charge.is_some()))
    }

    /// Lists refunds, the newest first.
    pub async fn list_refunds(&self, filter: RefundFilter) -> Result<Page<Refund>, Error> {
        let tenant = self.tenant().await?;
        let mut query = self.query_of::<Refund, _>(tenant, filter.page_request).await?;
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
