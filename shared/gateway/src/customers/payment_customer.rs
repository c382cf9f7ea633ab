//! The customer of a payment: named by the caller, or found or created by e-mail address.

use tollgate_domain::{
    Customer, CustomerId, Refusal, Resource, Tenant,
    customer::{Profile, SavedCard},
};
use tollgate_store::{Claim, CustomerWrite, Ownership};

use super::{
    customer::must_exist,
    email_owners::{FoundByAddress, find_by_address},
};
use crate::{
    call::Call,
    conflict_retry::{Write, retry_conflicts},
    error::Error,
};

/// The customer that a payment is for.
#[derive(Clone, Debug, Default)]
pub enum Payer {
    /// None.
    #[default]
    Anonymous,
    /// This customer.
    Customer(CustomerId),
    /// The customer with this e-mail address, created if there is none. The name and phone number, if given,
    /// replace the stored ones.
    WithEmail {
        /// The e-mail address.
        email: String,
        /// Full name.
        name: Option<String>,
        /// Phone number.
        phone: Option<String>,
    },
}

impl Payer {
    /// The named customer, otherwise none.
    pub fn named(id: Option<CustomerId>) -> Self {
        id.map_or(Self::Anonymous, Self::Customer)
    }
}

/// The payer before anything is written.
#[derive(Clone, Debug, Default)]
pub(crate) struct FoundPayer(FoundByAddress);

impl FoundPayer {
    /// The customer, if it exists.
    pub(crate) fn customer(&self) -> Option<&Customer> {
        self.0.customer.as_ref()
    }
}

impl Call {
    /// Finds the payer without writing. One read for a named customer, two concurrent ones for the owner of
    /// an address (see [`find_by_address`]).
    pub(crate) async fn find_payer(&self, tenant: Tenant, payer: &Payer) -> Result<FoundPayer, Error> {
        Ok(FoundPayer(match payer {
            Payer::Anonymous => FoundByAddress::default(),
            Payer::Customer(id) => FoundByAddress {
                customer: Some(must_exist(&self.store, tenant, *id).await?),
                owns: true,
                ..FoundByAddress::default()
            },
            Payer::WithEmail { email, .. } => self.find_by_address(tenant, email).await?,
        }))
    }

    async fn find_by_address(&self, tenant: Tenant, email: &str) -> Result<FoundByAddress, Error> {
        let likely = self.gateway.id_of_address(tenant, email)?;
        find_by_address(&self.store, tenant, email, likely).await
    }

    /// Creates the payer if there is none, and updates what is new about it. No write if nothing is new.
    pub(crate) async fn settle_payer(
        &self,
        tenant: Tenant,
        payer: &Payer,
        found: FoundPayer,
        card: Option<SavedCard>,
    ) -> Result<Option<CustomerId>, Error> {
        let card = card.as_ref();
        retry_conflicts("a payer", found.0, |mut found| async move {
            let (id, next) = match &found.customer {
                None if matches!(payer, Payer::Anonymous) => return Ok(Write::Done(None)),
                None => {
                    let customer = self.new_payer(tenant, payer, &found, card.cloned())?;
                    (customer.id, Some(customer))
                }
                Some(customer) => (customer.id, self.updated_payer(customer, payer, card)),
            };
            let claim = match payer {
                Payer::WithEmail { email, .. } if !found.owns => {
                    Some(Claim { email, instead_of: found.former })
                }
                Payer::Anonymous | Payer::Customer(_) | Payer::WithEmail { .. } => None,
            };
            let written = self.write_payer(tenant, id, next, claim).await?;
            match (payer, written) {
                (_, CustomerWrite::Done) => return Ok(Write::Done(Some(id))),
                // Another payment or the merchant wrote first: search again.
                (Payer::WithEmail { email, .. }, _) => found = self.find_by_address(tenant, email).await?,
                (_, CustomerWrite::Refused(Some(now))) if !now.deleted => found.customer = Some(*now),
                // Erased meanwhile: the payment keeps the id of the customer it was for.
                (_, CustomerWrite::Refused(_) | CustomerWrite::OwnedBy { .. }) => {
                    return Ok(Write::Done(Some(id)));
                }
            }
            Ok(Write::Conflict(found))
        })
        .await
    }

    /// Writes the payer's next version, if there is one, and claims its address, if it is not its owner yet.
    async fn write_payer(
        &self,
        tenant: Tenant,
        id: CustomerId,
        next: Option<Customer>,
        claim: Option<Claim<'_>>,
    ) -> Result<CustomerWrite, Error> {
        match (next, claim) {
            (None, None) => Ok(CustomerWrite::Done),
            (None, Some(claim)) => {
                let writer = self.admitted().await?.writer();
                let owner = writer.claim_address(tenant, &claim, id).await?;
                Ok(owner.map_or(CustomerWrite::Done, |owner| CustomerWrite::OwnedBy {
                    claimed: Some(owner),
                    released: None,
                }))
            }
            (Some(next), claim) => {
                let writer = self.admitted().await?.writer();
                let ownership = Ownership { claim, release: None };
                Ok(writer.write_customer(tenant, &next, &ownership).await?)
            }
        }
    }

    fn new_payer(
        &self,
        tenant: Tenant,
        payer: &Payer,
        found: &FoundByAddress,
        card: Option<SavedCard>,
    ) -> Result<Customer, Error> {
        let Payer::WithEmail { email, .. } = payer else {
            return Err(Refusal::NoSuchReference(Resource::Customer).into());
        };
        // An erased customer stays erased: a payment with its address creates a new customer.
        let id = if found.id_is_taken {
            self.gateway.new_id()
        } else {
            self.gateway.id_of_address(tenant, email)?
        };
        let profile = payer.over(&Profile::default());
        let customer = Customer::create(id, self.front_door, self.request.clone(), profile, None, self.now);
        Ok(Customer { card, ..customer })
    }

    /// The customer's next version; `None` if the payment says nothing new.
    fn updated_payer(
        &self,
        customer: &Customer,
        payer: &Payer,
        card: Option<&SavedCard>,
    ) -> Option<Customer> {
        let profile = payer.over(&customer.profile);
        let mut next = None;
        if profile != customer.profile {
            next = Some(customer.with_profile(profile, self.now, &self.request));
        }
        if let Some(card) = card.filter(|card| customer.card.as_ref() != Some(card)) {
            next = Some(match next {
                Some(next) => Customer { card: Some(card.clone()), ..next },
                None => customer.with_card(card.clone(), &self.request),
            });
        }
        next
    }
}

impl Payer {
    /// A profile with the payment's data merged in.
    fn over(&self, profile: &Profile) -> Profile {
        let mut profile = profile.clone();
        if let Self::WithEmail { email, name, phone } = self {
            profile.email.get_or_insert_with(|| email.clone());
            if name.is_some() {
                profile.name.clone_from(name);
            }
            if phone.is_some() {
                profile.phone.clone_from(phone);
            }
        }
        profile
    }
}
