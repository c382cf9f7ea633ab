//! Prefixes of ids and other names of the `direct` API.

/// Prefix of a payment's id.
pub const PAYMENT_PREFIX: &str = "pay_";
/// Prefix of a refund's id.
pub const REFUND_PREFIX: &str = "rfnd_";
/// Prefix of a customer's id.
pub const CUSTOMER_PREFIX: &str = "cus_";
