//! Who owns an e-mail address: which of a merchant's customers a payment with the address is for.
//!
//! Owners are read and written consistently ([`tollgate_store::Ownership`]); the index of addresses, which trails the table, is
//! asked only for customers whom no owner item names: those of earlier releases, and one that shares its address with an
//! owner that is gone.

use tollgate_domain::{Customer, CustomerId, Tenant};
use tollgate_store::{Claim, CustomerWrite, ListQuery, Ownership, Page, Reader, Secrets, StoreError, Writer};

use crate::{
    Gateway,
    error::Error,
    idempotency::{TRIES_MAX, contended},
    signer::Signer,
};

/// Customers with one address of whom the newest that still has it is taken.
const CANDIDATES_MAX: usize = 10;

/// The customer with an e-mail address, or what is known of there being none.
#[derive(Clone, Debug, Default)]
pub(crate) struct FoundByAddress {
    /// The customer.
    pub(crate) customer: Option<Customer>,
    /// Whether it owns the address.
    pub(crate) owns: bool,
    /// Who owns the address without having it any more.
    pub(crate) former: Option<CustomerId>,
    /// Whether the id that comes from the address is another one's, or an erased customer's.
    pub(crate) id_is_taken: bool,
}

/// Makes the ids of the customers whom first payments with an address make: the next payment reads the customer beside the
/// owner of the address.
///
/// They are keyed with a secret of their own, since ids outlive their customers: without it nobody can try out whose an id
/// was. The secret is never rotated; another one would change nothing but that customers are read after their owner's item.
#[derive(Clone)]
pub struct AddressIds(Signer);

impl std::fmt::Debug for AddressIds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AddressIds(…)")
    }
}

impl AddressIds {
    /// Ids that are keyed with this secret.
    pub fn new(secret: &[u8]) -> Self {
        Self(Signer::new(secret))
    }

    /// Reads the secret that `TOLLGATE_IDENTITY_SECRET_ARN` names; `None` for a function that is given none.
    pub(crate) async fn from_environment(secrets: &Secrets) -> Result<Option<Self>, StoreError> {
        let secret = secrets.named_by("TOLLGATE_IDENTITY_SECRET_ARN").await?;
        Ok(secret.map(|secret| Self::new(secret.as_bytes())))
    }

    /// The id of the customer that the first payment with an address makes.
    fn of(&self, tenant: Tenant, email: &str) -> CustomerId {
        let claim = format!("{tenant}{}", email.to_lowercase());
        let digest = self.0.derive("customer-of-address", claim.as_bytes());
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        CustomerId::from_bytes(id)
    }
}

impl Gateway {
    /// See [`AddressIds`].
    pub(crate) fn id_of_address(&self, tenant: Tenant, email: &str) -> Result<CustomerId, Error> {
        let ids = self.address_ids.as_ref();
        let ids =
            ids.ok_or_else(|| Error::Internal("this function has no secret for customers' ids".into()))?;
        Ok(ids.of(tenant, email))
    }
}

/// Finds the customer with an e-mail address; `likely` is the id that comes from the address. Two reads side by side; one more when the owner has another id than the
/// address gives; a query and a read of each candidate when nobody owns the address.
pub(crate) async fn find_by_address(
    store: &Reader,
    tenant: Tenant,
    email: &str,
    likely: CustomerId,
) -> Result<FoundByAddress, Error> {
    let likely_text = likely.to_string();
    let (owner, guess) =
        tokio::join!(store.address_owner(tenant, email), store.get::<Customer>(tenant, &likely_text));
    let (owner, guess) = (owner?, guess?);
    let has_it = |customer: &Customer| customer.has_address(email);
    let id_is_taken = guess.is_some();
    if let Some(owner) = owner {
        let customer =
            if owner == likely { guess.clone() } else { store.get(tenant, &owner.to_string()).await? };
        if let Some(customer) = customer.filter(has_it) {
            return Ok(FoundByAddress { customer: Some(customer), owns: true, ..FoundByAddress::default() });
        }
    }
    let mut found =
        FoundByAddress { customer: guess.filter(has_it), owns: false, former: owner, id_is_taken };
    if found.customer.is_none() {
        let query = ListQuery::new(CANDIDATES_MAX).of_email(tenant, email);
        let page: Page<Customer> = store.list(tenant, &query, None).await?;
        for candidate in page.items {
            // The index may still show what was changed or erased since.
            let now: Option<Customer> = store.get(tenant, &candidate.id.to_string()).await?;
            found.customer = now.filter(has_it);
            if found.customer.is_some() {
                break;
            }
        }
    }
    Ok(found)
}

/// Makes a customer, or replaces the version `before` of it. It then owns its address, unless another customer does, and
/// none that it had before. `Some` of the customer as it is now, when something else came first.
pub(crate) async fn write_customer(
    writer: &Writer,
    tenant: Tenant,
    before: Option<&Customer>,
    next: &Customer,
) -> Result<Option<Option<Box<Customer>>>, Error> {
    let (old, new) = (before.and_then(Customer::address), next.address());
    let mut ownership = Ownership::default();
    if old != new {
        ownership.release = old.as_deref();
        ownership.claim = new.as_deref().map(|email| Claim { email, instead_of: None });
    }
    for _ in 0..TRIES_MAX {
        match writer.write_customer(tenant, next, &ownership).await? {
            CustomerWrite::Done => return Ok(None),
            CustomerWrite::Refused(now) => return Ok(Some(now)),
            CustomerWrite::OwnedBy { claimed, released } => {
                if released.is_some() {
                    ownership.release = None;
                }
                if let (Some(owner), Some(claim)) = (claimed, &mut ownership.claim) {
                    let customer: Option<Customer> = writer.get(tenant, &owner.to_string()).await?;
                    if customer.is_some_and(|customer| customer.has_address(claim.email)) {
                        ownership.claim = None;
                    } else {
                        claim.instead_of = Some(owner);
                    }
                }
            }
        }
    }
    Err(contended(next.id))
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
