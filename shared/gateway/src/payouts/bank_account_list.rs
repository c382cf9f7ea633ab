//! Bank accounts: retrieve and list.

use tollgate_domain::{BankAccount, BankAccountId, Currency, Refusal, Resource, id};
use tollgate_store::Page;

use super::sandbox_account;
use crate::{call::Call, error::Error, pagination::PageRequest};

impl Call {
    /// Reads a bank account. One round trip in a warm function.
    pub async fn retrieve_bank_account(&self, id: BankAccountId) -> Result<BankAccount, Error> {
        let tenant = self.tenant().await?;
        let account: Option<BankAccount> = self.store.get(tenant, &id.to_string()).await?;
        Ok(account.filter(|account| !account.deleted).ok_or(Refusal::NotFound(Resource::BankAccount))?)
    }

    /// Reads the bank account of a payout in this currency, even one that was deleted. The sandbox's is not read.
    pub async fn retrieve_destination(
        &self,
        id: BankAccountId,
        currency: Currency,
    ) -> Result<BankAccount, Error> {
        let tenant = self.tenant().await?;
        if let Some(account) = sandbox_account::account(tenant, id, currency) {
            return Ok(account);
        }
        let account: Option<BankAccount> = self.store.get(tenant, &id.to_string()).await?;
        Ok(account.ok_or(Refusal::NotFound(Resource::BankAccount))?)
    }

    /// Lists bank accounts, newest first.
    pub async fn list_bank_accounts(
        &self,
        page_request: PageRequest<id::BankAccountKind>,
    ) -> Result<Page<BankAccount>, Error> {
        let tenant = self.tenant().await?;
        let query = self.query_of::<BankAccount, _>(tenant, page_request).await?;
        Ok(self.store.list(tenant, &query, None).await?)
    }
}
