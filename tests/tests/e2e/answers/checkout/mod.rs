//! The answers of `checkout`.

mod initialize_payment;
mod payment_status;
mod refund_payment;
mod unknown_route;

use super::*;
use crate::checkout::{initialized, order, pay, press_at, with};
