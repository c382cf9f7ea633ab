//! How a processor and the vault name payments and refunds.

use tollgate_domain::{PaymentId, RefundId, Tenant};

/// The reference of a payment at its processor.
pub(crate) fn payment_reference(id: PaymentId) -> String {
    id.uuid().to_string()
}

/// The reference of a refund at its processor.
pub(crate) fn refund_reference(id: RefundId) -> String {
    id.uuid().to_string()
}

/// The item that a payment's card is sealed for.
pub(crate) fn card_place(tenant: Tenant, id: PaymentId) -> String {
    format!("{tenant}PAY#{id}")
}
