//! Charges: a charge is what a payment took, or tried to take, and has the payment's id.

use tollgate_domain::{
    Payment, PaymentId, Refusal, Resource,
    payment::{Amendment, Command},
};
use tollgate_store::Page;

use super::{
    intent_actions::{CaptureIntent, IntentAction, merged_metadata},
    list::PaymentFilter,
};
use crate::{
    call::Call,
    customers::customer::must_exist,
    error::Error,
    idempotency::idempotent::{Idempotency, Idempotent},
    pagination::is_created_within,
};

/// An update of a charge. Absent fields stay as they are.
#[derive(Clone, Debug, Default)]
pub struct ChargeUpdate {
    /// Description, receipt, shipping, the report of a fraud, and the customer if the payment has none.
    pub annotation: Amendment,
    /// Metadata to merge.
    pub metadata: Option<serde_json::Value>,
}

impl Call {
    /// Reads the payment of a charge; refuses an intent that was never charged. One round trip in a warm function.
    pub async fn retrieve_charge(&self, id: PaymentId) -> Result<Payment, Error> {
        let tenant = self.tenant().await?;
        let payment: Option<Payment> = self.store.get(tenant, &id.to_string()).await?;
        Ok(charged(payment)?)
    }

    /// Updates what is said of a charge, and so of its payment, in whatever status it is.
    pub async fn update_charge(
        &self,
        id: PaymentId,
        update: &ChargeUpdate,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<Payment>, Error> {
        if let Some(customer) = update.annotation.customer {
            let tenant = self.tenant().await?;
            must_exist(&self.store, tenant, customer).await?;
        }
        let step = |payment: &Payment| {
            if !payment.was_charged() {
                return Err(Refusal::NotFound(Resource::Charge).into());
            }
            let mut annotation = update.annotation.clone();
            annotation.metadata = merged_metadata(payment, update.metadata.as_ref())?;
            let command = Command::Annotate(Box::new(annotation));
            let next = payment.apply(command, self.now, &self.request);
            Ok(next.map_err(Refusal::from)?)
        };
        let id = id.to_string();
        named_charge(self.change(&id, "update_charge", idempotency, step).await)
    }

    /// Captures what an intent reserved, by its charge.
    pub async fn capture_charge(
        &self,
        id: PaymentId,
        capture: CaptureIntent,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<Payment>, Error> {
        let action = IntentAction::Capture(Box::new(capture));
        named_charge(self.change_intent(id, &action, idempotency).await)
    }

    /// Lists charges, newest first; `keep` of the filter has to leave out what was never charged. Of one payment it is one read.
    pub async fn list_charges(
        &self,
        filter: PaymentFilter,
        of: Option<PaymentId>,
    ) -> Result<Page<Payment>, Error> {
        let Some(id) = of else {
            return self.list_payments(filter).await;
        };
        let tenant = self.tenant().await?;
        let payment: Option<Payment> = self.store.get(tenant, &id.to_string()).await?;
        let is_listed = |payment: &Payment| {
            let page = filter.page_request;
            page.starting_after.is_none()
                && page.ending_before.is_none()
                && filter.customer.is_none_or(|customer| payment.customer == Some(customer))
                && filter.keep.as_ref().is_none_or(|keep| keep(payment))
                && is_created_within(payment.created, filter.created_from, filter.created_to)
        };
        Ok(Page { items: payment.filter(is_listed).into_iter().collect(), next: None })
    }
}

/// The same, where a payment that does not exist is a charge that does not exist.
fn named_charge<T>(changed: Result<T, Error>) -> Result<T, Error> {
    match changed {
        Err(Error::Refused(Refusal::NotFound(Resource::Payment))) => {
            Err(Refusal::NotFound(Resource::Charge).into())
        }
        changed => changed,
    }
}

fn charged(payment: Option<Payment>) -> Result<Payment, Refusal> {
    payment.filter(Payment::was_charged).ok_or(Refusal::NotFound(Resource::Charge))
}
