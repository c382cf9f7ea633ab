//! The `simple` API: `/v1`, decimal amounts, errors of one sentence.

mod errors;
mod names;
mod objects;

use tollgate_domain::FrontDoor;

pub use names::{PAYMENT_PREFIX, REFUND_PREFIX};
pub use objects::{Payment, Refund};

use crate::{
    Answer, Problem, PublishedApi,
    limits::{ApiLimits, burst_by_tier, requests_by_tier},
};

/// The `simple` API.
#[derive(Clone, Copy, Debug)]
pub struct Simple;

impl PublishedApi for Simple {
    fn front_door(&self) -> FrontDoor {
        FrontDoor::Simple
    }

    fn base_path(&self) -> &'static str {
        "/v1"
    }

    fn purpose(&self) -> &'static str {
        "the smallest integration: three routes"
    }

    fn limits(&self) -> ApiLimits {
        ApiLimits { requests_per_minute: requests_by_tier, burst: Some(burst_by_tier), per_merchant: false }
    }

    fn error(&self, problem: &Problem, _request_id: &str) -> Answer {
        errors::answer(problem)
    }
}
