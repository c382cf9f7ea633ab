//! Intents: payments made in steps, by the merchant's server and, with a client secret, by the payer's page.

use tollgate_domain::{
    CustomerId, Metadata, Money, Payment, PaymentId, Refusal, ReplaySnapshots,
    payment::{self, Command, Details, DetailsUpdate, Intent, NewPayment},
};

use super::{
    amount::{AMOUNT_MINOR_MIN, check_amount},
    payer_presence::{Charged, PayerPresence},
    payment_method_ref::MethodRef,
};
use crate::{
    call::Call,
    customers::customer::must_exist,
    error::Error,
    idempotency::{
        create::Draft,
        idempotent::{Idempotency, Idempotent},
    },
};

/// An intent to create.
#[derive(Clone, Debug)]
pub struct NewIntent {
    /// The amount.
    pub amount: Money,
    /// The customer.
    pub customer: Option<CustomerId>,
    /// The payment method, if it is known.
    pub method: Option<MethodRef>,
    /// The fields that only intents have.
    pub intent: Intent,
    /// The merchant's description.
    pub description: Option<String>,
    /// The merchant's metadata.
    pub metadata: Metadata,
    /// Whether to charge it immediately.
    pub confirm: bool,
    /// Where the payer returns after a challenge.
    pub return_url: Option<String>,
    /// What the merchant says beyond what is charged.
    pub details: DetailsUpdate,
    /// Whether the payer is there for a challenge.
    pub presence: PayerPresence,
}

impl Call {
    /// Creates an intent, and charges it if it is to be confirmed immediately. Two round trips, and one more
    /// if a payment method is stored first.
    pub async fn create_intent(
        &self,
        new: NewIntent,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<Payment>, Error> {
        let tenant = self.tenant().await?;
        let id: PaymentId = self.id_for(tenant, "payment_intents", idempotency);
        let draft = async {
            check_amount(new.amount, AMOUNT_MINOR_MIN)?;
            if let Some(customer) = new.customer {
                must_exist(&self.store, tenant, customer).await?;
            }
            let types = &new.intent.payment_method_types;
            let fresh = self.id_for(tenant, "payment_intents/payment_method", idempotency);
            let resolved = self.resolve_for(tenant, fresh, new.method.as_ref(), new.customer, types).await?;
            let method = resolved.as_ref().map(|resolved| resolved.method.method());
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
            let (id, billing) = method.map(|method| (method.id, method.billing)).unzip();
            let intent = Intent { payment_method: id, ..new.intent };
            let mut intent = Payment::create_intent(payment, intent, self.now);
            intent.state.return_url = new.return_url;
            intent.details = Details::updated(None, new.details);
            if let Some(billing) = billing.filter(|billing| !billing.is_empty()) {
                intent.details.get_or_insert_default().billing = Some(billing);
            }
            if new.confirm {
                intent = self.confirmed_intent(&intent, new.presence)?;
            }
            self.keep_method(tenant, &intent, resolved.as_ref()).await?;
            Ok(Draft::New(intent))
        };
        Box::pin(self.create_idempotent(tenant, &id.to_string(), idempotency, draft)).await
    }

    /// A new intent after its charge. It is created and charged in one put, so it has one version and no
    /// earlier answer.
    fn confirmed_intent(&self, intent: &Payment, presence: PayerPresence) -> Result<Payment, Error> {
        let instrument = intent.instrument.as_ref();
        let instrument = instrument.ok_or(Refusal::Payment(payment::Refusal::NoMethod))?;
        let Charged { outcome, decline_code } =
            presence.charge(instrument, intent.source.as_ref(), self.now)?;
        let command = Command::Confirm { method: None, return_url: None, changes: Box::default(), outcome };
        let charged = intent.apply(command, self.now, &self.request).map_err(Refusal::from)?;
        let charged = charged.with_decline_code(decline_code);
        Ok(Payment { version: 1, replay: ReplaySnapshots::default(), ..charged })
    }

    /// Whether the caller sent a publishable key.
    pub async fn is_client(&self) -> Result<bool, Error> {
        Ok(self.authorized().await?.is_publishable())
    }

    /// Checks the client secret. A caller with a publishable key must send one.
    pub async fn check_client(&self, id: PaymentId, client_secret: Option<&str>) -> Result<(), Error> {
        let tenant = self.tenant().await?;
        let is_valid = match client_secret {
            None => !self.is_client().await?,
            Some(sent) => self.gateway.is_client_secret(tenant, id, sent)?,
        };
        if is_valid { Ok(()) } else { Err(Refusal::ClientSecret.into()) }
    }
}
