//! The payer's answer to a challenge.

use tollgate_domain::{
    Payment, PaymentMethod, Refusal, RequestRef, Tenant,
    payment::{Command, Status},
};
use tollgate_processors::sandbox;
use tollgate_store::Replaced;

use super::link::{LinkError, requires_new_confirmation};
use crate::{
    conflict_retry::{Write, retry_conflicts},
    error::Error,
    gateway::Gateway,
    payments::{
        payment_method_ref::{attached_method, store_attached},
        sandbox_charge::{instrument, sandbox_outcome},
    },
    signing::links::Purpose,
    worker::Worker,
};

impl Gateway {
    /// Answers a challenge; a second answer changes nothing. A read and one conditional put with the sandbox.
    /// A charge at a processor is recorded before and after each of its requests.
    pub async fn answer_challenge(
        &self,
        token: &str,
        passed: bool,
        request: &RequestRef,
    ) -> Result<(Tenant, Payment), LinkError> {
        let (link, payment) = self.linked_payment(Purpose::Challenge, token).await?;
        let (tenant, worker) = (link.tenant(), &self.worker_of_payer(&link));
        retry_conflicts("payment of a challenge", payment, |payment| async move {
            if payment.state.status != Status::RequiresAction {
                return if requires_new_confirmation(&payment) {
                    Err(LinkError::Changed)
                } else {
                    Ok(Write::Done((tenant, payment)))
                };
            }
            self.not_expired(&payment)?;
            if passed && payment.processor_charge.is_some() {
                let charged = Box::pin(worker.charge_at_processor(tenant, &payment, request)).await?;
                return Ok(Write::Done((tenant, charged)));
            }
            let now = self.now();
            let command = if passed {
                let outcome = sandbox_outcome(sandbox::charge_after_challenge(instrument(&payment)?, now))?;
                Command::ChallengePassed(outcome)
            } else {
                Command::ChallengeFailed
            };
            let next = payment.apply(command, now, request).map_err(|e| Error::from(Refusal::from(e)))?;
            attach_method(worker, tenant, &next, request).await?;
            let replaced = worker.writer().replace(tenant, &next).await;
            Ok(match replaced.map_err(Error::from)? {
                Replaced::Done => Write::Done((tenant, next)),
                Replaced::Conflict(now) => Write::Conflict(now.ok_or(LinkError::Invalid)?),
            })
        })
        .await
    }
}

/// Attaches the payment method of a charged intent to its customer, if the merchant wants to use it again.
async fn attach_method(
    worker: &Worker,
    tenant: Tenant,
    intent: &Payment,
    request: &RequestRef,
) -> Result<(), Error> {
    let id = intent.intent.as_ref().and_then(|intent| intent.payment_method);
    let (Some(id), Some(_)) = (id, intent.keeps_method_for()) else { return Ok(()) };
    let method: Option<PaymentMethod> = worker.writer().get(tenant, &id.to_string()).await?;
    let Some(method) = method else { return Ok(()) };
    let attached = attached_method(worker.writer(), tenant, intent, &method, intent.updated, request).await?;
    store_attached(worker.writer(), tenant, attached).await
}
