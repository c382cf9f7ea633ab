//! Intents: payments that are made in steps, by the merchant's server and, with a client secret, by the payer's page.

use tollgate_domain::{
    CustomerId, Metadata, Money, Payment, PaymentId, PaymentMethodId, Refusal, ReplaySnapshots, Resource,
    Tenant,
    payment::{Amendment, Command, Intent, NewPayment, Outcome},
    payment_method::MethodRefusal,
};
use tollgate_processors::sandbox;
use tollgate_store::{Put, Replaced};

use crate::{
    Gateway,
    call::Call,
    customers::must_exist,
    error::Error,
    idempotency::{Idempotency, Idempotent, TRIES_MAX, contended, earlier_answer, remember},
    payment_methods::{MethodRef, Resolved, kind_of},
    payments::{AMOUNT_MINOR_MIN, check_amount, sandbox_outcome},
    signer::Signer,
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
pub enum IntentAction {
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

impl IntentAction {
    const fn route(&self) -> &'static str {
        match self {
            Self::Update(_) => "update",
            Self::Confirm { .. } => "confirm",
            Self::Capture(_) => "capture",
            Self::Cancel(_) => "cancel",
        }
    }
}

/// What client secrets are signed as.
const CLIENT_SECRET: &str = "client-secret";

impl Gateway {
    /// What a payer's page shows to prove that its payment is this one.
    pub fn client_secret(&self, tenant: Tenant, id: PaymentId) -> Result<String, Error> {
        let claim = format!("{tenant}{id}");
        let signature = self.signer()?.sign(CLIENT_SECRET, claim.as_bytes());
        Ok(format!("{}_secret_{}", id.to_prefixed("pi_"), hex::encode(signature)))
    }

    /// Whether a text is the client secret of this payment; takes the same time wherever they differ.
    fn is_client_secret(&self, tenant: Tenant, id: PaymentId, sent: &str) -> Result<bool, Error> {
        let prefix = format!("{}_secret_", id.to_prefixed("pi_"));
        // One secret has one spelling.
        let hex = sent.strip_prefix(&prefix).filter(|text| !text.bytes().any(|b| b.is_ascii_uppercase()));
        let signature = hex.and_then(|text| hex::decode(text).ok());
        let claim = format!("{tenant}{id}");
        let signer = self.signer()?;
        Ok(signature.is_some_and(|signature| signer.verify(CLIENT_SECRET, claim.as_bytes(), &signature)))
    }

    pub(crate) fn signer(&self) -> Result<&Signer, Error> {
        let links = self.links.as_ref();
        let links =
            links.ok_or_else(|| Error::Internal("this function has no secret to sign with".into()))?;
        Ok(links.signer())
    }
}

impl Call {
    /// Makes an intent, and charges it if it is to be confirmed at once. Two round trips, and one more where a payment method
    /// has to be stored first.
    pub async fn create_intent(
        &self,
        new: NewIntent,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<Payment>, Error> {
        let tenant = self.tenant().await?;
        let id: PaymentId = self.id_for(tenant, "payment_intents", idempotency);
        let prepare = async {
            check_amount(new.amount, AMOUNT_MINOR_MIN)?;
            if let Some(customer) = new.customer {
                must_exist(&self.store, tenant, customer).await?;
            }
            let types = &new.intent.payment_method_types;
            let fresh = self.id_for(tenant, "payment_intents/payment_method", idempotency);
            let resolved = self.resolve_for(tenant, fresh, new.method.as_ref(), new.customer, types).await?;
            self.store_method(tenant, resolved.as_ref()).await?;
            let method = resolved.map(|resolved| resolved.method.method());
            let payment = NewPayment {
                id,
                front_door: self.front_door,
                request: self.request.clone(),
                amount: new.amount,
                source: method.as_ref().map(|method| method.source.clone()),
                instrument: method.as_ref().map(|method| method.instrument.clone()),
                customer: new.customer,
                description: new.description,
                metadata: new.metadata,
                fingerprint: idempotency.map(|i| i.fingerprint.clone()),
            };
            let intent = Intent { payment_method: method.map(|method| method.id), ..new.intent };
            let mut made = Payment::create_intent(payment, intent, self.now);
            made.state.return_url = new.return_url;
            if new.confirm {
                let instrument = made.instrument.as_ref();
                let instrument =
                    instrument.ok_or(Refusal::Payment(tollgate_domain::payment::Refusal::NoMethod))?;
                let outcome = sandbox_outcome(sandbox::charge(instrument, self.now))?;
                let command = Command::Confirm { method: None, return_url: None, outcome };
                let charged = made.apply(command, self.now, &self.request).map_err(Refusal::from)?;
                // Idempotent and charged in one put: nobody ever saw the step in between.
                made = Payment { version: 1, replay: ReplaySnapshots::default(), ..charged };
            }
            Ok(made)
        };
        Box::pin(self.create_idempotent(tenant, &id.to_string(), idempotency, prepare)).await
    }

    /// Moves an intent on. A retry with the same idempotency key is told what the first was told, whatever happened since.
    pub async fn change_intent(
        &self,
        id: PaymentId,
        action: &IntentAction,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<Payment>, Error> {
        let tenant = self.tenant().await?;
        // Idempotent once for all tries and all retries, so that none of them leaves a payment method behind.
        let fresh = self.id_for(tenant, &format!("{id}/{}/payment_method", action.route()), idempotency);
        let mut payment: Option<Payment> = self.store.get(tenant, &id.to_string()).await?;
        for _ in 0..TRIES_MAX {
            let current = payment.ok_or(Refusal::NotFound(Resource::Payment))?;
            if let Some(answer) = earlier_answer(&current, action.route(), idempotency)? {
                return Ok(Idempotent::replay(answer, self.authorized().await?));
            }
            // What another front door made is no intent, whatever is wanted of it.
            if current.intent.is_none() {
                let refusal = tollgate_domain::payment::Refusal::UnexpectedStatus(current.state.status);
                return Err(Refusal::Payment(refusal).into());
            }
            let (command, resolved) = Box::pin(self.command_for(tenant, fresh, &current, action)).await?;
            let mut next = current.apply(command, self.now, &self.request).map_err(Refusal::from)?;
            remember(&mut next, action.route(), idempotency);
            // Only what the intent allows is written: its payment method first, so that it never names one that is not there.
            self.store_method(tenant, resolved.as_ref()).await?;
            let writer = self.admitted().await?.writer();
            match writer.replace(tenant, &next).await? {
                Replaced::Done => return Ok(Idempotent::new(next)),
                Replaced::Conflict(now) => payment = now,
            }
        }
        Err(contended(id))
    }

    /// The command for an action, and the payment method that it brings. Writes nothing.
    async fn command_for(
        &self,
        tenant: Tenant,
        fresh: PaymentMethodId,
        current: &Payment,
        action: &IntentAction,
    ) -> Result<(Command, Option<Resolved>), Error> {
        let types = current.intent.as_ref().map_or(&[][..], |intent| intent.payment_method_types.as_slice());
        Ok(match action {
            IntentAction::Update(update) => {
                let mut amendment = update.amendment.clone();
                if update.amount.is_some() || update.currency.is_some() {
                    let amount = Money {
                        minor: update.amount.unwrap_or(current.amount.minor),
                        currency: update.currency.unwrap_or(current.amount.currency),
                    };
                    check_amount(amount, AMOUNT_MINOR_MIN)?;
                    amendment.amount = Some(amount);
                }
                if let Some(customer) = amendment.customer {
                    must_exist(&self.store, tenant, customer).await?;
                }
                if update.metadata.is_some() {
                    let metadata = current.metadata.updated(update.metadata.as_ref());
                    amendment.metadata = Some(metadata.map_err(Refusal::from)?);
                }
                let customer = amendment.customer.or(current.customer);
                let resolved =
                    self.resolve_for(tenant, fresh, update.method.as_ref(), customer, types).await?;
                amendment.method = resolved.as_ref().map(|resolved| resolved.method.method());
                (Command::Amend(Box::new(amendment)), resolved)
            }
            IntentAction::Confirm { method, return_url } => {
                let known = current.intent.as_ref().and_then(|intent| intent.payment_method);
                // One that the intent has since before may have been attached to another customer, or detached.
                let known = known.map(|id| MethodRef::Named(id.to_prefixed("pm_")));
                let resolved = self
                    .resolve_for(tenant, fresh, method.as_ref().or(known.as_ref()), current.customer, types)
                    .await?;
                let method = resolved.as_ref().map(|resolved| Box::new(resolved.method.method()));
                let instrument = method.as_ref().map(|method| &method.instrument);
                let outcome = match instrument.or(current.instrument.as_ref()) {
                    Some(instrument) => sandbox_outcome(sandbox::charge(instrument, self.now))?,
                    // There is nothing to charge: the intent refuses, whatever the outcome.
                    None => Outcome::Approved,
                };
                let command = Command::Confirm { method, return_url: return_url.clone(), outcome };
                (command, resolved)
            }
            IntentAction::Capture(amount) => {
                let minor = amount.unwrap_or_else(|| current.capturable().max(1));
                (Command::Capture(minor), None)
            }
            IntentAction::Cancel(reason) => (Command::CancelIntent(reason.clone()), None),
        })
    }

    /// The payment method that a request names, if it does, of a kind that the intent accepts.
    async fn resolve_for(
        &self,
        tenant: Tenant,
        fresh: PaymentMethodId,
        named: Option<&MethodRef>,
        customer: Option<CustomerId>,
        types: &[String],
    ) -> Result<Option<Resolved>, Error> {
        let Some(named) = named else { return Ok(None) };
        let resolved = self.resolve_method(tenant, fresh, named, customer).await?;
        let kind = kind_of(&resolved.method.source);
        if types.is_empty() || types.iter().any(|accepted| accepted == kind) {
            Ok(Some(resolved))
        } else {
            Err(Refusal::Method(MethodRefusal::TypeNotAccepted).into())
        }
    }

    async fn store_method(&self, tenant: Tenant, resolved: Option<&Resolved>) -> Result<(), Error> {
        if let Some(resolved) = resolved.filter(|resolved| resolved.is_new) {
            let writer = self.admitted().await?.writer();
            match writer.create(tenant, &resolved.method).await? {
                Put::Created => {}
                // An earlier try of the same request made it, or an earlier request with the same key another one.
                Put::Exists(existing) if existing.source == resolved.method.source => {}
                Put::Exists(_) => return Err(Refusal::IdempotencyKeyReused.into()),
            }
        }
        Ok(())
    }

    /// Whether the caller came with a publishable key.
    pub async fn is_client(&self) -> Result<bool, Error> {
        Ok(self.authorized().await?.is_publishable())
    }

    /// Checks the client secret that a payer's page has to show, of a caller with a publishable key.
    pub async fn check_client(&self, id: PaymentId, client_secret: Option<&str>) -> Result<(), Error> {
        let tenant = self.tenant().await?;
        let right = match client_secret {
            None => !self.is_client().await?,
            Some(sent) => self.gateway.is_client_secret(tenant, id, sent)?,
        };
        if right { Ok(()) } else { Err(Refusal::ClientSecret.into()) }
    }
}
