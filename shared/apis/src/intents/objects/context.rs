//! What objects show that is not stored in them, and what several of them say alike.

use tollgate_domain::{
    Payment as StoredPayment, Tenant,
    ledger::{Booking, TransactionKind},
};

use super::super::names::{METHOD_PREFIX, TRANSACTION_PREFIX};

/// What objects show that is not stored in them.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Whose it is: the mode, and the ids of its balance transactions.
    pub tenant: Tenant,
    /// The page where the payer completes the payment's challenge.
    pub challenge_url: Option<&'a str>,
    /// The secret with which a payer's page may read and confirm the intent.
    pub client_secret: Option<&'a str>,
}

impl Context<'static> {
    /// The context of an object without a challenge and without a client secret.
    pub const fn of(tenant: Tenant) -> Self {
        Self { tenant, challenge_url: None, client_secret: None }
    }
}

impl Context<'_> {
    /// Whether real money moves.
    pub(super) const fn livemode(&self) -> bool {
        self.tenant.mode.is_live()
    }

    /// The id of the balance transaction of this kind, if there is one among what an object's state requires in the
    /// ledger.
    pub(super) fn transaction(&self, required: &[Booking<'_>], kind: TransactionKind) -> Option<String> {
        let booking = required.iter().find(|booking| booking.kind() == kind)?;
        Some(booking.id(self.tenant).to_prefixed(TRANSACTION_PREFIX))
    }
}

/// The currency of an amount, lower case.
pub(super) fn currency(amount: tollgate_domain::Money) -> String {
    amount.currency.code().to_ascii_lowercase()
}

/// The payment method of an intent.
pub(super) fn method_of(payment: &StoredPayment) -> Option<String> {
    let method = payment.intent.as_ref().and_then(|intent| intent.payment_method);
    method.map(|id| id.to_prefixed(METHOD_PREFIX))
}
