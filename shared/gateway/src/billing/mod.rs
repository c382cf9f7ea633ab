//! Billing: what merchants sell again and again.
//!
//! - `products`: `create_product`, `retrieve_product`, `update_product`, `delete_product`, `list_products`.
//! - `prices`: `create_price`, `retrieve_price`, `update_price`, `list_prices`.

pub(crate) mod prices;
pub(crate) mod products;
