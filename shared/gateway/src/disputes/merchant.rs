//! What merchants do with disputes.

use std::{collections::BTreeMap, time::Duration};

use futures_util::future::try_join_all;
use serde_json::Value;
use tollgate_domain::{
    Dispute, DisputeId, Fingerprint, Mode, Payment, PaymentId, Refusal, Resource, Tenant, Timestamp,
    dispute::{DisputeStatus, DisputeUpdate, Evidence},
    id,
};
use tollgate_processors::sandbox;
use tollgate_store::Page;

use super::open::sandbox_dispute_ids;
use crate::{
    call::Call,
    error::Error,
    idempotency::{
        idempotent::{Idempotency, Idempotent},
        resource::IdempotentResource,
    },
    pagination::{PageRequest, is_created_within},
};

/// How often the disputes of a test card are read before a list goes without them.
const OPENING_TRIES_MAX: u32 = 15;
/// The time between two such reads.
const OPENING_WAIT: Duration = Duration::from_millis(200);

/// Which disputes to list.
#[derive(Clone, Debug)]
pub struct DisputeFilter {
    /// The page.
    pub page_request: PageRequest<id::DisputeKind>,
    /// Only those of this payment.
    pub payment: Option<PaymentId>,
    /// Only those in this status.
    pub status: Option<DisputeStatus>,
    /// Only those created at this time or later.
    pub created_from: Option<Timestamp>,
    /// Only those created at this time or earlier.
    pub created_to: Option<Timestamp>,
}

/// What a merchant changes of a dispute.
#[derive(Clone, Debug, Default)]
pub struct AnswerDispute {
    /// Fields of the evidence; an empty text removes one.
    pub evidence: BTreeMap<String, String>,
    /// Whether evidence is submitted to the bank; `None`: if the request has any.
    pub submit: Option<bool>,
    /// Metadata to merge.
    pub metadata: Option<Value>,
}

impl IdempotentResource for Dispute {
    const RESOURCE: Resource = Resource::Dispute;
    /// No request creates one.
    fn fingerprint(&self) -> Option<&Fingerprint> {
        None
    }
}

impl Call {
    /// Reads a dispute. One round trip in a warm function.
    pub async fn retrieve_dispute(&self, id: DisputeId) -> Result<Dispute, Error> {
        let tenant = self.tenant().await?;
        let dispute = self.store.get(tenant, &id.to_string()).await?;
        Ok(dispute.ok_or(Refusal::NotFound(Resource::Dispute))?)
    }

    /// Stages or submits evidence, and updates metadata.
    pub async fn answer_dispute(
        &self,
        id: DisputeId,
        answer: &AnswerDispute,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<Dispute>, Error> {
        self.change(&id.to_string(), "answer_dispute", idempotency, |current: &Dispute| {
            let metadata = match &answer.metadata {
                None => None,
                changes => Some(current.metadata.updated(changes.as_ref()).map_err(Refusal::from)?),
            };
            let update = DisputeUpdate { evidence: answer.evidence.clone(), submit: answer.submit, metadata };
            let decided_at = |evidence: &Evidence| {
                let by_sandbox = current.reference.is_none() && sandbox::dispute_decision(evidence).is_some();
                by_sandbox.then(|| self.now.plus_ms(sandbox::DECIDES_AFTER_MS))
            };
            let next = current.changed(&update, decided_at, self.now, &self.request);
            Ok(next.map_err(Refusal::from)?)
        })
        .await
    }

    /// Accepts a dispute: it is lost, and an inquiry is closed.
    pub async fn accept_dispute(
        &self,
        id: DisputeId,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<Dispute>, Error> {
        self.change(&id.to_string(), "accept_dispute", idempotency, |current: &Dispute| {
            Ok(current.accepted(self.now, &self.request).map_err(Refusal::from)?)
        })
        .await
    }

    /// Lists disputes, newest first. Those of a payment that the sandbox disputes are read by their ids: a test asks for
    /// them as soon as it has paid, and the stream opens them a moment later.
    pub async fn list_disputes(&self, filter: DisputeFilter) -> Result<Page<Dispute>, Error> {
        let tenant = self.tenant().await?;
        if let (Some(payment), Mode::Test, None, None) = (
            filter.payment,
            tenant.mode,
            filter.page_request.starting_after,
            filter.page_request.ending_before,
        ) {
            let ids = self.ids_of_sandbox_disputes(tenant, payment).await?;
            if !ids.is_empty() {
                return self.list_opening(tenant, &ids, &filter).await;
            }
        }
        let mut query = self.query_of::<Dispute, _>(tenant, filter.page_request).await?;
        query.created_from = filter.created_from;
        query.created_to = filter.created_to;
        if let Some(payment) = filter.payment {
            query = query.of_payment(tenant, payment);
        }
        match filter.status {
            None => Ok(self.store.list(tenant, &query, None).await?),
            Some(status) => {
                let keep = move |dispute: &Dispute| dispute.status == status;
                Ok(self.store.list(tenant, &query, Some(&keep)).await?)
            }
        }
    }

    /// The ids of the disputes that the sandbox opens for a payment, or has opened.
    async fn ids_of_sandbox_disputes(
        &self,
        tenant: Tenant,
        payment: PaymentId,
    ) -> Result<Vec<DisputeId>, Error> {
        let payment: Option<Payment> = self.store.get(tenant, &payment.to_string()).await?;
        Ok(payment.map_or_else(Vec::new, |payment| sandbox_dispute_ids(tenant, &payment)))
    }

    /// Reads disputes that may only be opening: it waits a little for them.
    async fn list_opening(
        &self,
        tenant: Tenant,
        ids: &[DisputeId],
        filter: &DisputeFilter,
    ) -> Result<Page<Dispute>, Error> {
        let mut items: Vec<Dispute> = Vec::new();
        for tried in 0..OPENING_TRIES_MAX {
            if tried > 0 {
                tokio::time::sleep(OPENING_WAIT).await;
            }
            let read = ids.iter().map(|id| async move { self.store.get(tenant, &id.to_string()).await });
            let found: Vec<Option<Dispute>> = try_join_all(read).await?;
            items = found.into_iter().flatten().collect();
            if items.len() == ids.len() {
                break;
            }
        }
        items.sort_by_key(|dispute| std::cmp::Reverse((dispute.created, dispute.id.to_string())));
        items.retain(|dispute| {
            filter.status.is_none_or(|status| dispute.status == status)
                && is_created_within(dispute.created, filter.created_from, filter.created_to)
        });
        items.truncate(filter.page_request.limit);
        Ok(Page { items, next: None })
    }
}
