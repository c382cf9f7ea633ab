//! Intents: payments that are made in steps, by the merchant's server and, with a client secret, by the payer's page.

use tollgate_domain::{
    CustomerId, Fingerprint, Metadata, Money, Payment, PaymentId, Scope,
    money::MAX_AMOUNT_MINOR,
    payment::{Amendment, Command, Intent, NewPayment},
};
use tollgate_processors::sandbox;
use tollgate_store::{Replaced, StoreError};

use crate::{
    Gateway,
    call::{Call, Idempotency, Made},
    customers::must_exist,
    error::{Error, Refusal, Thing},
    payment_methods::{MethodRef, Resolved, kind_of},
    payments::{MAX_TRIES, MIN_AMOUNT_MINOR, instrument, sandbox_outcome},
};

/// An intent to be made.
#[derive(Clone, Debug)]
pub struct NewIntent {
    /// How much.
    pub amount: Money,
    /// For whom.
    pub customer: Option<CustomerId>,
    /// With what, if that is known.
    pub method: Option<MethodRef>,
    /// What it has as an intent.
    pub intent: Intent,
    /// The merchant's description.
    pub description: Option<String>,
    /// The merchant's metadata.
    pub metadata: Metadata,
    /// Whether to charge it at once.
    pub confirm: bool,
    /// Where the payer goes after a challenge.
    pub return_url: Option<String>,
}

/// What to change about an intent. What is absent stays.
#[derive(Clone, Debug, Default)]
pub struct IntentUpdate {
    /// Another amount, in minor units.
    pub amount: Option<i64>,
    /// Another currency.
    pub currency: Option<tollgate_domain::Currency>,
    /// Another payment method.
    pub method: Option<MethodRef>,
    /// Everything else.
    pub amendment: Amendment,
    /// Metadata to merge.
    pub metadata: Option<serde_json::Value>,
}

/// What a request wants of an intent.
#[derive(Clone, Debug)]
pub enum IntentWish {
    /// To change it.
    Update(Box<IntentUpdate>),
    /// To charge it.
    Confirm {
        /// With this.
        method: Option<MethodRef>,
        /// Where the payer goes after a challenge.
        return_url: Option<String>,
    },
    /// To take what is reserved: all of it, or so many minor units.
    Capture(Option<i64>),
    /// To cancel it.
    Cancel(Option<String>),
}

impl IntentWish {
    const fn route(&self) -> &'static str {
        match self {
            Self::Update(_) => "update",
            Self::Confirm { .. } => "confirm",
            Self::Capture(_) => "capture",
            Self::Cancel(_) => "cancel",
        }
    }
}

impl Gateway {
    /// What a payer's page shows to prove that its payment is this one.
    pub fn client_secret(&self, scope: Scope, id: PaymentId) -> Result<String, Error> {
        let links = self.links.as_ref();
        let links = links.ok_or_else(|| Error::Internal("no secret to sign client secrets with".into()))?;
        let signature = links
            .signer()
            .sign("client-secret", format!("{scope}{id}").as_bytes());
        Ok(format!("{}_secret_{}", id.spell("pi_"), hex::encode(signature)))
    }
}

fn check_amount(amount: Money) -> Result<(), Refusal> {
    if amount.minor < MIN_AMOUNT_MINOR {
        let minimum = Money {
            minor: MIN_AMOUNT_MINOR,
            ..amount
        };
        return Err(Refusal::AmountTooSmall { minimum });
    }
    if amount.minor > MAX_AMOUNT_MINOR {
        return Err(Refusal::AmountTooLarge);
    }
    Ok(())
}

