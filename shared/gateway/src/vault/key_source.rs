//! `KeySource`: where the vault reads the versions of its key.

use futures_util::future::BoxFuture;
use tollgate_store::{Secrets, StoreError};
use zeroize::Zeroizing;

/// Where the vault reads the versions of its key.
pub trait KeySource: Send + Sync {
    /// The text of the vault's secret.
    fn read(&self) -> BoxFuture<'_, Result<Zeroizing<String>, StoreError>>;
}

/// A secret of Secrets Manager, by its name or ARN.
#[derive(Clone, Debug)]
pub struct VaultSecret {
    /// The service's client.
    pub secrets: Secrets,
    /// The name or ARN.
    pub id: String,
}

impl KeySource for VaultSecret {
    fn read(&self) -> BoxFuture<'_, Result<Zeroizing<String>, StoreError>> {
        Box::pin(self.secrets.get(&self.id))
    }
}
