//! Opens disputes.

use tollgate_domain::{
    Dispute, DisputeId, Mode, Money, Payment, PaymentId, Source, Subject, Tenant, Timestamp,
    dispute::{DisputeReason, NewDispute},
    idempotency::booking_id,
    ledger::{TransactionSource, required_by_payment},
};
use tollgate_processors::sandbox::{self, DisputeScript};
use tollgate_store::DisputePut;

use crate::{
    conflict_retry::{Write, retry_conflicts},
    error::Error,
    worker::Worker,
};

/// A dispute that is to be opened.
#[derive(Clone, Debug)]
pub(crate) struct OpenDispute {
    /// The derived id, so that it is opened once.
    pub(crate) id: DisputeId,
    /// The payment.
    pub(crate) payment: PaymentId,
    /// What is disputed, in minor units; `None`: all that is left. It takes no more than is left.
    pub(crate) minor: Option<i64>,
    /// Why.
    pub(crate) reason: DisputeReason,
    /// Whether the bank only inquires.
    pub(crate) is_inquiry: bool,
    /// Until when evidence may be submitted.
    pub(crate) evidence_due_by: Timestamp,
    /// The processor's name for it.
    pub(crate) reference: Option<String>,
}

/// The ids of the disputes that the sandbox opens for a captured payment. They are derived, so that each is opened once.
pub(super) fn sandbox_dispute_ids(tenant: Tenant, payment: &Payment) -> Vec<DisputeId> {
    if tenant.mode != Mode::Test || !is_captured(payment) {
        return Vec::new();
    }
    let key = TransactionSource::Payment(payment.id).key(tenant);
    (0..scripts_of(payment).len()).map(|n| booking_id(&key, &format!("dispute{n}"))).collect()
}

fn scripts_of(payment: &Payment) -> &'static [DisputeScript] {
    payment.instrument.as_ref().map_or(&[], sandbox::disputes_of)
}

fn is_captured(payment: &Payment) -> bool {
    !required_by_payment(payment).is_empty()
}

/// Whether all of a payment was given back.
const fn is_refunded(payment: &Payment) -> bool {
    payment.amount_captured > 0 && payment.amount_refunded >= payment.amount_captured
}

impl Worker {
    /// Opens the disputes of a sandbox payment that was just captured, if its card is one that is disputed. A change that is
    /// read again opens nothing new.
    pub(crate) async fn open_sandbox_disputes(
        &self,
        tenant: Tenant,
        before: Option<&Subject>,
        after: &Subject,
    ) -> Result<(), Error> {
        let Subject::Payment(payment) = after else { return Ok(()) };
        if matches!(before, Some(Subject::Payment(before)) if is_captured(before)) {
            return Ok(());
        }
        let ids = sandbox_dispute_ids(tenant, payment);
        for (id, script) in ids.into_iter().zip(scripts_of(payment)) {
            let new = OpenDispute {
                id,
                payment: payment.id,
                minor: script.share_of(payment.amount_captured),
                reason: script.reason,
                is_inquiry: script.is_inquiry,
                evidence_due_by: self.now().plus_ms(sandbox::EVIDENCE_MS),
                reference: None,
            };
            self.open_dispute(tenant, &new).await?;
        }
        Ok(())
    }

    /// Closes the inquiries of a payment that was just refunded whole: the bank has nothing more to ask. Those of the sandbox are
    /// read by their ids; a processor's take a query.
    pub(crate) async fn close_refunded_inquiries(
        &self,
        tenant: Tenant,
        before: Option<&Subject>,
        after: &Subject,
    ) -> Result<(), Error> {
        let Subject::Payment(payment) = after else { return Ok(()) };
        if !is_refunded(payment) || matches!(before, Some(Subject::Payment(before)) if is_refunded(before)) {
            return Ok(());
        }
        self.close_noticed_inquiries(tenant, payment).await?;
        for id in sandbox_dispute_ids(tenant, payment) {
            let dispute: Option<Dispute> = self.store().get(tenant, &id.to_string()).await?;
            if let Some(inquiry) = dispute.filter(|dispute| dispute.status.is_inquiry()) {
                self.close_inquiry(tenant, inquiry).await?;
            }
        }
        Ok(())
    }

    /// Opens a dispute and withholds its money, both or neither; returns it, or the one that has its id. `None` if nothing is
    /// left of the payment to dispute.
    pub(crate) async fn open_dispute(
        &self,
        tenant: Tenant,
        new: &OpenDispute,
    ) -> Result<Option<Dispute>, Error> {
        let request = &self.new_request();
        retry_conflicts(new.payment, (), |()| async move {
            let payment: Option<Payment> = self.store().get(tenant, &new.payment.to_string()).await?;
            let payment = payment.ok_or_else(|| Error::Internal(format!("no payment {}", new.payment)))?;
            let left = payment.refundable();
            let minor = new.minor.unwrap_or(left).min(left);
            if minor <= 0 {
                // A retry after it was opened finds its money withheld.
                return Ok(Write::Done(self.store().get(tenant, &new.id.to_string()).await?));
            }
            let terms = self.store().ledger_terms(tenant.merchant).await?;
            let brand = match &payment.source {
                Some(Source::Card(card)) => Some(card.brand),
                Some(_) | None => None,
            };
            let opening = NewDispute {
                id: new.id,
                payment: payment.id,
                amount: Money { minor, ..payment.amount },
                fee: terms.fees.dispute_fee_in(payment.amount.currency),
                brand,
                reason: new.reason,
                is_inquiry: new.is_inquiry,
                evidence_due_by: new.evidence_due_by,
                reference: new.reference.clone(),
            };
            let dispute = Dispute::open(opening, self.now(), request);
            let put = self.writer().write_dispute(tenant, &dispute, &payment, dispute.withheld()).await?;
            Ok(match put {
                DisputePut::Done => {
                    tracing::info!(dispute = %dispute.id, payment = %payment.id, minor, "a dispute was opened");
                    Write::Done(Some(dispute))
                }
                DisputePut::Exists(existing) => Write::Done(Some(*existing)),
                DisputePut::PaymentChanged => Write::Conflict(()),
            })
        })
        .await
    }
}
