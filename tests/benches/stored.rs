//! What creating, reading and listing payments costs when many are stored already: the calls and units of DynamoDB, which do not
//! change, and the time on the embedded one. Release binaries; the table is filled directly.
//!
//! `cargo bench --workspace --bench stored`, or with `-- 100000` for at most so many.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::cast_precision_loss)]

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};
use tollgate_domain::{
    Currency, FrontDoor, KeyKind, Metadata, Mode, Money, Payment, PaymentId, Permission, Tenant,
    payment::{NewPayment, Outcome},
};
use tollgate_gateway::{Clock, SystemClock};
use tollgate_store::Put;
use tollgate_tests::{Cloud, build_some, eventually, fill::Filling};

/// Payments that are stored when the operations are measured.
const STORED: [usize; 3] = [1_000, 100_000, 1_000_000];
/// Requests of each operation, and those before them that are not measured.
const REQUESTS: usize = 200;
const WARM_UP: usize = 20;
/// Payments that are made before they are put into the tables together.
const PART: usize = 100_000;
/// Writes at the same time.
const WRITERS: usize = 16;
/// The span in which the stored payments were made, up to now.
const SPAN: Duration = Duration::from_hours(90 * 24);
const OPERATIONS: [&str; 4] =
    ["charges-create-payment", "charges-retrieve-payment", "charges-list-payments", "its last page"];
const BINARIES: &[&str] = &[
    "tollgate-local",
    "charges-create-payment",
    "charges-retrieve-payment",
    "charges-list-payments",
    "publish-events",
    "deliver-webhook",
    "find-due-work",
    "run-due-work",
];

/// An odd number that spreads consecutive ones, as random ids are spread.
const SPREAD: u128 = 0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835;

/// The payment of this number, of so many, as if it had been made some time ago.
fn payment(number: usize, of: usize) -> Payment {
    let new = NewPayment {
        id: PaymentId::from_bytes((number as u128 + 1).wrapping_mul(SPREAD).to_be_bytes()),
        front_door: FrontDoor::Charges,
        request: format!("req_{number}").into(),
        amount: Money { minor: 1234, currency: Currency::from_code("GBP").unwrap() },
        source: None,
        instrument: None,
        customer: None,
        description: Some(format!("Order {number}")),
        metadata: Metadata::default(),
        fingerprint: None,
    };
    let ago = SPAN.mul_f64((of - number) as f64 / of as f64);
    let ago_ms = i64::try_from(ago.as_millis()).unwrap();
    Payment::create(new, Outcome::Approved, SystemClock.now().plus_ms(-ago_ms))
}

/// Stores the payments of these numbers.
async fn fill(data: &std::path::Path, tenant: Tenant, numbers: std::ops::Range<usize>, of: usize) {
    let filling = Filling::start().await;
    let numbers: Vec<usize> = numbers.collect();
    for part in numbers.chunks(PART) {
        let writes = part.iter().map(|number| {
            let store = &filling.store;
            async move {
                let put = store.create(tenant, &payment(*number, of)).await.unwrap();
                assert_eq!(put, Put::Created);
            }
        });
        stream::iter(writes).buffer_unordered(WRITERS).collect::<()>().await;
        assert_eq!(filling.put_into(data), part.len());
    }
}

/// What a request cost.
struct Cost {
    /// The calls of its line in the log, and its units.
    calls: BTreeSet<String>,
    median_ms: f64,
}

async fn measure(cloud: &Cloud, operation: &str, stored: &str) -> Cost {
    // A key of its own, whose rate window is empty.
    let key = cloud.demo_key(Mode::Test, KeyKind::Secret, Permission::ALL).await;
    let charges = cloud.charges().with_key(&key);
    let function = if operation == OPERATIONS[3] { OPERATIONS[2] } else { operation };
    let before = cloud.request_log(function).len();
    let mut took_ms = Vec::new();
    for number in 0..WARM_UP + REQUESTS {
        let began = Instant::now();
        match operation {
            "charges-create-payment" => {
                let source = json!({"type": "card", "token": "tok_visa_4242"});
                let body = json!({"amount": 1234, "currency": "GBP", "source": source});
                charges.post("/payments", &body).await.expect(201);
            }
            "charges-retrieve-payment" => {
                charges.get(&format!("/payments/{stored}")).await.expect(200);
            }
            "charges-list-payments" => {
                let page = charges.get("/payments?limit=20").await.expect(200);
                assert_eq!(page["data"].as_array().unwrap().len(), 20);
            }
            _ => {
                // After the oldest but some: the far end of the index.
                charges.get(&format!("/payments?limit=20&starting_after={stored}")).await.expect(200);
            }
        }
        if number >= WARM_UP {
            took_ms.push(began.elapsed().as_secs_f64() * 1000.0);
        }
    }
    took_ms.sort_by(f64::total_cmp);
    let lines = eventually("every request's line", || async {
        let lines = cloud.request_log(function);
        (lines.len() == before + WARM_UP + REQUESTS).then_some(lines)
    })
    .await;
    let calls = lines[before + WARM_UP..].iter().map(cost_of).collect();
    Cost { calls, median_ms: took_ms[took_ms.len() / 2] }
}

fn cost_of(line: &Value) -> String {
    let (read, write) = (&line["read_units"], &line["write_units"]);
    format!("{} · {read} read · {write} written", line["calls"].as_str().unwrap())
}

fn main() {
    let most = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(usize::MAX);
    build_some(BINARIES);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(compare(most));
}

async fn compare(most: usize) {
    let data = Arc::new(tempfile::tempdir().unwrap());
    let cloud = Cloud::start_in(data.clone(), &[]).await;
    let tenant = cloud.demo_scope();
    cloud.terminate(Duration::from_mins(1)).await;
    let mut first: Option<Vec<Cost>> = None;
    let (mut filled, last) = (0, STORED.into_iter().filter(|stored| *stored <= most).max().unwrap());
    for stored in STORED.into_iter().filter(|stored| *stored <= most) {
        let began = Instant::now();
        fill(data.path(), tenant, filled..stored, last).await;
        filled = stored;
        println!("{stored} payments, the last in {:.0} s", began.elapsed().as_secs_f64());
        let cloud = Cloud::start_in(data.clone(), &[]).await;
        let oldest = payment(30, last).id.to_prefixed("pay_");
        let mut costs = Vec::new();
        for operation in OPERATIONS {
            let cost = measure(&cloud, operation, &oldest).await;
            let calls: Vec<_> = cost.calls.iter().cloned().collect();
            println!("  {operation:<26} {:>7.2} ms  {}", cost.median_ms, calls.join("; "));
            costs.push(cost);
        }
        cloud.terminate(Duration::from_mins(1)).await;
        match &first {
            None => first = Some(costs),
            Some(first) => {
                for ((operation, few), many) in OPERATIONS.iter().zip(first).zip(&costs) {
                    assert_eq!(few.calls, many.calls, "{operation}: another cost after {stored}");
                    println!("  {operation:<26} {:>7.2} times as long", many.median_ms / few.median_ms);
                }
            }
        }
    }
}
