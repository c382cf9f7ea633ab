//! Payments that wait for the operator.

use tollgate_domain::{Payment, PaymentId, RequestRef, Tenant, payment::Command};
use tollgate_processors::processor::ProcessorError;

use super::{
    alarm,
    health::Resumed,
    limits::{STUCK_ASK_MS, TRY_MS_MAX},
    transition::Transition,
};
use crate::{
    conflict_retry::{Write, retry_conflicts},
    error::Error,
    worker::Worker,
};

impl Worker {
    /// After a status query without an answer: the payment stays due, and after [`TRY_MS_MAX`] the operator is
    /// alerted.
    pub(crate) async fn not_looked_up(
        &self,
        tenant: Tenant,
        payment: &Payment,
        error: ProcessorError,
        request: &RequestRef,
    ) -> Result<Resumed, Error> {
        self.stuck_if_late(tenant, payment, "the processor cannot be asked", request).await?;
        Ok(Resumed::after(error))
    }

    /// Hands a payment to the operator if its stage has lasted for [`TRY_MS_MAX`].
    pub(super) async fn stuck_if_late(
        &self,
        tenant: Tenant,
        payment: &Payment,
        what: &str,
        request: &RequestRef,
    ) -> Result<(), Error> {
        let since = payment.processor_charge.as_ref().and_then(|charge| charge.since);
        if since.is_none_or(|since| since.plus_ms(TRY_MS_MAX) > self.now()) {
            return Ok(());
        }
        self.stuck(tenant, payment, what, request).await
    }

    /// Hands a payment to the operator, who is alerted each time that due work looks at it: once a day.
    pub(crate) async fn stuck(
        &self,
        tenant: Tenant,
        payment: &Payment,
        what: &str,
        request: &RequestRef,
    ) -> Result<(), Error> {
        let ask_at = self.now().plus_ms(STUCK_ASK_MS);
        if let Transition::Done(_) =
            self.transition(tenant, payment, Command::Stuck { ask_at }, request).await?
        {
            let subject = format!("{tenant}PAY#{}", payment.id);
            alarm::raise(self.now(), &subject, &payment.request.request_id, what);
        }
        Ok(())
    }

    /// The operator resumes a payment that waits for a person: it is due immediately. `false` if nothing of
    /// it is open with a processor.
    pub(crate) async fn resume_stuck_payment(&self, tenant: Tenant, id: PaymentId) -> Result<bool, Error> {
        retry_conflicts(id, (), |()| async move {
            let payment: Option<Payment> = self.store.get(tenant, &id.to_string()).await?;
            let Some(payment) = payment.filter(Payment::is_open_with_processor) else {
                return Ok(Write::Done(false));
            };
            let request = self.new_request();
            Ok(match self.transition(tenant, &payment, Command::Resume, &request).await? {
                Transition::Done(_) => Write::Done(true),
                Transition::Overtaken(_) => Write::Conflict(()),
            })
        })
        .await
    }
}
