//! The payer's choice on the checkout page: pay or cancel.

use tollgate_domain::{
    Payment, RequestRef, Tenant,
    payment::{Command, Status},
};

use super::link::LinkError;
use crate::{
    conflict_retry::{Write, retry_conflicts_bounded},
    gateway::Gateway,
    processing::transition::Transition,
    signing::links::Purpose,
};

impl Gateway {
    /// The payer presses "pay": the challenge comes next. A second press changes nothing.
    pub async fn confirm_checkout(
        &self,
        token: &str,
        request: &RequestRef,
    ) -> Result<(Tenant, Payment), LinkError> {
        self.move_checkout(token, &Command::PayerConfirmed, request).await
    }

    /// The payer presses "cancel".
    pub async fn cancel_checkout(
        &self,
        token: &str,
        request: &RequestRef,
    ) -> Result<(Tenant, Payment), LinkError> {
        self.move_checkout(token, &Command::Cancel, request).await
    }

    async fn move_checkout(
        &self,
        token: &str,
        command: &Command,
        request: &RequestRef,
    ) -> Result<(Tenant, Payment), LinkError> {
        let (link, payment) = self.linked_payment(Purpose::Checkout, token).await?;
        let (tenant, worker) = (link.tenant(), &self.worker_of_payer(&link));
        let moved = retry_conflicts_bounded(payment, |payment| async move {
            if payment.state.status != Status::RequiresConfirmation {
                return Ok::<_, LinkError>(Write::Done(payment));
            }
            self.not_expired(&payment)?;
            Ok(match worker.transition(tenant, &payment, command.clone(), request).await? {
                Transition::Done(next) => Write::Done(next),
                Transition::Overtaken(now) => Write::Conflict(now),
            })
        })
        .await?;
        let (Write::Done(payment) | Write::Conflict(payment)) = moved;
        Ok((tenant, payment))
    }
}
