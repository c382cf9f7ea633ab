//! The `checkout` API: `/api/v1`, hosted pages.

mod errors;
mod objects;

use tollgate_domain::FrontDoor;

pub use objects::{Initialized, RefundAnswer, Transaction, TransactionAnswer};

use crate::{Answer, Problem, PublishedApi, limits::ApiLimits};

/// The `checkout` API.
#[derive(Clone, Copy, Debug)]
pub struct Checkout;

impl PublishedApi for Checkout {
    fn front_door(&self) -> FrontDoor {
        FrontDoor::Checkout
    }

    fn base_path(&self) -> &'static str {
        "/api/v1"
    }

    fn purpose(&self) -> &'static str {
        "hosted pages with 3-D Secure"
    }

    /// 100 requests a minute for each merchant.
    fn limits(&self) -> ApiLimits {
        ApiLimits { requests_per_minute: |_| 100, burst: None, per_merchant: true }
    }

    fn error(&self, problem: &Problem, _request_id: &str) -> Answer {
        errors::answer(problem)
    }
}
