//! What a warm request costs a function in processor time, user and system together, beside a route that asks no table.
//! Release binaries, in one run. Lambda gives 256 MB a seventh of a core: a millisecond here is seven there.
//!
//! `cargo bench --workspace --bench cpu`, or with `-- 200` for another number of requests to each route.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::cast_precision_loss)]

use serde_json::json;
use tollgate_tests::{Client, Cloud, build_some};

/// Requests to each route; all of them together stay within a key's window of 1,000.
const REQUESTS: u32 = 300;
const WARM_UP: u32 = 20;
const BINARIES: &[&str] = &[
    "tollgate-local",
    "charges-unknown-route",
    "charges-health",
    "charges-create-payment",
    "charges-retrieve-payment",
    "publish-events",
    "deliver-webhook",
    "find-due-work",
    "run-due-work",
];

/// Nanoseconds that a function's processes have run for, all threads together.
async fn spent(cloud: &Cloud, function: &str) -> u64 {
    let mut sum = 0;
    for pid in cloud.pids(function).await {
        for thread in std::fs::read_dir(format!("/proc/{pid}/task")).unwrap() {
            let times = std::fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap();
            sum += times.split_whitespace().next().unwrap().parse::<u64>().expect("nanoseconds");
        }
    }
    sum
}

async fn ask(charges: &Client, route: &str, payment: &str) {
    match route {
        "charges-create-payment" => {
            let source = json!({"type": "card", "token": "tok_visa_4242"});
            let body = json!({"amount": 1234, "currency": "GBP", "source": source});
            charges.post("/payments", &body).await.expect(201);
        }
        "charges-retrieve-payment" => {
            charges.get(payment).await.expect(200);
        }
        "charges-health" => {
            charges.get("/health").await.expect(200);
        }
        _ => {
            charges.get("/nowhere").await.expect(404);
        }
    }
}

fn main() {
    let requests = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(REQUESTS);
    build_some(BINARIES);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(measure(requests));
}

async fn measure(requests: u32) {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    let source = json!({"type": "card", "token": "tok_visa_4242"});
    let body = json!({"amount": 1234, "currency": "GBP", "source": source});
    let made = charges.post("/payments", &body).await.expect(201);
    let payment = format!("/payments/{}", made["id"].as_str().unwrap());
    let mut least = None;
    println!("{:<26} {:>9} {:>7}   of {requests} requests", "", "ms", "ratio");
    for route in
        ["charges-unknown-route", "charges-health", "charges-retrieve-payment", "charges-create-payment"]
    {
        for _ in 0..WARM_UP {
            ask(&charges, route, &payment).await;
        }
        let before = spent(&cloud, route).await;
        for _ in 0..requests {
            ask(&charges, route, &payment).await;
        }
        let each = (spent(&cloud, route).await - before) as f64 / f64::from(requests) / 1e6;
        let ratio = each / *least.get_or_insert(each);
        println!("{route:<26} {each:>9.3} {ratio:>7.1}");
    }
}
