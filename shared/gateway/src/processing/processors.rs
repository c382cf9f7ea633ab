//! `Processors`: timeouts, the vault and the HTTP client that requests to processors use.

use std::{sync::OnceLock, time::Duration};

use tollgate_domain::{ProcessorKind, Timestamp};
use tollgate_processors::Client;
use tollgate_store::{Secrets, StoreError};
use zeroize::Zeroizing;

use crate::{
    error::Error,
    vault::{cipher::Vault, key_source::VaultSecret},
};

/// Timeout of a request to a processor, in milliseconds, unless set otherwise.
pub const TIMEOUT_DEFAULT_MS: u64 = 8000;
/// How far `CyberSource`'s search may lag behind its transactions, in milliseconds: 25 minutes. Its reference
/// says to repeat a search that finds nothing after five minutes, five times at most.
const CYBERSOURCE_LOOK_UP_LAG_MS: u64 = 25 * 60 * 1000;
/// How far MPGS's orders may lag, in milliseconds: a minute. They are read where they are written; its
/// reference names no lag.
const MPGS_LOOK_UP_LAG_MS: u64 = 60 * 1000;
/// Timeouts to wait before querying the processor about an unanswered request: by then it has arrived or
/// never will.
const ARRIVES_WITHIN_TIMEOUTS: i64 = 4;
/// The longest wait between two queries about one payment, in milliseconds: an hour.
const ASK_MS_MAX: i64 = 60 * 60 * 1000;

/// The timeouts, the vault and the HTTP client that requests to processors use.
#[derive(Debug)]
pub struct Processors {
    vault: Vault,
    timeout_ms: u64,
    /// Replaces the lags of the processors' references.
    look_up_lag_ms: Option<u64>,
    client: OnceLock<Client>,
}

impl Processors {
    /// Requests time out after `timeout_ms` milliseconds.
    pub fn new(vault: Vault, timeout_ms: u64) -> Self {
        Self { vault, timeout_ms, look_up_lag_ms: None, client: OnceLock::new() }
    }

    /// The same with another lag of status queries, in milliseconds, than the processors' references say: for
    /// simulators.
    #[must_use]
    pub fn with_look_up_lag_ms(self, look_up_lag_ms: Option<u64>) -> Self {
        Self { look_up_lag_ms, ..self }
    }

    /// Reads `TOLLGATE_PROCESSOR_TIMEOUT_MS` and `TOLLGATE_PROCESSOR_LOOK_UP_LAG_MS`, and the secret that
    /// `TOLLGATE_VAULT_SECRET_ARN` names. `None` for a function without the secret.
    pub(crate) async fn from_environment(
        secrets: &Secrets,
        now: Timestamp,
    ) -> Result<Option<Self>, StoreError> {
        let Some(id) = std::env::var("TOLLGATE_VAULT_SECRET_ARN").ok().filter(|id| !id.is_empty()) else {
            return Ok(None);
        };
        let ms = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
        let timeout_ms = ms("TOLLGATE_PROCESSOR_TIMEOUT_MS").unwrap_or(TIMEOUT_DEFAULT_MS);
        let secrets = secrets.clone();
        let vault = Vault::open_with(Box::new(VaultSecret { secrets, id }), now).await?;
        let processors = Self::new(vault, timeout_ms);
        Ok(Some(processors.with_look_up_lag_ms(ms("TOLLGATE_PROCESSOR_LOOK_UP_LAG_MS"))))
    }

    /// The vault.
    pub(crate) fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Opens a sealed text.
    pub(crate) async fn open_text(
        &self,
        now: Timestamp,
        place: &str,
        sealed: &str,
    ) -> Result<Zeroizing<String>, Error> {
        let plain = self.vault.open(now, place, sealed).await;
        let plain = plain.map_err(|e| Error::Internal(e.to_string()))?;
        let text =
            String::from_utf8(plain.to_vec()).map_err(|e| Error::Internal(e.utf8_error().to_string()))?;
        Ok(text.into())
    }

    /// Milliseconds after which a request has arrived or never will.
    fn arrives_within_ms(&self) -> i64 {
        let timeout_ms = i64::try_from(self.timeout_ms).unwrap_or(ASK_MS_MAX);
        timeout_ms.saturating_mul(ARRIVES_WITHIN_TIMEOUTS)
    }

    /// Milliseconds to wait before querying the processor about an unanswered request. Attempt number,
    /// starting at 1; the wait doubles with each attempt.
    pub(crate) fn ask_after_ms(&self, attempt: u32) -> i64 {
        self.arrives_within_ms().saturating_mul(1 << attempt.saturating_sub(1).min(12)).min(ASK_MS_MAX)
    }

    /// Milliseconds after which a request has settled: a status query that shows nothing then proves that it
    /// took no effect.
    pub(crate) fn settle_ms(&self, processor: ProcessorKind) -> i64 {
        let lag_ms = self.look_up_lag_ms.unwrap_or(match processor {
            ProcessorKind::CyberSource => CYBERSOURCE_LOOK_UP_LAG_MS,
            ProcessorKind::Mpgs => MPGS_LOOK_UP_LAG_MS,
        });
        let lag_ms = i64::try_from(lag_ms).unwrap_or(i64::MAX);
        self.arrives_within_ms().saturating_add(lag_ms)
    }

    /// The HTTP client, created on first use: most requests of most functions never need it.
    pub(super) fn client(&self) -> Result<Client, Error> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let client = Client::new(Duration::from_millis(self.timeout_ms))
            .map_err(|e| Error::Internal(e.to_string()))?;
        Ok(self.client.get_or_init(|| client).clone())
    }
}
