//! Providers: what it takes to reach them, and the accounts that merchants have with them.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tollgate_domain::{Payment, PaymentId, ProcessorKind, RefundId, Refusal, Tenant, Timestamp};
use tollgate_processors::{Account, AnyProcessor, Client};
use tollgate_store::{ProcessorAccount, Secrets, StoreError};

use crate::{
    Gateway, Worker,
    error::Error,
    vault::{Vault, VaultSecret},
};

/// How long a processor may take to answer, in milliseconds, unless set otherwise.
const DEFAULT_TIMEOUT_MS: u64 = 8000;
/// How far `CyberSource`'s search may lag behind what was done, in milliseconds: 25 minutes. Its reference says of a
/// transaction that is not found: ask again five minutes later, five times at most.
const CYBERSOURCE_LOOK_UP_LAG_MS: u64 = 25 * 60 * 1000;
/// The same of MPGS, whose orders are read where they are written; its reference names no lag. A minute.
const MPGS_LOOK_UP_LAG_MS: u64 = 60 * 1000;
/// A request that was not answered has arrived after so many timeouts, or never will.
const ARRIVES_WITHIN_TIMEOUTS: i64 = 4;
/// The longest wait between two questions about one payment, in milliseconds: an hour.
const ASK_MS_MAX: i64 = 60 * 60 * 1000;

/// What it takes to reach processors.
#[derive(Debug)]
pub struct Processors {
    vault: Vault,
    timeout_ms: u64,
    /// In place of what the processors' references say.
    look_up_lag_ms: Option<u64>,
    client: OnceLock<Client>,
}

impl Processors {
    /// Providers that are given `timeout_ms` milliseconds to answer.
    pub fn new(vault: Vault, timeout_ms: u64) -> Self {
        Self { vault, timeout_ms, look_up_lag_ms: None, client: OnceLock::new() }
    }

    /// The same, whose look-ups show what was done after so many milliseconds at the latest, whatever the processors'
    /// references say: for simulators.
    #[must_use]
    pub fn with_look_up_lag_ms(self, look_up_lag_ms: Option<u64>) -> Self {
        Self { look_up_lag_ms, ..self }
    }

    /// Reads `TOLLGATE_PROCESSOR_TIMEOUT_MS` and `TOLLGATE_PROCESSOR_LOOK_UP_LAG_MS`, and the secret that
    /// `TOLLGATE_VAULT_SECRET_ARN` names; `None` for a function that is given no secret.
    pub(crate) async fn from_environment(
        secrets: &Secrets,
        now: Timestamp,
    ) -> Result<Option<Self>, StoreError> {
        let Some(id) = std::env::var("TOLLGATE_VAULT_SECRET_ARN").ok().filter(|id| !id.is_empty()) else {
            return Ok(None);
        };
        let ms = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
        let timeout_ms = ms("TOLLGATE_PROCESSOR_TIMEOUT_MS").unwrap_or(DEFAULT_TIMEOUT_MS);
        let secrets = secrets.clone();
        let vault = Vault::open_with(Box::new(VaultSecret { secrets, id }), now).await?;
        let processors = Self::new(vault, timeout_ms);
        Ok(Some(processors.with_look_up_lag_ms(ms("TOLLGATE_PROCESSOR_LOOK_UP_LAG_MS"))))
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Milliseconds after which a request has arrived or never will.
    fn arrives_within_ms(&self) -> i64 {
        let timeout_ms = i64::try_from(self.timeout_ms).unwrap_or(ASK_MS_MAX);
        timeout_ms.saturating_mul(ARRIVES_WITHIN_TIMEOUTS)
    }

    /// Milliseconds after which an answer that did not come is asked about, for the `attempt`-th time, from 1.
    pub(crate) fn ask_after_ms(&self, attempt: u32) -> i64 {
        self.arrives_within_ms().saturating_mul(1 << attempt.saturating_sub(1).min(12)).min(ASK_MS_MAX)
    }

    /// Milliseconds after a request from which on a look-up that shows nothing of it proves that it did nothing.
    pub(crate) fn settle_ms(&self, processor: ProcessorKind) -> i64 {
        let lag_ms = self.look_up_lag_ms.unwrap_or(match processor {
            ProcessorKind::CyberSource => CYBERSOURCE_LOOK_UP_LAG_MS,
            ProcessorKind::Mpgs => MPGS_LOOK_UP_LAG_MS,
        });
        let lag_ms = i64::try_from(lag_ms).unwrap_or(i64::MAX);
        self.arrives_within_ms().saturating_add(lag_ms)
    }

    /// The client is made on first use: most requests of most functions never need it.
    fn client(&self) -> Result<Client, Error> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let client = Client::new(Duration::from_millis(self.timeout_ms))
            .map_err(|e| Error::Internal(e.to_string()))?;
        Ok(self.client.get_or_init(|| client).clone())
    }
}

/// Under what the processor knows a payment.
pub(crate) fn payment_reference(id: PaymentId) -> String {
    id.uuid().to_string()
}

/// Under what the processor knows a refund.
pub(crate) fn refund_reference(id: RefundId) -> String {
    id.uuid().to_string()
}

/// The place that a payment's card is sealed for.
pub(crate) fn card_place(tenant: Tenant, id: PaymentId) -> String {
    format!("{tenant}PAY#{id}")
}

impl Gateway {
    pub(crate) fn processors(&self) -> Result<&Processors, Error> {
        let processors = self.processors.as_deref();
        processors.ok_or_else(|| Error::Internal("this function has no key to the vault".into()))
    }

    /// When what is sent now is asked about, for the `attempt`-th time, from 1.
    pub(crate) fn ask_at(&self, attempt: u32) -> Result<Timestamp, Error> {
        Ok(self.now().plus_ms(self.processors()?.ask_after_ms(attempt)))
    }

    /// The way to the processor of a payment, with the account that took it. One read of 1 unit, and one more where another
    /// account has taken that one's place.
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
        let secret = processors
            .vault
            .open(self.now(), &stored.key(tenant), &stored.secret)
            .await
            .map_err(|e| Error::Internal(e.to_string()))?;
        let secret = String::from_utf8(secret.to_vec()).map_err(|e| Error::Internal(e.to_string()))?;
        let account = Account {
            processor,
            base_url: stored.base_url,
            merchant_id: stored.merchant_id,
            key_id: stored.key_id,
            secret: secret.into(),
        };
        let clock = self.clock.clone();
        Ok(AnyProcessor::new(account, processors.client()?, Arc::new(move || clock.now())))
    }
}

impl Worker {
    /// Records a merchant's account with a processor, its secret sealed. It takes the place of the one there is; if that is
    /// another one of the processor's, it is kept for what it took.
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
            .vault
            .open(self.now(), &account.key(tenant), &account.secret)
            .await
            .map_err(|e| Error::Internal(e.to_string()))?;
        let mut former = ProcessorAccount { former: true, ..account };
        former.secret = self.seal(&former.key(tenant), &secret).await?;
        Ok(self.writer().put_processor_account(tenant, &former).await?)
    }

    async fn seal(&self, place: &str, secret: &[u8]) -> Result<String, Error> {
        let vault = &self.processors()?.vault;
        vault
            .seal(self.entropy.as_ref(), self.now(), place, secret)
            .await
            .map_err(|e| Error::Internal(e.to_string()))
    }
}
