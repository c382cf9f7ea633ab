//! Actions on an intent: update, confirm, capture, cancel.

use tollgate_domain::{
    Currency, Money, Payment, PaymentId, PaymentMethodId, Refusal, Resource, Tenant,
    payment::{self, Amendment, Command, Outcome},
};
use tollgate_processors::sandbox;

use super::{
    amount::{AMOUNT_MINOR_MIN, check_amount},
    payment_method_ref::{MethodRef, Resolved},
    sandbox_charge::sandbox_outcome,
};
use crate::{
    call::Call,
    conflict_retry::{Write, retry_conflicts},
    customers::customer::must_exist,
    error::Error,
    idempotency::{
        idempotent::{Idempotency, Idempotent},
        resource::{earlier_answer, remember},
    },
};

/// An update of an intent. Absent fields stay as they are.
#[derive(Clone, Debug, Default)]
pub struct IntentUpdate {
    /// The new amount, in minor units.
    pub amount: Option<i64>,
    /// The new currency.
    pub currency: Option<Currency>,
    /// The new payment method.
    pub method: Option<MethodRef>,
    /// The other fields.
    pub amendment: Amendment,
    /// Metadata to merge.
    pub metadata: Option<serde_json::Value>,
}

/// An action on an intent.
#[derive(Clone, Debug)]
pub enum IntentAction {
    /// Updates it.
    Update(Box<IntentUpdate>),
    /// Charges it.
    Confirm {
        /// The payment method, if not the intent's own.
        method: Option<MethodRef>,
        /// Where the payer returns after a challenge.
        return_url: Option<String>,
    },
    /// Captures the authorized amount: all of it, or so many minor units.
    Capture(Option<i64>),
    /// Cancels it, for this reason.
    Cancel(Option<String>),
}

impl IntentAction {
    /// The action's name, under which its idempotent answer is stored.
    const fn route(&self) -> &'static str {
        match self {
            Self::Update(_) => "update",
            Self::Confirm { .. } => "confirm",
            Self::Capture(_) => "capture",
            Self::Cancel(_) => "cancel",
        }
    }
}

/// The command of an action, and the payment method that it brings, if any.
type ActionCommand = (Command, Option<Resolved>);

impl Call {
    /// Carries out an action on an intent. A retry with the same idempotency key gets the first answer,
    /// whatever changed since.
    pub async fn change_intent(
        &self,
        id: PaymentId,
        action: &IntentAction,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<Payment>, Error> {
        let tenant = self.tenant().await?;
        // One id for all attempts and retries, so that none of them leaves an unused payment method behind.
        let fresh = self.id_for(tenant, &format!("{id}/{}/payment_method", action.route()), idempotency);
        let payment: Option<Payment> = self.store.get(tenant, &id.to_string()).await?;
        retry_conflicts(id, payment, |payment| async move {
            let current = payment.ok_or(Refusal::NotFound(Resource::Payment))?;
            if let Some(answer) = earlier_answer(&current, action.route(), idempotency)? {
                return Ok(Write::Done(Idempotent::replay(answer, self.authorized().await?)));
            }
            // A payment of another API is no intent, whatever the action.
            if current.intent.is_none() {
                let refusal = payment::Refusal::UnexpectedStatus(current.state.status);
                return Err(Refusal::Payment(refusal).into());
            }
            let (command, resolved) = Box::pin(self.command_for(tenant, fresh, &current, action)).await?;
            let mut next = current.apply(command, self.now, &self.request).map_err(Refusal::from)?;
            remember(&mut next, action.route(), idempotency);
            // The payment method is stored only after the intent accepted it, and before the intent that
            // names it.
            self.store_method(tenant, resolved.as_ref()).await?;
            let writer = self.admitted().await?.writer();
            let replaced = writer.replace(tenant, &next).await?;
            Ok(Write::after(replaced, Idempotent::new(next)))
        })
        .await
    }

    /// The command for an action. Writes nothing.
    async fn command_for(
        &self,
        tenant: Tenant,
        fresh: PaymentMethodId,
        current: &Payment,
        action: &IntentAction,
    ) -> Result<ActionCommand, Error> {
        match action {
            IntentAction::Update(update) => self.update_command(tenant, fresh, current, update).await,
            IntentAction::Confirm { method, return_url } => {
                self.confirm_command(tenant, fresh, current, method.as_ref(), return_url.clone()).await
            }
            IntentAction::Capture(amount) => {
                let minor = amount.unwrap_or_else(|| current.capturable().max(1));
                Ok((Command::Capture(minor), None))
            }
            IntentAction::Cancel(reason) => Ok((Command::CancelIntent(reason.clone()), None)),
        }
    }

    async fn update_command(
        &self,
        tenant: Tenant,
        fresh: PaymentMethodId,
        current: &Payment,
        update: &IntentUpdate,
    ) -> Result<ActionCommand, Error> {
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
        let types = accepted_types(current);
        let resolved = self.resolve_for(tenant, fresh, update.method.as_ref(), customer, types).await?;
        amendment.method = resolved.as_ref().map(|resolved| resolved.method.method());
        Ok((Command::Amend(Box::new(amendment)), resolved))
    }

    async fn confirm_command(
        &self,
        tenant: Tenant,
        fresh: PaymentMethodId,
        current: &Payment,
        method: Option<&MethodRef>,
        return_url: Option<String>,
    ) -> Result<ActionCommand, Error> {
        let known = current.intent.as_ref().and_then(|intent| intent.payment_method);
        // The intent's own payment method is checked again: it may have been attached to another customer, or
        // detached.
        let known = known.map(|id| MethodRef::Named(id.to_prefixed("pm_")));
        let types = accepted_types(current);
        let resolved =
            self.resolve_for(tenant, fresh, method.or(known.as_ref()), current.customer, types).await?;
        let method = resolved.as_ref().map(|resolved| Box::new(resolved.method.method()));
        let instrument = method.as_ref().map(|method| &method.instrument);
        let outcome = match instrument.or(current.instrument.as_ref()) {
            Some(instrument) => sandbox_outcome(sandbox::charge(instrument, self.now))?,
            // There is nothing to charge: the intent refuses the command, whatever the outcome.
            None => Outcome::Approved,
        };
        Ok((Command::Confirm { method, return_url, outcome }, resolved))
    }
}

/// The kinds of payment methods that an intent accepts; all if the list is empty.
fn accepted_types(intent: &Payment) -> &[String] {
    intent.intent.as_ref().map_or(&[][..], |intent| intent.payment_method_types.as_slice())
}
