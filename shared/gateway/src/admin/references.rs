//! Compares a processor's report with the ledger: after a restore the processor may know what the tables lost.

use tollgate_domain::{MerchantId, Mode, Payment, PaymentId, Refund, RefundId, Tenant};

use super::operator::{Admin, AdminError};

/// References that are looked up at the same time: one call reads a hundred items.
const AT_A_TIME: usize = 100;

/// What the ledger has for a processor's reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferenceFound {
    /// The reference, as it was given.
    pub reference: String,
    /// The payment or the refund; `None` if the ledger has neither.
    pub recorded: Option<RecordedMoney>,
}

/// A payment or a refund of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedMoney {
    /// `payment` or `refund`.
    pub kind: &'static str,
    /// The last part of the item's key, as `resume-money` takes it.
    pub key: String,
    /// Its status.
    pub status: String,
    /// The amount, in minor units.
    pub amount_minor: i64,
    /// The currency's code.
    pub currency: String,
}

impl Admin {
    /// Looks up the references of a processor's report: the ids of payments and refunds, written as UUIDs.
    pub async fn look_up_references(
        &self,
        merchant: MerchantId,
        mode: Mode,
        references: &[String],
    ) -> Result<Vec<ReferenceFound>, AdminError> {
        let tenant = Tenant { merchant, mode };
        let mut all = Vec::with_capacity(references.len());
        for references in references.chunks(AT_A_TIME) {
            let ids = |parse: fn(&str) -> Option<String>| -> Vec<String> {
                references.iter().filter_map(|reference| parse(reference)).collect()
            };
            let payments: Vec<Payment> = self.0.store.get_many(tenant, &ids(payment_id)).await?;
            let refunds: Vec<Refund> = self.0.store.get_many(tenant, &ids(refund_id)).await?;
            let recorded = |reference: &str| {
                let payment =
                    payments.iter().find(|payment| Some(payment.id.to_string()) == payment_id(reference));
                let refund =
                    refunds.iter().find(|refund| Some(refund.id.to_string()) == refund_id(reference));
                payment.map(of_payment).or_else(|| refund.map(of_refund))
            };
            all.extend(references.iter().map(|reference| ReferenceFound {
                reference: reference.clone(),
                recorded: recorded(reference),
            }));
        }
        Ok(all)
    }
}

/// The id of the payment with this reference at its processor, as keys have it.
pub(super) fn payment_id(reference: &str) -> Option<String> {
    PaymentId::parse_uuid(reference).ok().map(|id| id.to_string())
}

/// The id of the refund with this reference at its processor, as keys have it.
pub(super) fn refund_id(reference: &str) -> Option<String> {
    RefundId::parse_uuid(reference).ok().map(|id| id.to_string())
}

fn of_payment(payment: &Payment) -> RecordedMoney {
    RecordedMoney {
        kind: "payment",
        key: format!("PAY#{}", payment.id),
        status: payment.state.status.as_str().to_owned(),
        amount_minor: payment.amount.minor,
        currency: payment.amount.currency.code().to_owned(),
    }
}

fn of_refund(refund: &Refund) -> RecordedMoney {
    RecordedMoney {
        kind: "refund",
        key: format!("REF#{}", refund.id),
        status: refund.status.as_str().to_owned(),
        amount_minor: refund.amount.minor,
        currency: refund.amount.currency.code().to_owned(),
    }
}
