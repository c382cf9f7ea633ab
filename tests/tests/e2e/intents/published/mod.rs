//! What Stripe publishes of the resources served here: parameters and fields (`tests/data/stripe/published.json`).

mod fields;
mod parameters;
mod samples;
mod table;

use serde_json::Value;
use tollgate_domain::{ContractLimit, FrontDoor, Tier};
use tollgate_tests::Cloud;

/// The published names.
fn published() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/stripe/published.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn names(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect()
}

/// A local cloud whose demo merchant may ask as often as it takes.
pub(super) async fn unlimited() -> Cloud {
    let cloud = Cloud::start().await;
    let (admin, merchant) = (cloud.admin(), cloud.demo_scope().merchant);
    admin.set_tier(merchant, Tier::Enterprise).await.unwrap();
    let limit = ContractLimit { requests_per_minute: 50_000, burst: None };
    admin.set_limit(merchant, FrontDoor::Intents, Some(limit)).await.unwrap();
    cloud
}
