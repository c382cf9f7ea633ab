//! Prefixes of ids and other names of the `intents` API.

/// The version of the API, as its changelog counts.
pub const VERSION: &str = "2.4";
/// Prefix of an intent's id.
pub const PAYMENT_PREFIX: &str = "pi_";
/// See [`PAYMENT_PREFIX`]. A payment's charge has the payment's id.
pub const CHARGE_PREFIX: &str = "ch_";
/// See [`PAYMENT_PREFIX`].
pub const METHOD_PREFIX: &str = "pm_";
/// See [`PAYMENT_PREFIX`].
pub const REFUND_PREFIX: &str = "re_";
/// See [`PAYMENT_PREFIX`].
pub const CUSTOMER_PREFIX: &str = "cus_";
/// See [`PAYMENT_PREFIX`].
pub const ENDPOINT_PREFIX: &str = "we_";
/// Prefix of a balance transaction's id.
pub const TRANSACTION_PREFIX: &str = "txn_";
/// Prefix of a dispute's id.
pub const DISPUTE_PREFIX: &str = "dp_";
/// Prefix of a payout's id.
pub const PAYOUT_PREFIX: &str = "po_";
/// Prefix of a bank account's id.
pub const BANK_ACCOUNT_PREFIX: &str = "ba_";
/// Prefix of a transfer's id.
pub const TRANSFER_PREFIX: &str = "tr_";
/// Prefix of an adjustment's id.
pub const ADJUSTMENT_PREFIX: &str = "adj_";
/// Prefix of a product's id.
pub const PRODUCT_PREFIX: &str = "prod_";
/// Prefix of a price's id.
pub const PRICE_PREFIX: &str = "price_";
/// The statuses of a payout.
pub const PAYOUT_STATUSES: &[&str] = &["canceled", "failed", "in_transit", "paid", "pending"];
/// The types that a balance transaction may have. Those that nothing makes yet find nothing.
pub const TRANSACTION_TYPES: &[&str] = &[
    "adjustment",
    "charge",
    "payment",
    "payment_failure_refund",
    "payment_refund",
    "payout",
    "payout_cancel",
    "payout_failure",
    "refund",
    "refund_failure",
    "stripe_fee",
    "transfer",
];
/// The reasons that a refund may have.
pub const REFUND_REASONS: &[&str] = &["duplicate", "fraudulent", "requested_by_customer"];
/// Prefix of an event's id.
pub const EVENT_PREFIX: &str = crate::event_body::EVENT_PREFIX;
/// Prefix of an API key's id.
pub const KEY_PREFIX: &str = "key_";
/// Prefix of the account's id.
pub const ACCOUNT_PREFIX: &str = "acct_";
