//! Limits of requests to processors.

/// Requests of one stage of a charge, or for one refund, at most.
pub(crate) const SENDS_MAX: u32 = 5;
/// How long an authorization is sent again, in milliseconds: a quarter of an hour. After that the payer has
/// left.
pub(crate) const AUTHORIZE_MS_MAX: i64 = 15 * 60 * 1000;
/// How long a capture, a release or a refund is tried before the operator is alerted, in milliseconds: a day.
pub(crate) const TRY_MS_MAX: i64 = 24 * 60 * 60 * 1000;
/// How often due work looks at a payment or a refund that waits for the operator, in milliseconds: once a
/// day.
pub(crate) const STUCK_ASK_MS: i64 = 24 * 60 * 60 * 1000;
