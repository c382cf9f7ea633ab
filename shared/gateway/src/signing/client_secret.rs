//! Client secrets: a payer's page shows one to prove that an intent is its own.

use tollgate_domain::{PaymentId, Tenant};

use crate::{error::Error, gateway::Gateway};

/// What client secrets are signed as.
const PURPOSE: &str = "client-secret";

impl Gateway {
    /// The client secret of a payment: `pi_…_secret_…`.
    pub fn client_secret(&self, tenant: Tenant, id: PaymentId) -> Result<String, Error> {
        let claim = format!("{tenant}{id}");
        let signature = self.signer()?.sign(PURPOSE, claim.as_bytes());
        Ok(format!("{}_secret_{}", id.to_prefixed("pi_"), hex::encode(signature)))
    }

    /// Whether a text is the client secret of this payment. Takes constant time.
    pub(crate) fn is_client_secret(&self, tenant: Tenant, id: PaymentId, text: &str) -> Result<bool, Error> {
        let prefix = format!("{}_secret_", id.to_prefixed("pi_"));
        // Only lower-case hex is valid, so that each secret has exactly one spelling.
        let hex = text.strip_prefix(&prefix).filter(|text| !text.bytes().any(|b| b.is_ascii_uppercase()));
        let signature = hex.and_then(|text| hex::decode(text).ok());
        let claim = format!("{tenant}{id}");
        let signer = self.signer()?;
        Ok(signature.is_some_and(|signature| signer.verify(PURPOSE, claim.as_bytes(), &signature)))
    }
}
