//! Prefixes of ids and other names of the `simple` API.

/// Prefix of a payment's id.
pub const PAYMENT_PREFIX: &str = "pay_";
/// Prefix of a refund's id.
pub const REFUND_PREFIX: &str = "refund_";
