//! Customers: their profiles, the owners of e-mail addresses, and erasure.
//!
//! - `customer`: `create_customer`, `retrieve_customer`, `retrieve_customer_even_deleted`, `customers`,
//!   `update_customer`, `delete_customer`, `list_customers`.
//! - `payment_customer`: `Payer`; finds or creates the customer of a payment.
//! - `email_owners`: which customer owns an e-mail address.
//! - `address_ids`: `AddressIds`, customer ids derived from e-mail addresses.
//! - `erasure`: erases the data that belonged to a deleted customer.
//! - `erasure_progress`: when an erasure is finished.

pub(crate) mod address_ids;
pub(crate) mod customer;
pub(crate) mod email_owners;
pub(crate) mod erasure;
pub(crate) mod erasure_progress;
pub(crate) mod payment_customer;