impl Call {
    /// Makes an intent, and charges it if it is to be confirmed at once. Two round trips, and one more where a payment method
    /// has to be stored first.
    pub async fn create_intent(
        &self,
        new: NewIntent,
        idempotency: Option<&Idempotency>,
    ) -> Result<Made<Payment>, Error> {
        let scope = self.tenant().await?;
        let id: PaymentId = self.id_for(scope, "payment_intents", idempotency);
        let prepare = async {
            check_amount(new.amount)?;
            if let Some(customer) = new.customer {
                must_exist(&self.store, scope, customer).await?;
            }
            let resolved = match &new.method {
                None => None,
                Some(named) => Some(self.resolve_method(scope, named, new.customer).await?),
            };
            check_type(&new.intent.payment_method_types, resolved.as_ref())?;
            self.store_method(scope, resolved.as_ref()).await?;
            let method = resolved.map(|resolved| resolved.method.method());
            let payment = NewPayment {
                id,
                front_door: self.front_door,
                request_id: self.request_id.clone(),
                amount: new.amount,
                source: method.as_ref().map(|method| method.source.clone()),
                instrument: method.as_ref().map(|method| method.instrument.clone()),
                customer: new.customer,
                description: new.description,
                metadata: new.metadata,
                fingerprint: idempotency.map(|i| i.fingerprint.clone()),
            };
            let intent = Intent {
                payment_method: method.map(|method| method.id),
                ..new.intent
            };
            let mut made = Payment::create_intent(payment, intent, self.now);
            made.face.return_url = new.return_url;
            if new.confirm {
                let instrument = made.instrument.as_ref();
                let instrument =
                    instrument.ok_or(Refusal::Payment(tollgate_domain::payment::Refusal::NoMethod))?;
                let outcome = sandbox_outcome(sandbox::charge(instrument, self.now))?;
                let command = Command::Confirm {
                    method: None,
                    return_url: None,
                    outcome,
                };
                let charged = made
                    .apply(command, self.now, &self.request_id)
                    .map_err(Refusal::from)?;
                // Made and charged in one put: nobody ever saw the step in between.
                made = Payment {
                    version: 1,
                    origin: None,
                    ..charged
                };
            }
            Ok(made)
        };
        Box::pin(self.make_once(scope, &id.to_string(), idempotency, prepare)).await
    }

    /// Moves an intent on. A retry with the same idempotency key is told what the first was told, whatever happened since.
    pub async fn change_intent(
        &self,
        id: PaymentId,
        wish: &IntentWish,
        idempotency: Option<&Idempotency>,
    ) -> Result<Made<Payment>, Error> {
        let scope = self.tenant().await?;
        let key = idempotency.map(|i| Fingerprint::of(wish.route(), &[i.key.as_str().as_bytes()]));
        let mut payment: Option<Payment> = self.store.get(scope, &id.to_string(), true).await?;
        for _ in 0..MAX_TRIES {
            let current = payment.ok_or(Refusal::NotFound(Thing::Payment))?;
            if let (Some(key), Some(idempotency)) = (&key, idempotency)
                && let Some(answer) = current.answers.iter().find(|answer| &answer.key == key)
            {
                if answer.request != idempotency.fingerprint {
                    return Err(Refusal::IdempotencyKeyReused.into());
                }
                return Ok(Made::again((*answer.answer).clone()));
            }
            let command = Box::pin(self.command_for(scope, &current, wish)).await?;
            let mut next = current
                .apply(command, self.now, &self.request_id)
                .map_err(Refusal::from)?;
            if let (Some(key), Some(idempotency)) = (&key, idempotency) {
                next.remember_answer(key.clone(), idempotency.fingerprint.clone());
            }
            self.admitted().await?;
            match self.store.replace(scope, &next).await? {
                Replaced::Done => return Ok(Made::new(next)),
                Replaced::Conflict(now) => payment = now,
            }
        }
        Err(StoreError::Contended {
            key: id.to_string(),
            attempts: MAX_TRIES,
        }
        .into())
    }

