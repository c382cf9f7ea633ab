//! Prefixes of ids and other names of the `charges` API.

/// The version of the API, which `X-API-Version` may name.
pub const VERSION: &str = "2025-09-01";
/// Prefix of a payment's id ("Common Response Fields").
pub const PAYMENT_PREFIX: &str = "pay_";
/// Prefix of a refund's id.
pub const REFUND_PREFIX: &str = "rfnd_";
/// Prefix of a customer's id.
pub const CUSTOMER_PREFIX: &str = "cus_";
/// The reasons that a refund may have.
pub const REFUND_REASONS: &[&str] = &["duplicate", "fraudulent", "requested_by_customer"];
