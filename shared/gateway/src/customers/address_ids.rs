//! `AddressIds`: customer ids derived from e-mail addresses.

use tollgate_domain::{CustomerId, Tenant};
use tollgate_store::{Secrets, StoreError};

use crate::signing::signer::Signer;

/// Derives the id of the customer that the first payment with an e-mail address creates. The next payment
/// with the address reads that customer and the address's owner concurrently.
///
/// The ids are keyed with a separate secret, because they outlive their customers: without the secret, an id
/// cannot be traced to an address by trial. The secret is never rotated. With another one, the customer is
/// read after the owner of the address.
#[derive(Clone)]
pub struct AddressIds(Signer);

impl std::fmt::Debug for AddressIds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AddressIds(…)")
    }
}

impl AddressIds {
    /// Ids keyed with this secret.
    pub fn new(secret: &[u8]) -> Self {
        Self(Signer::new(secret))
    }

    /// Reads the secret that `TOLLGATE_IDENTITY_SECRET_ARN` names. `None` for a function without it.
    pub(crate) async fn from_environment(secrets: &Secrets) -> Result<Option<Self>, StoreError> {
        let secret = secrets.named_by("TOLLGATE_IDENTITY_SECRET_ARN").await?;
        Ok(secret.map(|secret| Self::new(secret.as_bytes())))
    }

    /// A digest of a merchant's bank account, equal for the same account: it cannot be traced to a number by trial.
    pub(crate) fn of_bank_account(&self, tenant: Tenant, bank: &str, number: &str) -> String {
        let claim = format!("{tenant}{bank}#{number}");
        hex::encode(&self.0.derive("bank-account", claim.as_bytes())[..8])
    }

    /// The id of the customer that the first payment with an address creates. The address's case does not
    /// matter.
    pub(crate) fn of(&self, tenant: Tenant, email: &str) -> CustomerId {
        let claim = format!("{tenant}{}", email.to_lowercase());
        let digest = self.0.derive("customer-of-address", claim.as_bytes());
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        CustomerId::from_bytes(id)
    }
}

#[cfg(test)]
mod tests {
    use tollgate_domain::{MerchantId, Mode};

    use super::*;

    #[test]
    fn an_id_of_an_address_is_its_tenants_own_and_needs_the_secret() {
        let tenant = |n, mode| Tenant { merchant: MerchantId::from_bytes([n; 16]), mode };
        let ids = AddressIds::new(b"secret");
        let first = ids.of(tenant(1, Mode::Test), "a@x.example");
        assert_eq!(ids.of(tenant(1, Mode::Test), "A@X.example"), first);
        assert_ne!(ids.of(tenant(2, Mode::Test), "a@x.example"), first);
        assert_ne!(ids.of(tenant(1, Mode::Live), "a@x.example"), first);
        assert_ne!(AddressIds::new(b"other").of(tenant(1, Mode::Test), "a@x.example"), first);
        // Not what could be tried out without the secret.
        let unkeyed: CustomerId = tollgate_domain::idempotency::consequence_id(
            &format!("{}EML#a@x.example", tenant(1, Mode::Test)),
            0,
            0,
        );
        assert_ne!(unkeyed, first);
    }
}
