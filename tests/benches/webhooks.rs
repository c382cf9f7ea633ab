//! What sick endpoints cost healthy ones: many events to twenty endpoints, one of which never answers and one of which
//! always answers 500, beside the same events to the eighteen healthy ones alone. Release binaries, in one run.
//!
//! `cargo bench --workspace --bench webhooks`, or with `-- 1000` for another number of events. Every delivery is several
//! durable writes: on a slow disk, set `TMPDIR` to a folder in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::cast_precision_loss)]

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    routing::post,
};
use serde_json::json;
use tollgate_domain::{Customer, CustomerId, FrontDoor, Tenant, customer::Profile};
use tollgate_gateway::{Clock, SystemClock, Writer};
use tollgate_store::Put;
use tollgate_tests::{Cloud, build_some};

const EVENTS: u32 = 10_000;
const ENDPOINTS: usize = 20;
/// The endpoint that never answers, and the one that always fails.
const HANGS: usize = 0;
const FAILS: usize = 1;
/// Writers of events.
const WRITERS: u32 = 8;
/// The budget: the healthy ones may take so much longer than they would alone.
const BUDGET: f64 = 1.5;
/// Nothing may take longer.
const DEADLINE: Duration = Duration::from_mins(45);
const BINARIES: &[&str] = &[
    "tollgate-local",
    "publish-events",
    "deliver-webhook",
    "find-due-work",
    "run-due-work",
    "intents-create-webhook-endpoint",
    "intents-recover-webhook-endpoint",
];

/// What the endpoints got: by each, how often each event arrived.
struct Ears {
    got: [Mutex<HashMap<String, u32>>; ENDPOINTS],
    tries: [Mutex<u32>; ENDPOINTS],
    is_sick: AtomicBool,
}

impl Ears {
    fn distinct(&self, endpoint: usize) -> usize {
        self.got[endpoint].lock().unwrap().len()
    }

    fn arrivals(&self, endpoint: usize) -> u32 {
        self.got[endpoint].lock().unwrap().values().sum()
    }
}

async fn hear(State(ears): State<Arc<Ears>>, Path(endpoint): Path<usize>, headers: HeaderMap) -> StatusCode {
    *ears.tries[endpoint].lock().unwrap() += 1;
    if ears.is_sick.load(Ordering::Relaxed) {
        match endpoint {
            HANGS => std::future::pending().await,
            FAILS => return StatusCode::INTERNAL_SERVER_ERROR,
            _ => {}
        }
    }
    let id = headers["webhook-id"].to_str().unwrap().to_owned();
    *ears.got[endpoint].lock().unwrap().entry(id).or_default() += 1;
    StatusCode::NO_CONTENT
}

/// Makes customers, each of which is an event, straight in the table: no rate limit stands in the way.
async fn write_events(store: &Writer, tenant: Tenant, count: u32) {
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let store = store.clone();
        writers.spawn(async move {
            for n in (writer..count).step_by(WRITERS as usize) {
                let id = CustomerId::from_bytes(u128::from(n).to_be_bytes());
                let now = SystemClock.now();
                let request = format!("req_{n}").into();
                let customer =
                    Customer::create(id, FrontDoor::Intents, request, Profile::default(), None, now);
                let put = store.create(tenant, &customer).await.unwrap();
                assert_eq!(put, Put::Created);
            }
        });
    }
    writers.join_all().await;
}

async fn until(what: &str, done: impl Fn() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < DEADLINE, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

struct Run {
    seconds: f64,
    ears: Arc<Ears>,
    cloud: Cloud,
    endpoints: Vec<String>,
}

async fn run(events: u32, with_sick_ones: bool) -> Run {
    let ears = Arc::new(Ears {
        got: std::array::from_fn(|_| Mutex::default()),
        tries: std::array::from_fn(|_| Mutex::default()),
        is_sick: AtomicBool::new(true),
    });
    let router = Router::new().route("/{endpoint}", post(hear)).with_state(ears.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let cloud = Cloud::start().await;
    let mut endpoints = Vec::new();
    for n in 0..ENDPOINTS {
        if !with_sick_ones && n <= FAILS {
            continue;
        }
        let hooks = json!({"url": format!("http://{address}/{n}"), "enabled_events": ["customer.created"]});
        let made = cloud.intents().post("/webhook_endpoints", &hooks).await.expect(201);
        endpoints.push(made["id"].as_str().unwrap().to_owned());
    }
    let began = Instant::now();
    write_events(&cloud.store(), cloud.demo_scope(), events).await;
    let written = began.elapsed();
    until("every healthy endpoint gets every event", || {
        (FAILS + 1..ENDPOINTS).all(|n| ears.distinct(n) >= events as usize)
    })
    .await;
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{:>2} endpoints: {events} events written in {:.1} s, at the 18 healthy ones after {seconds:.1} s ({:.0} deliveries/s)",
        endpoints.len(),
        written.as_secs_f64(),
        f64::from(events) * 18.0 / seconds,
    );
    Run { seconds, ears, cloud, endpoints }
}

fn main() {
    let events = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(EVENTS);
    build_some(BINARIES);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let alone = run(events, false).await;
        drop(alone.cloud);
        let both = run(events, true).await;
        let ratio = both.seconds / alone.seconds;
        let doubles: u32 = (FAILS + 1..ENDPOINTS).map(|n| both.ears.arrivals(n) - events).sum();
        println!("ratio {ratio:.2}, budget {BUDGET}; healthy ones got {doubles} events more than once");
        println!(
            "attempts meanwhile: {} at the one that hangs, {} at the one that fails",
            both.ears.tries[HANGS].lock().unwrap(),
            both.ears.tries[FAILS].lock().unwrap(),
        );
        // They are well again, and ask for what they missed.
        both.ears.is_sick.store(false, Ordering::Relaxed);
        let began = Instant::now();
        let intents = both.cloud.intents();
        for endpoint in &both.endpoints[..=FAILS] {
            let mut wish = json!({"since": 0});
            loop {
                let path = format!("/webhook_endpoints/{endpoint}/recover");
                let answer = intents.post(&path, &wish).await.expect(200);
                match answer["next_until"].as_i64() {
                    Some(until) => wish["until"] = json!(until),
                    None => break,
                }
            }
        }
        until("what the sick ones missed arrives", || {
            (HANGS..=FAILS).all(|n| both.ears.distinct(n) >= events as usize)
        })
        .await;
        println!(
            "recovered: all {events} events at both, {:.1} s after they were well again",
            began.elapsed().as_secs_f64()
        );
        assert!(ratio <= BUDGET, "sick endpoints slow the healthy ones down");
    });
}
