//! What objects show that is not stored in them, and what several of them say alike.

use tollgate_domain::Payment as StoredPayment;

use super::super::names::METHOD_PREFIX;

/// What objects show that is not stored in them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// Whether real money moves.
    pub livemode: bool,
    /// The page where the payer completes the payment's challenge.
    pub challenge_url: Option<&'a str>,
    /// The secret with which a payer's page may read and confirm the intent.
    pub client_secret: Option<&'a str>,
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
