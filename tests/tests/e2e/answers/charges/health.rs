//! `GET /v1/health`.

use super::*;

#[tokio::test]
async fn health_says_the_version() {
    let cloud = Cloud::start().await;
    let mut charges = Transcript::new(cloud.charges());
    charges.get("health", "/health").await;
    let health = |charges: &Transcript, version| {
        charges.request(reqwest::Method::GET, "/health").header("x-api-version", version)
    };
    charges.send("the one version there is", health(&charges, "2025-09-01")).await;
    charges.send("another version", health(&charges, "2024-01-01")).await;
    assert_snapshot!(charges.text());
}
