//! The answers of `charges`.

mod confirm_payment;
mod create_customer;
mod create_payment;
mod create_refund;
mod delete_customer;
mod events;
mod health;
mod list_customers;
mod list_payments;
mod list_refunds;
mod retrieve_customer;
mod retrieve_payment;
mod retrieve_refund;
mod unknown_route;
mod update_customer;

use super::*;
use crate::payment;

/// A customer with every field of the text.
fn ada() -> Value {
    json!({
        "email": "ada@example.com", "name": "Ada Lovelace", "phone": "+44 7700 900123",
        "metadata": {"user_id": "12345", "10": 1.50, "2": true},
    })
}
