//! Connected accounts: other merchants that a merchant pays out to.
//!
//! The merchant that pays names the other one by its id, which the other one told it. The other one accepts with its own
//! key, and its request finds the first one's item by the two ids and the mode. Nothing is written among the other
//! merchant's items, and a merchant that nobody named finds nothing.

use serde_json::Value;
use tollgate_domain::{
    ConnectedAccount, Fingerprint, MerchantId, Metadata, Refusal, Resource, Tenant, Timestamp, id,
    payout::PayoutRefusal,
};
use tollgate_store::{Page, Put};

use crate::{
    call::Call,
    conflict_retry::{Write, retry_conflicts},
    error::Error,
    idempotency::{
        idempotent::{Idempotency, Idempotent},
        resource::IdempotentResource,
    },
    pagination::PageRequest,
};

/// Which connected accounts to list.
#[derive(Clone, Debug)]
pub struct AccountFilter {
    /// The page.
    pub page_request: PageRequest<id::MerchantKind>,
    /// Only those created at this time or later.
    pub created_from: Option<Timestamp>,
    /// Only those created at this time or earlier.
    pub created_to: Option<Timestamp>,
}

impl IdempotentResource for ConnectedAccount {
    const RESOURCE: Resource = Resource::Account;
    /// A create is repeated by what it names; its answers are kept in an idempotency record.
    fn fingerprint(&self) -> Option<&Fingerprint> {
        None
    }
}

impl Call {
    /// Asks another merchant for its consent. What was asked for before stays as it is, and is the answer.
    pub async fn connect_account(
        &self,
        other: MerchantId,
        metadata: &Metadata,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<ConnectedAccount>, Error> {
        let tenant = self.tenant().await?;
        if other == tenant.merchant {
            return Err(Refusal::from(PayoutRefusal::OwnAccount).into());
        }
        let work = async {
            let account = ConnectedAccount::request(other, metadata.clone(), self.now, &self.request);
            let writer = self.admitted().await?.writer();
            Ok(match writer.create(tenant, &account).await? {
                Put::Created => account,
                Put::Exists(existing) => existing,
            })
        };
        Box::pin(self.run_idempotent("accounts", idempotency, work)).await
    }

    /// Accepts that another merchant pays to this one; returns this merchant's account as the other one has it.
    pub async fn accept_connection(
        &self,
        payer: MerchantId,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<ConnectedAccount>, Error> {
        let tenant = self.tenant().await?;
        let payers = Tenant { merchant: payer, mode: tenant.mode };
        let id = tenant.merchant.to_string();
        let work = retry_conflicts(tenant.merchant, (), |()| {
            let id = &id;
            async move {
                let asked: Option<ConnectedAccount> = self.store.get(payers, id).await?;
                let asked = asked.ok_or(Refusal::NotFound(Resource::Account))?;
                let Some(accepted) = asked.accept(self.now) else { return Ok(Write::Done(asked)) };
                let writer = self.admitted().await?.writer();
                Ok::<_, Error>(match Write::after(writer.replace(payers, &accepted).await?, accepted) {
                    Write::Done(accepted) => Write::Done(accepted),
                    Write::Conflict(_) => Write::Conflict(()),
                })
            }
        });
        Box::pin(self.run_idempotent(&format!("accounts/{payer}/accept"), idempotency, work)).await
    }

    /// Reads a connected account. One round trip in a warm function.
    pub async fn retrieve_connected_account(&self, id: MerchantId) -> Result<ConnectedAccount, Error> {
        let tenant = self.tenant().await?;
        let account = self.store.get(tenant, &id.to_string()).await?;
        Ok(account.ok_or(Refusal::NotFound(Resource::Account))?)
    }

    /// Updates a connected account's metadata, as [`Metadata::updated`] and [`Call::change`] do.
    pub async fn update_connected_account(
        &self,
        id: MerchantId,
        changes: Option<&Value>,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<ConnectedAccount>, Error> {
        self.change(&id.to_string(), "update", idempotency, |current: &ConnectedAccount| {
            let metadata = current.metadata.updated(changes).map_err(Refusal::from)?;
            Ok(current.with_metadata(metadata, self.now, &self.request))
        })
        .await
    }

    /// Lists connected accounts, newest first.
    pub async fn list_connected_accounts(
        &self,
        filter: AccountFilter,
    ) -> Result<Page<ConnectedAccount>, Error> {
        let tenant = self.tenant().await?;
        let mut query = self.query_of::<ConnectedAccount, _>(tenant, filter.page_request).await?;
        query.created_from = filter.created_from;
        query.created_to = filter.created_to;
        Ok(self.store.list(tenant, &query, None).await?)
    }
}
