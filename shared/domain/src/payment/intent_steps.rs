//! The steps of an intent: change, confirm, capture, cancel.

use super::{
    Payment,
    command::{Outcome, Refusal},
    details::Details,
    intent::{Amendment, Intent, Method},
    status::Status,
};
use crate::time::Timestamp;

/// The statuses of an uncharged intent.
const UNCHARGED: &[Status] =
    &[Status::RequiresPaymentMethod, Status::RequiresConfirmation, Status::RequiresAction];

impl Payment {
    pub(super) fn amend(&mut self, amendment: Amendment) -> Result<(), Refusal> {
        self.must_be_one_of(UNCHARGED)?;
        let changes_charge = self.is_charge_changed_by(&amendment);
        self.apply_amendment(amendment)?;
        // The cardholder was challenged for the earlier charge, so the new one has to be confirmed again.
        if changes_charge && self.state.status == Status::RequiresAction {
            self.state.status = Status::RequiresConfirmation;
            self.due = None;
        }
        Ok(())
    }

    pub(super) fn confirm(
        &mut self,
        method: Option<Method>,
        return_url: Option<String>,
        changes: Amendment,
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.must_be_one_of(&[Status::RequiresPaymentMethod, Status::RequiresConfirmation])?;
        self.apply_amendment(changes)?;
        if let Some(method) = method {
            self.set_method(method)?;
        }
        if self.instrument.is_none() {
            return Err(Refusal::NoMethod);
        }
        if return_url.is_some() {
            self.state.return_url = return_url;
        }
        self.intent_mut()?.charges += 1;
        self.record_outcome(outcome, now);
        Ok(())
    }

    pub(super) fn capture_intent(&mut self, minor: i64, now: Timestamp) -> Result<(), Refusal> {
        self.must_be(Status::RequiresCapture)?;
        self.intent_mut()?;
        let capturable = self.capturable();
        if minor <= 0 || minor > capturable {
            return Err(Refusal::NotCapturable { capturable });
        }
        self.succeed(minor, now);
        Ok(())
    }

    pub(super) fn cancel_intent(&mut self, reason: Option<String>, now: Timestamp) -> Result<(), Refusal> {
        self.must_be_one_of(&[
            Status::RequiresPaymentMethod,
            Status::RequiresConfirmation,
            Status::RequiresAction,
            Status::RequiresCapture,
        ])?;
        let intent = self.intent_mut()?;
        intent.canceled_at = Some(now);
        intent.cancellation_reason = reason;
        self.end(Status::Canceled, None);
        Ok(())
    }

    /// Changes what is said of the payment. Nothing of the charge changes.
    pub fn annotate(&mut self, amendment: Amendment) -> Result<(), Refusal> {
        if let Some(customer) = amendment.customer {
            if self.customer.is_some_and(|known| known != customer) {
                return Err(Refusal::HasCustomer);
            }
            self.customer = Some(customer);
        }
        self.describe(amendment);
        Ok(())
    }

    /// The issuer's code for a decline, where it says more than the decline.
    #[must_use]
    pub fn with_decline_code(mut self, code: Option<&str>) -> Self {
        if self.state.decline.is_some()
            && let Some(intent) = &mut self.intent
        {
            intent.decline_code = code.map(str::to_owned);
        }
        self
    }

    /// Takes over what an amendment says, apart from the charge.
    fn describe(&mut self, amendment: Amendment) {
        if let Some(description) = amendment.description {
            self.description = description;
        }
        if let Some(metadata) = amendment.metadata {
            self.metadata = metadata;
            if let Some(hosted) = &mut self.hosted {
                hosted.metadata = None;
            }
        }
        self.details = Details::updated(self.details.as_deref(), amendment.details);
        if let Some(receipt_email) = amendment.receipt_email {
            match &mut self.intent {
                Some(intent) => intent.receipt_email = receipt_email,
                None if receipt_email.is_none() && self.details.is_none() => {}
                None => self.details.get_or_insert_default().receipt_email = receipt_email,
            }
        }
    }

    /// The fields of the intent; a payment that is none refuses an intent's command by its status.
    fn intent_mut(&mut self) -> Result<&mut Intent, Refusal> {
        let refusal = self.unexpected_status();
        self.intent.as_mut().ok_or(refusal)
    }

    fn set_method(&mut self, method: Method) -> Result<(), Refusal> {
        self.intent_mut()?.payment_method = Some(method.id);
        let billing = Some(method.billing).filter(|billing| !billing.is_empty());
        if billing.is_some() || self.details.is_some() {
            self.details.get_or_insert_default().billing = billing;
        }
        self.source = Some(method.source);
        self.instrument = Some(method.instrument);
        Ok(())
    }

    /// Whether an amendment changes the amount, the payment method, or whether the confirmation captures.
    fn is_charge_changed_by(&self, amendment: &Amendment) -> bool {
        let manual = self.intent.as_ref().map(|intent| intent.manual_capture);
        amendment.method.is_some()
            || amendment.amount.is_some_and(|amount| amount != self.amount)
            || amendment.manual_capture.is_some_and(|changed| Some(changed) != manual)
    }

    fn apply_amendment(&mut self, mut amendment: Amendment) -> Result<(), Refusal> {
        self.intent_mut()?;
        if let Some(method) = amendment.method.take() {
            self.set_method(method)?;
            self.state.decline = None;
            if self.state.status == Status::RequiresPaymentMethod {
                self.state.status = Status::RequiresConfirmation;
            }
        }
        if let Some(amount) = amendment.amount {
            self.amount = amount;
        }
        if amendment.customer.is_some() {
            self.customer = amendment.customer;
        }
        let intent = self.intent_mut()?;
        if let Some(types) = &amendment.payment_method_types {
            intent.payment_method_types.clone_from(types);
        }
        if let Some(manual) = amendment.manual_capture {
            intent.manual_capture = manual;
        }
        self.describe(amendment);
        Ok(())
    }
}
