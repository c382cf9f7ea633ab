//! Transfers, which other merchants paid out to this one, and adjustments, which the operator booked.

use tollgate_domain::{Adjustment, AdjustmentId, Refusal, Resource, Timestamp, Transfer, TransferId, id};
use tollgate_store::Page;

use crate::{call::Call, error::Error, pagination::PageRequest};

/// Which transfers to list.
#[derive(Clone, Debug)]
pub struct TransferFilter {
    /// The page.
    pub page_request: PageRequest<id::TransferKind>,
    /// Only those created at this time or later.
    pub created_from: Option<Timestamp>,
    /// Only those created at this time or earlier.
    pub created_to: Option<Timestamp>,
}

impl Call {
    /// Reads a transfer. One round trip in a warm function.
    pub async fn retrieve_transfer(&self, id: TransferId) -> Result<Transfer, Error> {
        let tenant = self.tenant().await?;
        let transfer = self.store.get(tenant, &id.to_string()).await?;
        Ok(transfer.ok_or(Refusal::NotFound(Resource::Transfer))?)
    }

    /// Reads an adjustment. One round trip in a warm function.
    pub async fn retrieve_adjustment(&self, id: AdjustmentId) -> Result<Adjustment, Error> {
        let tenant = self.tenant().await?;
        let adjustment = self.store.get(tenant, &id.to_string()).await?;
        Ok(adjustment.ok_or(Refusal::NotFound(Resource::BalanceTransaction))?)
    }

    /// Lists transfers, newest first.
    pub async fn list_transfers(&self, filter: TransferFilter) -> Result<Page<Transfer>, Error> {
        let tenant = self.tenant().await?;
        let mut query = self.query_of::<Transfer, _>(tenant, filter.page_request).await?;
        query.created_from = filter.created_from;
        query.created_to = filter.created_to;
        Ok(self.store.list(tenant, &query, None).await?)
    }
}
