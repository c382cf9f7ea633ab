//! Who pays: a customer that the caller names, or one that is found or made by e-mail address.

use tollgate_domain::{
    Customer, CustomerId, Refusal, Resource, Tenant,
    customer::{Profile, SavedCard},
};
use tollgate_store::{Claim, CustomerWrite, Ownership};

use crate::{
    addresses::{FoundByAddress, find_by_address},
    call::Call,
    customers::must_exist,
    error::Error,
    idempotency::{TRIES_MAX, contended},
};

/// Who pays.
#[derive(Clone, Debug, Default)]
pub enum Payer {
    /// Nobody is named.
    #[default]
    Anonymous,
    /// This customer.
    Customer(CustomerId),
    /// The customer with this e-mail address, made if there is none; what else is given replaces what is known.
    WithEmail {
        /// The address.
        email: String,
        /// Full name.
        name: Option<String>,
        /// Phone number.
        phone: Option<String>,
    },
}

impl Payer {
    /// The customer that is named, or nobody.
    pub fn named(id: Option<CustomerId>) -> Self {
        id.map_or(Self::Anonymous, Self::Customer)
    }
}

/// The payer, as far as it was found before anything is written.
#[derive(Clone, Debug, Default)]
pub(crate) struct FoundPayer(FoundByAddress);

impl FoundPayer {
    /// The customer, if there is one (yet).
    pub(crate) fn customer(&self) -> Option<&Customer> {
        self.0.customer.as_ref()
    }
}

impl Call {
    /// Looks the payer up, writing nothing. One read of a customer that is named, two side by side of one that owns the
    /// address (see [`find_by_address`]).
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

    /// Makes the payer if there is none, and records what is new about it. No write when nothing is new.
    pub(crate) async fn settle_payer(
        &self,
        tenant: Tenant,
        payer: &Payer,
        found: FoundPayer,
        card: Option<SavedCard>,
    ) -> Result<Option<CustomerId>, Error> {
        let mut found = found.0;
        for _ in 0..TRIES_MAX {
            let (id, next) = match &found.customer {
                None if matches!(payer, Payer::Anonymous) => return Ok(None),
                None => {
                    let customer = self.new_payer(tenant, payer, &found, card.clone())?;
                    (customer.id, Some(customer))
                }
                Some(customer) => (customer.id, self.news_of(customer, payer, card.as_ref())),
            };
            let claim = match payer {
                Payer::WithEmail { email, .. } if !found.owns => {
                    Some(Claim { email, instead_of: found.former })
                }
                _ => None,
            };
            let written = match (next, claim) {
                (None, None) => return Ok(Some(id)),
                (None, Some(claim)) => {
                    let writer = self.admitted().await?.writer();
                    let owner = writer.claim_address(tenant, &claim, id).await?;
                    owner.map_or(CustomerWrite::Done, |owner| CustomerWrite::OwnedBy {
                        claimed: Some(owner),
                        released: None,
                    })
                }
                (Some(next), claim) => {
                    let writer = self.admitted().await?.writer();
                    let ownership = Ownership { claim, release: None };
                    writer.write_customer(tenant, &next, &ownership).await?
                }
            };
            match (payer, written) {
                (_, CustomerWrite::Done) => return Ok(Some(id)),
                // Another payment, or the merchant, came first: what is found now counts.
                (Payer::WithEmail { email, .. }, _) => {
                    found = self.find_by_address(tenant, email).await?;
                }
                (_, CustomerWrite::Refused(Some(now))) if !now.deleted => found.customer = Some(*now),
                // Erased meanwhile: the payment goes on for the customer that it was for.
                (_, CustomerWrite::Refused(_) | CustomerWrite::OwnedBy { .. }) => return Ok(Some(id)),
            }
        }
        Err(contended("a payer"))
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
        // The data of an erased customer is gone: a payment with its address is by somebody new.
        let id = if found.id_is_taken {
            self.gateway.new_id()
        } else {
            self.gateway.id_of_address(tenant, email)?
        };
        let profile = payer.over(&Profile::default());
        let customer = Customer::create(id, self.front_door, self.request.clone(), profile, None, self.now);
        Ok(Customer { card, ..customer })
    }

    fn news_of(&self, customer: &Customer, payer: &Payer, card: Option<&SavedCard>) -> Option<Customer> {
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
    /// A profile with what the payment says of the payer.
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
