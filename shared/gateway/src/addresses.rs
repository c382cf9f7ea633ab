//! Who owns an e-mail address: which of a merchant's customers a payment with the address is for.
//!
//! Owners are read and written consistently ([`tollgate_store::Ownership`]); the index of addresses, which trails the table, is
//! asked only for customers whom no owner item names: those of earlier releases, and one that shares its address with an
//! owner that is gone.

use tollgate_domain::{Customer, CustomerId, Scope, idempotency::consequence_id};
use tollgate_store::{Claim, CustomerWrite, ListQuery, Ownership, Page, Store};

use crate::{
    error::Error,
    once::{MAX_TRIES, contended},
};

/// Customers with one address of whom the newest that still has it is taken.
const MAX_CANDIDATES: usize = 10;

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

/// The id of the customer that the first payment with an address makes: two first payments at once make one customer, and
/// the next payment reads it beside the owner.
pub(crate) fn id_of_address(scope: Scope, email: &str) -> CustomerId {
    consequence_id(&format!("{scope}EML#{}", email.to_lowercase()), 0, 0)
}

/// Finds the customer with an e-mail address. Two reads side by side; one more when the owner has another id than the
/// address gives; a query and a read of each candidate when nobody owns the address.
pub(crate) async fn find_by_address(
    store: &Store,
    scope: Scope,
    email: &str,
) -> Result<FoundByAddress, Error> {
    let likely = id_of_address(scope, email);
    let likely_text = likely.to_string();
    let (owner, guess) = tokio::join!(
        store.address_owner(scope, email),
        store.get::<Customer>(scope, &likely_text, true)
    );
    let (owner, guess) = (owner?, guess?);
    let has_it = |customer: &Customer| customer.has_address(email);
    let id_is_taken = guess.is_some();
    if let Some(owner) = owner {
        let customer = if owner == likely {
            guess.clone()
        } else {
            store.get(scope, &owner.to_string(), true).await?
        };
        if let Some(customer) = customer.filter(has_it) {
            return Ok(FoundByAddress {
                customer: Some(customer),
                owns: true,
                ..FoundByAddress::default()
            });
        }
    }
    let mut found = FoundByAddress {
        customer: guess.filter(has_it),
        owns: false,
        former: owner,
        id_is_taken,
    };
    if found.customer.is_none() {
        let query = ListQuery::new(MAX_CANDIDATES).of_email(scope, email);
        let page: Page<Customer> = store.list(scope, &query, None).await?;
        for candidate in page.items {
            // The index may still show what was changed or erased since.
            let now: Option<Customer> = store.get(scope, &candidate.id.to_string(), true).await?;
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
    store: &Store,
    scope: Scope,
    before: Option<&Customer>,
    next: &Customer,
) -> Result<Option<Option<Box<Customer>>>, Error> {
    let (old, new) = (before.and_then(Customer::address), next.address());
    let mut ownership = Ownership::default();
    if old != new {
        ownership.release = old.as_deref();
        ownership.claim = new.as_deref().map(|email| Claim {
            email,
            instead_of: None,
        });
    }
    for _ in 0..MAX_TRIES {
        match store.write_customer(scope, next, &ownership).await? {
            CustomerWrite::Done => return Ok(None),
            CustomerWrite::Refused(now) => return Ok(Some(now)),
            CustomerWrite::OwnedBy { claimed, released } => {
                if released.is_some() {
                    ownership.release = None;
                }
                if let (Some(owner), Some(claim)) = (claimed, &mut ownership.claim) {
                    let customer: Option<Customer> = store.get(scope, &owner.to_string(), true).await?;
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
