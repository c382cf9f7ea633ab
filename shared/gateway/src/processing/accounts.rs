//! Merchants' accounts with processors.

use std::sync::Arc;

use tollgate_domain::{Payment, Refusal, Tenant, Timestamp};
use tollgate_processors::{Account, AnyProcessor};
use tollgate_store::ProcessorAccount;

use super::processors::Processors;
use crate::{error::Error, gateway::Gateway, worker::Worker};

impl Gateway {
    /// The processors, for functions that have the vault's key.
    pub(crate) fn processors(&self) -> Result<&Processors, Error> {
        let processors = self.processors.as_deref();
        processors.ok_or_else(|| Error::Internal("this function has no key to the vault".into()))
    }

    /// When to query the processor about a request that is sent now. Attempt number, starting at 1.
    pub(crate) fn ask_at(&self, attempt: u32) -> Result<Timestamp, Error> {
        Ok(self.now().plus_ms(self.processors()?.ask_after_ms(attempt)))
    }

    /// The processor of a payment, with the account that charged it. One read of 1 unit, and one more if
    /// another account has replaced that one.
    pub(crate) async fn processor_of(
        &self,
        tenant: Tenant,
        payment: &Payment,
    ) -> Result<AnyProcessor, Error> {
        let charge = payment.processor_charge.as_ref();
        let charge =
            charge.ok_or_else(|| Error::Internal(format!("payment {} has no processor", payment.id)))?;
        let processor = charge.processor;
        let mut stored = self.store.get_processor_account(tenant, processor).await?;
        if let Some(account) = &charge.account
            && stored.as_ref().is_none_or(|stored| stored.merchant_id != *account)
        {
            stored = self.store.get_former_processor_account(tenant, processor, account).await?;
        }
        let stored = stored.ok_or(Refusal::ProcessorNotConfigured)?;
        let processors = self.processors()?;
        let secret = processors.open_text(self.now(), &stored.key(tenant), &stored.secret).await?;
        let account = Account {
            processor,
            base_url: stored.base_url,
            merchant_id: stored.merchant_id,
            key_id: stored.key_id,
            secret,
        };
        let clock = self.clock.clone();
        Ok(AnyProcessor::new(account, processors.client()?, Arc::new(move || clock.now())))
    }
}

impl Worker {
    /// Stores a merchant's account with a processor, with its secret encrypted. It replaces the current one.
    /// If that is another account, it is kept for the payments it charged.
    pub(crate) async fn set_processor_account(&self, tenant: Tenant, account: &Account) -> Result<(), Error> {
        let current = self.store().get_processor_account(tenant, account.processor).await?;
        if let Some(current) = current.filter(|current| current.merchant_id != account.merchant_id) {
            self.keep_former_account(tenant, current).await?;
        }
        let mut stored = ProcessorAccount {
            processor: account.processor,
            base_url: account.base_url.clone(),
            merchant_id: account.merchant_id.clone(),
            key_id: account.key_id.clone(),
            secret: String::new(),
            created: self.now(),
            former: false,
        };
        stored.secret = self.seal(&stored.key(tenant), account.secret.as_bytes()).await?;
        Ok(self.writer().put_processor_account(tenant, &stored).await?)
    }

    async fn keep_former_account(&self, tenant: Tenant, account: ProcessorAccount) -> Result<(), Error> {
        let processors = self.processors()?;
        let secret = processors
            .vault()
            .open(self.now(), &account.key(tenant), &account.secret)
            .await
            .map_err(|e| Error::Internal(e.to_string()))?;
        let mut former = ProcessorAccount { former: true, ..account };
        former.secret = self.seal(&former.key(tenant), &secret).await?;
        Ok(self.writer().put_processor_account(tenant, &former).await?)
    }

    pub(crate) async fn seal(&self, place: &str, secret: &[u8]) -> Result<String, Error> {
        let vault = self.processors()?.vault();
        vault
            .seal(self.entropy.as_ref(), self.now(), place, secret)
            .await
            .map_err(|e| Error::Internal(e.to_string()))
    }
}
