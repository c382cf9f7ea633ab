//! Payouts: retrieve, list, update, cancel.

use tollgate_domain::{
    Fingerprint, Payout, PayoutId, Refusal, Resource, Timestamp, id,
    payout::{PayoutDestination, PayoutRefusal, PayoutStatus},
};
use tollgate_store::Page;

use super::settle::settle;
use crate::{
    call::Call,
    conflict_retry::{Write, retry_conflicts},
    error::Error,
    idempotency::{
        idempotent::{Idempotency, Idempotent},
        resource::{IdempotentResource, earlier_answer, remember},
    },
    pagination::PageRequest,
};

/// Which payouts to list.
#[derive(Clone, Debug)]
pub struct PayoutFilter {
    /// The page.
    pub page_request: PageRequest<id::PayoutKind>,
    /// Only those to this bank account or connected account.
    pub destination: Option<PayoutDestination>,
    /// Only those in this status.
    pub status: Option<PayoutStatus>,
    /// Only those expected to arrive at this time or later.
    pub arrival_from: Option<Timestamp>,
    /// Only those expected to arrive at this time or earlier.
    pub arrival_to: Option<Timestamp>,
    /// Only those created at this time or later.
    pub created_from: Option<Timestamp>,
    /// Only those created at this time or earlier.
    pub created_to: Option<Timestamp>,
}

impl PayoutFilter {
    /// Whether it drops some of the payouts that its query reads.
    const fn drops(&self) -> bool {
        self.status.is_some() || self.arrival_from.is_some() || self.arrival_to.is_some()
    }

    fn keeps(&self, payout: &Payout) -> bool {
        self.status.is_none_or(|status| payout.status == status)
            && self.arrival_from.is_none_or(|from| payout.arrival_date >= from)
            && self.arrival_to.is_none_or(|to| payout.arrival_date <= to)
    }
}

impl IdempotentResource for Payout {
    const RESOURCE: Resource = Resource::Payout;
    fn fingerprint(&self) -> Option<&Fingerprint> {
        self.fingerprint.as_ref()
    }
}

impl Call {
    /// Reads a payout. One round trip in a warm function.
    pub async fn retrieve_payout(&self, id: PayoutId) -> Result<Payout, Error> {
        let tenant = self.tenant().await?;
        let payout = self.store.get(tenant, &id.to_string()).await?;
        Ok(payout.ok_or(Refusal::NotFound(Resource::Payout))?)
    }

    /// Lists payouts, newest first.
    pub async fn list_payouts(&self, filter: PayoutFilter) -> Result<Page<Payout>, Error> {
        let tenant = self.tenant().await?;
        let mut query = self.query_of::<Payout, _>(tenant, filter.page_request).await?;
        query.created_from = filter.created_from;
        query.created_to = filter.created_to;
        if let Some(destination) = filter.destination {
            query = query.of_destination(tenant, destination);
        }
        let keep = |payout: &Payout| filter.keeps(payout);
        Ok(self.store.list(tenant, &query, filter.drops().then_some(&keep as _)).await?)
    }

    /// Updates a payout's metadata, as [`Metadata::updated`](tollgate_domain::Metadata::updated) and
    /// [`Call::change`] do.
    pub async fn update_payout(
        &self,
        id: PayoutId,
        changes: Option<&serde_json::Value>,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<Payout>, Error> {
        self.change(&id.to_string(), "update", idempotency, |current: &Payout| {
            let metadata = current.metadata.updated(changes).map_err(Refusal::from)?;
            Ok(current.with_metadata(metadata, self.now, &self.request))
        })
        .await
    }

    /// Cancels a pending payout, whose money is available again. A payout in transit was recorded before the rail got
    /// it, so it cannot be canceled.
    pub async fn cancel_payout(
        &self,
        id: PayoutId,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<Payout>, Error> {
        let tenant = self.tenant().await?;
        retry_conflicts(id, (), |()| async move {
            let payout: Option<Payout> = self.store.get(tenant, &id.to_string()).await?;
            let current = payout.ok_or(Refusal::NotFound(Resource::Payout))?;
            if let Some(answer) = earlier_answer(&current, "cancel", idempotency)? {
                return Ok(Write::Done(Idempotent::replay(answer, self.authorized().await?)));
            }
            let canceled = current.canceled(self.now, &self.request);
            let mut next = canceled.map_err(|status| Refusal::from(PayoutRefusal::from(status)))?;
            remember(&mut next, "cancel", idempotency);
            let writer = self.admitted().await?.writer();
            Ok(match settle(writer, tenant, &next).await? {
                Write::Done(()) => Write::Done(Idempotent::new(next)),
                Write::Conflict(()) => Write::Conflict(()),
            })
        })
        .await
    }
}
