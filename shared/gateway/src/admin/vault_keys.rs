//! Rotating the vault's key: a version is added and promoted, stored texts are sealed again, the old version
//! is retired.

use tollgate_domain::Timestamp;
use zeroize::Zeroizing;

use super::{
    operator::{Admin, AdminError},
    reseal::Resealed,
};
use crate::{
    error::Error,
    vault::{
        key_source::{KeySource, VaultSecret},
        key_versions::{BadVaultKeys, VaultKeys},
    },
};

/// Pages of the table that one count reads: enough for a billion items.
const COUNT_PAGES_MAX: usize = 1_000_000;

fn refused(error: &BadVaultKeys) -> AdminError {
    AdminError::Vault(error.to_string())
}

fn failed(error: Error) -> AdminError {
    match error {
        Error::Store(error) => AdminError::Store(error),
        other => AdminError::Vault(other.to_string()),
    }
}

impl Admin {
    fn clock_now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// The versions of the vault's key.
    pub async fn vault_keys(&self, secret: &VaultSecret) -> Result<VaultKeys, AdminError> {
        VaultKeys::parse(&secret.read().await?).map_err(|e| refused(&e))
    }

    /// Adds a version, which only opens. The secret has no conditional write: run it by one operator at a
    /// time.
    pub async fn add_vault_key(&self, secret: &VaultSecret) -> Result<VaultKeys, AdminError> {
        let text = Zeroizing::new(hex::encode(self.0.random_bytes::<32>()));
        let keys = self.vault_keys(secret).await?;
        let next = keys.added(text, self.clock_now()).map_err(|e| refused(&e))?;
        secret.secrets.put(&secret.id, &next.text()).await?;
        Ok(next)
    }

    /// Promotes the added version: from now on it seals.
    pub async fn promote_vault_key(
        &self,
        secret: &VaultSecret,
        at_once: bool,
    ) -> Result<VaultKeys, AdminError> {
        let keys = self.vault_keys(secret).await?;
        let next = keys.promoted(self.clock_now(), at_once).map_err(|e| refused(&e))?;
        secret.secrets.put(&secret.id, &next.text()).await?;
        Ok(next)
    }

    /// Retires an old version. Scans the whole table first and refuses if a stored text needs the version.
    pub async fn retire_vault_key(
        &self,
        secret: &VaultSecret,
        version: u32,
    ) -> Result<VaultKeys, AdminError> {
        let keys = self.vault_keys(secret).await?;
        let next = keys.retired(version, self.clock_now()).map_err(|e| refused(&e))?;
        let counted = self.0.reseal(None, COUNT_PAGES_MAX, true).await.map_err(failed)?;
        let left = counted.found.get(&version).copied().unwrap_or_default();
        if left > 0 || counted.next.is_some() {
            return Err(AdminError::Vault(format!(
                "{left} texts are still sealed with version {version}: run `reseal` first"
            )));
        }
        secret.secrets.put(&secret.id, &next.text()).await?;
        Ok(next)
    }

    /// Seals stored texts again with the current version: up to `pages` pages of the table after `after`.
    pub async fn reseal(&self, after: Option<String>, pages: usize) -> Result<Resealed, AdminError> {
        self.0.reseal(after, pages, false).await.map_err(failed)
    }
}
