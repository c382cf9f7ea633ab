//! The owner of an e-mail address: the customer that a payment with the address is for.
//!
//! Owners are read and written consistently ([`tollgate_store::Ownership`]). The index of addresses, which
//! lags behind the table, finds only customers without an owner's item: those of earlier releases, and one
//! that shared its address with an owner that is gone.

use tollgate_domain::{Customer, CustomerId, Tenant};
use tollgate_store::{Claim, CustomerWrite, ListQuery, Ownership, Page, Reader, Replaced, Writer};

use crate::{
    conflict_retry::{Write, retry_conflicts},
    error::Error,
    gateway::Gateway,
};

/// Customers with the same address that are considered, the newest first.
const CANDIDATES_MAX: usize = 10;

/// The search for the customer with an e-mail address.
#[derive(Clone, Debug, Default)]
pub(crate) struct FoundByAddress {
    /// The customer, if there is one.
    pub(crate) customer: Option<Customer>,
    /// Whether it owns the address.
    pub(crate) owns: bool,
    /// The owner of the address, if that customer no longer has the address.
    pub(crate) former: Option<CustomerId>,
    /// Whether the id derived from the address is taken, by another customer or an erased one.
    pub(crate) id_is_taken: bool,
}

impl Gateway {
    /// The customer id derived from an address; see [`AddressIds`](crate::AddressIds).
    pub(crate) fn id_of_address(&self, tenant: Tenant, email: &str) -> Result<CustomerId, Error> {
        let ids = self.address_ids.as_ref();
        let ids =
            ids.ok_or_else(|| Error::Internal("this function has no secret for customers' ids".into()))?;
        Ok(ids.of(tenant, email))
    }
}

/// Finds the customer with an e-mail address. `likely` is the id derived from the address. Two concurrent
/// reads; one more if the owner has another id; a query and a read of each candidate if the address has no
/// owner.
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
    let customer = match guess.filter(has_it) {
        Some(customer) => Some(customer),
        None => find_in_index(store, tenant, email).await?,
    };
    Ok(FoundByAddress { customer, owns: false, former: owner, id_is_taken })
}

/// Finds a customer with an address in the index. The index may show what was changed or erased since, so
/// each candidate is read again.
async fn find_in_index(store: &Reader, tenant: Tenant, email: &str) -> Result<Option<Customer>, Error> {
    let query = ListQuery::new(CANDIDATES_MAX).of_email(tenant, email);
    let page: Page<Customer> = store.list(tenant, &query, None).await?;
    for candidate in page.items {
        let now: Option<Customer> = store.get(tenant, &candidate.id.to_string()).await?;
        let customer = now.filter(|customer| customer.has_address(email));
        if customer.is_some() {
            return Ok(customer);
        }
    }
    Ok(None)
}

/// Creates a customer, or replaces the version `before`. The customer then owns its address, unless another
/// customer does, and no longer owns its former one.
pub(crate) async fn write_customer(
    writer: &Writer,
    tenant: Tenant,
    before: Option<&Customer>,
    next: &Customer,
) -> Result<Replaced<Customer>, Error> {
    let (old, new) = (before.and_then(Customer::address), next.address());
    let mut ownership = Ownership::default();
    if old != new {
        ownership.release = old.as_deref();
        ownership.claim = new.as_deref().map(|email| Claim { email, instead_of: None });
    }
    retry_conflicts(next.id, ownership, |mut ownership| async move {
        let (claimed, released) = match writer.write_customer(tenant, next, &ownership).await? {
            CustomerWrite::Done => return Ok(Write::Done(Replaced::Done)),
            CustomerWrite::Refused(now) => {
                return Ok(Write::Done(Replaced::Conflict(now.map(|now| *now))));
            }
            CustomerWrite::OwnedBy { claimed, released } => (claimed, released),
        };
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
        Ok(Write::Conflict(ownership))
    })
    .await
}
