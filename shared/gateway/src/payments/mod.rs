//! Payments, payment methods and refunds of a merchant.
//!
//! - `create`: `create_payment`, `confirm_payment`; payments that are charged at once.
//! - `order_index`: which payments have an order number.
//! - `list`: `retrieve_payment`, `list_payments`, `challenge_url`.
//! - `intents`: `create_intent`, `is_client`, `check_client`; payments made in steps.
//! - `intent_actions`: `change_intent`: update, confirm, capture, cancel.
//! - `charges`: `retrieve_charge`, `update_charge`, `capture_charge`, `list_charges`; the charge of a payment.
//! - `checkout`: `initialize_checkout`, `flow_url`; payments on a hosted page.
//! - `checkout_attempts`: the attempts to pay one order.
//! - `payment_methods`: `create_payment_method`, `retrieve_payment_method`, `list_payment_methods`,
//!   `attach_payment_method`, `detach_payment_method`, `update_payment_method`.
//! - `payer_presence`: whether the payer can be challenged.
//! - `payment_method_ref`: the payment method that a request names or describes.
//! - `refunds`: `create_refund`, `retrieve_refund`, `update_refund`, `cancel_refund`, `list_refunds`.
//! - `amount`: bounds of amounts.
//! - `sandbox_charge`: what the sandbox charges.

pub(crate) mod amount;
pub(crate) mod charges;
pub(crate) mod checkout;
pub(crate) mod checkout_attempts;
pub(crate) mod create;
pub(crate) mod intent_actions;
pub(crate) mod intents;
pub(crate) mod list;
pub(crate) mod order_index;
pub(crate) mod payer_presence;
pub(crate) mod payment_method_ref;
pub(crate) mod payment_methods;
pub(crate) mod refunds;
pub(crate) mod sandbox_charge;
