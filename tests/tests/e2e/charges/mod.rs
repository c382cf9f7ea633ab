//! The `charges` API: payments, refunds, customers and wrong requests.

mod bad_input;
mod customers;
mod payments;
mod refunds;
