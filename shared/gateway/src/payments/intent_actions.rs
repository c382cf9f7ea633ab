//! Actions on an intent: update, confirm, capture, cancel.

use tollgate_domain::{
    Currency, Metadata, Money, Payment, PaymentId, PaymentMethodId, Refusal, Resource, Tenant,
    payment::{self, Amendment, Command, Outcome},
    payment_method::MethodRefusal,
};

use super::{
    amount::{AMOUNT_MINOR_MIN, check_amount},
    payer_presence::{Charged, PayerPresence},
    payment_method_ref::{MethodRef, Resolved},
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

/// A confirmation of an intent.
#[derive(Clone, Debug, Default)]
pub struct ConfirmIntent {
    /// The payment method, if not the intent's own.
    pub method: Option<MethodRef>,
    /// Where the payer returns after a challenge.
    pub return_url: Option<String>,
    /// Other changes.
    pub changes: Amendment,
    /// Whether the payer is there for a challenge.
    pub presence: PayerPresence,
}

/// A capture of an intent.
#[derive(Clone, Debug, Default)]
pub struct CaptureIntent {
    /// So many minor units; all of them if absent.
    pub amount: Option<i64>,
    /// What else is said of the payment.
    pub annotation: Amendment,
    /// Metadata to merge.
    pub metadata: Option<serde_json::Value>,
}

/// An action on an intent.
#[derive(Clone, Debug)]
pub enum IntentAction {
    /// Updates it.
    Update(Box<IntentUpdate>),
    /// Charges it.
    Confirm(Box<ConfirmIntent>),
    /// Captures the authorized amount.
    Capture(Box<CaptureIntent>),
    /// Cancels it, for this reason.
    Cancel(Option<String>),
}

impl IntentAction {
    /// The action's name, under which its idempotent answer is stored.
    const fn route(&self) -> &'static str {
        match self {
            Self::Update(_) => "update",
            Self::Confirm(_) => "confirm",
            Self::Capture(_) => "capture",
            Self::Cancel(_) => "cancel",
        }
    }
}

/// What an action does to an intent.
struct ActionCommand {
    command: Command,
    /// The payment method that it brings, if any.
    resolved: Option<Resolved>,
    /// The issuer's code for a decline.
    decline_code: Option<&'static str>,
    /// What is said of the payment besides.
    annotation: Amendment,
}

impl ActionCommand {
    fn of(command: Command) -> Self {
        Self { command, resolved: None, decline_code: None, annotation: Amendment::default() }
    }
}

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
            let wanted = Box::pin(self.command_for(tenant, fresh, &current, action)).await?;
            let next = current.apply(wanted.command, self.now, &self.request).map_err(Refusal::from)?;
            let mut next = next.with_decline_code(wanted.decline_code);
            next.annotate(wanted.annotation).map_err(Refusal::from)?;
            remember(&mut next, action.route(), idempotency);
            // The payment method is stored only after the intent accepted it, and before the intent that
            // names it.
            self.keep_method(tenant, &next, wanted.resolved.as_ref()).await?;
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
            IntentAction::Confirm(confirm) => self.confirm_command(tenant, fresh, current, confirm).await,
            IntentAction::Capture(capture) => {
                let minor = capture.amount.unwrap_or_else(|| current.capturable().max(1));
                let mut annotation = capture.annotation.clone();
                annotation.metadata = merged_metadata(current, capture.metadata.as_ref())?;
                Ok(ActionCommand { annotation, ..ActionCommand::of(Command::Capture(minor)) })
            }
            IntentAction::Cancel(reason) => Ok(ActionCommand::of(Command::CancelIntent(reason.clone()))),
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
        amendment.metadata = merged_metadata(current, update.metadata.as_ref())?;
        if update.method.is_none() && amendment.is_annotation() {
            return Ok(ActionCommand::of(Command::Annotate(Box::new(amendment))));
        }
        let customer = amendment.customer.or(current.customer);
        let types = accept_types(current, &mut amendment)?;
        let resolved = self.resolve_for(tenant, fresh, update.method.as_ref(), customer, &types).await?;
        amendment.method = resolved.as_ref().map(|resolved| resolved.method.method());
        let command = Command::Amend(Box::new(amendment));
        Ok(ActionCommand { resolved, ..ActionCommand::of(command) })
    }

    async fn confirm_command(
        &self,
        tenant: Tenant,
        fresh: PaymentMethodId,
        current: &Payment,
        confirm: &ConfirmIntent,
    ) -> Result<ActionCommand, Error> {
        let known = current.intent.as_ref().and_then(|intent| intent.payment_method);
        // The intent's own payment method is checked again: it may have been attached to another customer, or
        // detached.
        let known = known.map(|id| MethodRef::Named(id.to_prefixed("pm_")));
        let mut changes = confirm.changes.clone();
        let types = accept_types(current, &mut changes)?;
        let resolved = self.resolve_for(
            tenant,
            fresh,
            confirm.method.as_ref().or(known.as_ref()),
            current.customer,
            &types,
        );
        let resolved = resolved.await?;
        let method = resolved.as_ref().map(|resolved| Box::new(resolved.method.method()));
        let instrument = method.as_ref().map(|method| &method.instrument).or(current.instrument.as_ref());
        let source = method.as_ref().map(|method| &method.source).or(current.source.as_ref());
        let charged = match instrument {
            Some(instrument) => confirm.presence.charge(instrument, source, self.now)?,
            // There is nothing to charge: the intent refuses the command, whatever the outcome.
            None => Charged { outcome: Outcome::Approved, decline_code: None },
        };
        let (return_url, changes) = (confirm.return_url.clone(), Box::new(changes));
        let command = Command::Confirm { method, return_url, changes, outcome: charged.outcome };
        let decline_code = charged.decline_code;
        Ok(ActionCommand { resolved, decline_code, ..ActionCommand::of(command) })
    }
}

/// A payment's metadata after a merge, if there is one.
pub(super) fn merged_metadata(
    payment: &Payment,
    changes: Option<&serde_json::Value>,
) -> Result<Option<Metadata>, Refusal> {
    if changes.is_none() {
        return Ok(None);
    }
    // Metadata of a hosted payment may be more than others can hold.
    let current = match payment.json_object() {
        Some(object) => Metadata::from_json(&object.to_json())?,
        None => payment.metadata.clone(),
    };
    Ok(Some(current.updated(changes)?))
}

/// The kinds of payment methods that an intent accepts after an amendment, without those that the merchant
/// excludes; all if the list is empty. The amendment gets them, if it changes them.
fn accept_types(intent: &Payment, amendment: &mut Amendment) -> Result<Vec<String>, Refusal> {
    let current = intent.intent.as_ref().map(|intent| intent.payment_method_types.clone());
    let before = amendment.payment_method_types.clone().or(current).unwrap_or_default();
    let excluded = amendment.details.excluded_types.as_deref().unwrap_or_default();
    if !before.iter().any(|kind| excluded.contains(kind)) {
        return Ok(before);
    }
    let types: Vec<String> = before.into_iter().filter(|kind| !excluded.contains(kind)).collect();
    if types.is_empty() {
        return Err(Refusal::Method(MethodRefusal::TypeNotAccepted));
    }
    amendment.payment_method_types = Some(types.clone());
    Ok(types)
}