    async fn command_for(
        &self,
        scope: Scope,
        current: &Payment,
        wish: &IntentWish,
    ) -> Result<Command, Error> {
        let types = current
            .intent
            .as_ref()
            .map(|intent| intent.payment_method_types.clone());
        Ok(match wish {
            IntentWish::Update(update) => {
                let mut amendment = update.amendment.clone();
                if update.amount.is_some() || update.currency.is_some() {
                    let amount = Money {
                        minor: update.amount.unwrap_or(current.amount.minor),
                        currency: update.currency.unwrap_or(current.amount.currency),
                    };
                    check_amount(amount)?;
                    amendment.amount = Some(amount);
                }
                if let Some(customer) = amendment.customer {
                    must_exist(&self.store, scope, customer).await?;
                }
                if let Some(changes) = &update.metadata {
                    let merged = if changes.is_null() {
                        Metadata::default()
                    } else {
                        current.metadata.merged(changes).map_err(Refusal::from)?
                    };
                    amendment.metadata = Some(merged);
                }
                if let Some(named) = &update.method {
                    let customer = amendment.customer.or(current.customer);
                    let resolved = self.resolve_method(scope, named, customer).await?;
                    check_type(&types.unwrap_or_default(), Some(&resolved))?;
                    self.store_method(scope, Some(&resolved)).await?;
                    amendment.method = Some(resolved.method.method());
                }
                Command::Amend(Box::new(amendment))
            }
            IntentWish::Confirm { method, return_url } => {
                let resolved = match method {
                    None => None,
                    Some(named) => Some(self.resolve_method(scope, named, current.customer).await?),
                };
                check_type(&types.unwrap_or_default(), resolved.as_ref())?;
                // Whether the intent can be confirmed at all is asked before anything is stored or charged.
                let probe = Command::Confirm {
                    method: resolved
                        .as_ref()
                        .map(|resolved| Box::new(resolved.method.method())),
                    return_url: return_url.clone(),
                    outcome: tollgate_domain::payment::Outcome::Approved,
                };
                let probed = current
                    .apply(probe, self.now, &self.request_id)
                    .map_err(Refusal::from)?;
                self.store_method(scope, resolved.as_ref()).await?;
                Command::Confirm {
                    method: resolved.map(|resolved| Box::new(resolved.method.method())),
                    return_url: return_url.clone(),
                    outcome: sandbox_outcome(sandbox::charge(instrument(&probed)?, self.now))?,
                }
            }
            IntentWish::Capture(amount) => {
                Command::Capture(amount.unwrap_or_else(|| current.capturable().max(1)))
            }
            IntentWish::Cancel(reason) => Command::CancelIntent(reason.clone()),
        })
    }

    async fn store_method(&self, scope: Scope, resolved: Option<&Resolved>) -> Result<(), Error> {
        if let Some(resolved) = resolved.filter(|resolved| resolved.is_new) {
            self.admitted().await?;
            self.store.create(scope, &resolved.method).await?;
        }
        Ok(())
    }

    /// Whether the caller came with a publishable key.
    pub async fn is_client(&self) -> Result<bool, Error> {
        Ok(self.admitted().await?.is_publishable())
    }

    /// Checks the client secret that a payer's page has to show, of a caller with a publishable key.
    pub async fn check_client(&self, id: PaymentId, client_secret: Option<&str>) -> Result<(), Error> {
        let scope = self.tenant().await?;
        let expected = self.gateway.client_secret(scope, id)?;
        match client_secret {
            None if !self.is_client().await? => Ok(()),
            Some(sent) if sent == expected => Ok(()),
            _ => Err(Refusal::ClientSecret.into()),
        }
    }
}

/// An intent accepts only the kinds of payment method that it lists.
fn check_type(types: &[String], resolved: Option<&Resolved>) -> Result<(), Refusal> {
    let Some(resolved) = resolved else { return Ok(()) };
    let kind = kind_of(&resolved.method.source);
    if types.is_empty() || types.iter().any(|accepted| accepted == kind) {
        Ok(())
    } else {
        Err(Refusal::InvalidToken)
    }
}
