//! Who pays: a customer that the caller names, or one that is found or made by e-mail address.

use tollgate_domain::{
    Customer, CustomerId, Scope,
    customer::{Profile, SavedCard},
    idempotency::consequence_id,
};
use tollgate_store::{ListQuery, Page, Put, Replaced};

use crate::{
    call::Call,
    customers::must_exist,
    error::{Error, Refusal, Thing},
    once::MAX_TRIES,
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

impl Call {
    /// Looks the payer up, writing nothing. One read; `None` when there is none (yet).
    pub(crate) async fn find_payer(&self, scope: Scope, payer: &Payer) -> Result<Option<Customer>, Error> {
        match payer {
            Payer::Anonymous => Ok(None),
            Payer::Customer(id) => must_exist(&self.store, scope, *id).await.map(Some),
            Payer::WithEmail { email, .. } => {
                let query = ListQuery::new(1).of_email(scope, email);
                let page: Page<Customer> = self.store.list(scope, &query, None).await?;
                Ok(page.items.into_iter().next())
            }
        }
    }

    /// Makes the payer if there is none, and records what is new about it. No write when nothing is new.
    pub(crate) async fn settle_payer(
        &self,
        scope: Scope,
        payer: &Payer,
        found: Option<Customer>,
        card: Option<SavedCard>,
    ) -> Result<Option<CustomerId>, Error> {
        let mut current = match (payer, found) {
            (Payer::Anonymous, _) => return Ok(None),
            (_, Some(found)) => found,
            (Payer::WithEmail { email, .. }, None) => {
                let new = |id| {
                    let (front_door, request) = (self.front_door, self.cause.clone());
                    let customer = Customer::create(
                        id,
                        front_door,
                        request,
                        payer.over(&Profile::default()),
                        None,
                        self.now,
                    );
                    Customer {
                        card: card.clone(),
                        ..customer
                    }
                };
                self.admitted().await?;
                // Two first payments at once make one customer: its id comes from the address.
                let address = format!("{scope}EML#{}", email.to_lowercase());
                match self
                    .store
                    .create(scope, &new(consequence_id(&address, 0, 0)))
                    .await?
                {
                    Put::Created => return Ok(Some(consequence_id(&address, 0, 0))),
                    Put::Exists(existing) if !existing.deleted => existing,
                    // Its data was erased. Whoever pays now is somebody new.
                    Put::Exists(_) => {
                        let customer = new(self.gateway.new_id());
                        return match self.store.create(scope, &customer).await? {
                            Put::Created => Ok(Some(customer.id)),
                            Put::Exists(_) => Err(Error::Internal("a fresh random id was taken".into())),
                        };
                    }
                }
            }
            (Payer::Customer(_), None) => return Err(Refusal::NoSuchReference(Thing::Customer).into()),
        };
        for _ in 0..MAX_TRIES {
            let Some(next) = self.news_of(&current, payer, card.as_ref()) else {
                break;
            };
            self.admitted().await?;
            match self.store.replace(scope, &next).await? {
                Replaced::Conflict(Some(now)) if !now.deleted => current = now,
                // Done, or erased meanwhile: the payment goes on for whoever it was.
                Replaced::Done | Replaced::Conflict(_) => break,
            }
        }
        Ok(Some(current.id))
    }

    fn news_of(&self, customer: &Customer, payer: &Payer, card: Option<&SavedCard>) -> Option<Customer> {
        let profile = payer.over(&customer.profile);
        let mut next = None;
        if profile != customer.profile {
            next = Some(customer.with_profile(profile, self.now, &self.cause));
        }
        if let Some(card) = card.filter(|card| customer.card.as_ref() != Some(card)) {
            next = Some(match next {
                Some(next) => Customer {
                    card: Some(card.clone()),
                    ..next
                },
                None => customer.with_card(card.clone(), &self.cause),
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
