//! What a dead endpoint and a processor that hangs cost everybody else: many deliveries that are due at once to twenty
//! endpoints, one of which never answers, and refunds at a processor that never answers; beside the deliveries of the
//! healthy endpoints alone. A payment is made all the while. Release binaries, in one run.
//!
//! `cargo bench --workspace --bench due_work`, or with `-- 200000` for another number of deliveries. Every delivery is several
//! durable writes: on a slow disk, set `TMPDIR` to a folder in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::cast_precision_loss)]

use std::{
    collections::HashSet,
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
use futures_util::stream::{self, StreamExt};
use serde_json::json;
use tollgate_domain::{
    Currency, Customer, CustomerId, Delivery, EndpointId, Event, EventId, EventKind, FrontDoor, Metadata,
    Money, Payment, PaymentId, ProcessorCharge, ProcessorKind, Refund, RefundId, Subject, Tenant,
    customer::Profile,
    payment::{NewPayment, Outcome},
    refund::{NewRefund, RefundOutcome},
    source::SealedCard,
};
use tollgate_gateway::{Clock, DueKind, SystemClock, Writer};
use tollgate_store::{Put, RefundPut};
use tollgate_tests::{Cloud, build_some, due_work::due};

/// Deliveries that are due, to all endpoints together.
const DELIVERIES: usize = 10_000;
const ENDPOINTS: usize = 20;
/// The endpoint that never answers.
const DEAD: usize = 0;
/// Refunds at the processor that hangs.
const REFUNDS: u32 = 300;
/// Writes at the same time.
const WRITERS: usize = 16;
/// The budgets: so much longer the healthy ones may take than alone, and so much longer the slowest of a hundred payments.
const BUDGET: f64 = 1.5;
const PAYMENT_BUDGET: f64 = 2.0;
/// The pause between two payments.
const PAYMENT_PAUSE: Duration = Duration::from_millis(200);
/// Nothing may take longer.
const DEADLINE: Duration = Duration::from_hours(2);
const BINARIES: &[&str] = &[
    "tollgate-local",
    "publish-events",
    "deliver-webhook",
    "find-due-work",
    "run-due-work",
    "charges-create-payment",
    "intents-create-webhook-endpoint",
];

/// What arrived at the endpoints.
struct Ears {
    got: [Mutex<HashSet<String>>; ENDPOINTS],
    tries_of_dead: Mutex<u32>,
    is_dead: AtomicBool,
}

async fn hear(State(ears): State<Arc<Ears>>, Path(endpoint): Path<usize>, headers: HeaderMap) -> StatusCode {
    if endpoint == DEAD && ears.is_dead.load(Ordering::Relaxed) {
        *ears.tries_of_dead.lock().unwrap() += 1;
        std::future::pending::<()>().await;
    }
    let id = headers["webhook-id"].to_str().unwrap().to_owned();
    ears.got[endpoint].lock().unwrap().insert(id);
    StatusCode::NO_CONTENT
}

async fn listen() -> (Arc<Ears>, String) {
    let ears = Arc::new(Ears {
        got: std::array::from_fn(|_| Mutex::default()),
        tries_of_dead: Mutex::new(0),
        is_dead: AtomicBool::new(true),
    });
    let router = Router::new().route("/{endpoint}", post(hear)).with_state(ears.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (ears, address)
}

fn bytes(n: usize) -> [u8; 16] {
    (n as u128 + 1).to_be_bytes()
}

/// Makes due deliveries, each of an event of its own, straight in the table.
async fn write_deliveries(store: &Writer, tenant: Tenant, endpoints: &[EndpointId], count: usize) {
    let now = SystemClock.now();
    let writes = (0..count).map(|n| async move {
        let request: tollgate_domain::RequestRef = format!("req_{n}").into();
        let id = CustomerId::from_bytes(bytes(n));
        let customer =
            Customer::create(id, FrontDoor::Intents, request.clone(), Profile::default(), None, now);
        let event = Event {
            id: EventId::from_bytes(bytes(n)),
            kind: EventKind::CustomerCreated,
            created: now,
            request,
            subject: Subject::Customer(Box::new(customer)),
            previous: None,
        };
        assert_eq!(store.create(tenant, &event).await.unwrap(), Put::Created);
        let mut delivery = Delivery::new(event.id, endpoints[n % endpoints.len()], now);
        delivery.due = Some(now);
        assert_eq!(store.create(tenant, &delivery).await.unwrap(), Put::Created);
    });
    stream::iter(writes).buffer_unordered(WRITERS).collect::<()>().await;
}

/// Makes refunds at MPGS that are due, straight in the table.
async fn write_refunds(store: &Writer, tenant: Tenant) {
    let now = SystemClock.now();
    let amount = Money { minor: 1000, currency: Currency::from_code("EUR").unwrap() };
    for n in 0..REFUNDS {
        let mut paid = Payment::create(
            NewPayment {
                id: PaymentId::from_bytes(bytes(n as usize)),
                front_door: FrontDoor::Checkout,
                request: format!("req_paid_{n}").into(),
                amount,
                source: None,
                instrument: None,
                customer: None,
                description: None,
                metadata: Metadata::default(),
                fingerprint: None,
            },
            Outcome::Approved,
            now,
        );
        paid.processor_charge =
            Some(ProcessorCharge::new(ProcessorKind::Mpgs, None, SealedCard(String::new())));
        let new = NewRefund {
            id: RefundId::from_bytes(bytes(n as usize)),
            front_door: FrontDoor::Checkout,
            request: format!("req_refund_{n}").into(),
            payment: paid.id,
            amount,
            reason: None,
            metadata: Metadata::default(),
            by_processor: true,
            fingerprint: None,
        };
        let pending = Refund::create(new, RefundOutcome::Pending { ask_at: now }, now);
        assert_eq!(store.create(tenant, &paid).await.unwrap(), Put::Created);
        assert_eq!(store.create_refund(tenant, &pending, &paid).await.unwrap(), RefundPut::Created);
    }
}

async fn hang_processor(cloud: &Cloud) {
    let hang = json!({
        "provider": "mpgs", "operation": "look_up", "when": "before", "what": "hang", "times": u32::MAX,
    });
    let added = reqwest::Client::new().post(cloud.local("/_networks/faults")).json(&hang).send().await;
    assert!(added.unwrap().status().is_success());
}

async fn until(what: &str, done: impl Fn() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < DEADLINE, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Makes payments until it is told to stop; returns the time that one in a hundred takes longer than, in milliseconds.
async fn pay(cloud: &Cloud, stop: &AtomicBool) -> f64 {
    let charges = cloud.charges();
    let body =
        json!({"amount": 1000, "currency": "GBP", "source": {"type": "card", "token": "tok_visa_4242"}});
    let mut took_ms = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let began = Instant::now();
        charges.post("/payments", &body).await.expect(201);
        took_ms.push(began.elapsed().as_secs_f64() * 1000.0);
        tokio::time::sleep(PAYMENT_PAUSE).await;
    }
    took_ms.sort_by(f64::total_cmp);
    took_ms[took_ms.len() * 99 / 100]
}

struct Run {
    seconds: f64,
    payment_p99_ms: f64,
    ears: Arc<Ears>,
    cloud: Cloud,
}

async fn run(deliveries: usize, with_sick_ones: bool) -> Run {
    let (ears, address) = listen().await;
    // The processor gives an answer eight seconds, as in a stack. The demo merchant is the one that pays.
    let cloud = Cloud::start().await;
    let (store, tenant) = (cloud.store(), cloud.demo_scope());
    let mut endpoints = Vec::new();
    for n in 0..ENDPOINTS {
        if n == DEAD && !with_sick_ones {
            continue;
        }
        // Nothing is published to them: the deliveries are made here.
        let hooks = json!({"url": format!("http://{address}/{n}"), "enabled_events": ["customer.created"]});
        let made = cloud.intents().post("/webhook_endpoints", &hooks).await.expect(201);
        endpoints.push(EndpointId::parse("we_", made["id"].as_str().unwrap()).unwrap());
    }
    if with_sick_ones {
        hang_processor(&cloud).await;
        write_refunds(&store, tenant).await;
    }
    let count = if with_sick_ones { deliveries } else { deliveries / ENDPOINTS * (ENDPOINTS - 1) };
    let stop = AtomicBool::new(false);
    let began = Instant::now();
    let work = async {
        write_deliveries(&store, tenant, &endpoints, count).await;
        let written = began.elapsed();
        until("every healthy endpoint gets its events", || {
            let got = |n: usize| ears.got[n].lock().unwrap().len();
            (DEAD + 1..ENDPOINTS).all(|n| got(n) >= deliveries / ENDPOINTS)
        })
        .await;
        let seconds = began.elapsed().as_secs_f64();
        stop.store(true, Ordering::Relaxed);
        println!(
            "{:>2} endpoints: {count} deliveries written in {:.1} s, at the healthy ones after {seconds:.1} s",
            endpoints.len(),
            written.as_secs_f64(),
        );
        seconds
    };
    let (seconds, payment_p99_ms) = tokio::join!(work, pay(&cloud, &stop));
    Run { seconds, payment_p99_ms, ears, cloud }
}

fn main() {
    let deliveries = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(DELIVERIES);
    let deliveries = deliveries / ENDPOINTS * ENDPOINTS;
    build_some(BINARIES);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let alone = run(deliveries, false).await;
        drop(alone.cloud);
        let both = run(deliveries, true).await;
        let ratio = both.seconds / alone.seconds;
        let payments = both.payment_p99_ms / alone.payment_p99_ms;
        println!("time ratio {ratio:.2}, budget {BUDGET}");
        println!(
            "p99 of payments {:.0} ms beside {:.0} ms alone: ratio {payments:.2}, budget {PAYMENT_BUDGET}",
            both.payment_p99_ms, alone.payment_p99_ms,
        );
        println!("attempts at the dead endpoint meanwhile: {}", both.ears.tries_of_dead.lock().unwrap());
        let year = SystemClock.now().plus_ms(365 * 24 * 3_600_000);
        let store = both.cloud.store();
        let open = due(&store, DueKind::Refund, year).await.len();
        println!("refunds that wait for the processor: {open} of {REFUNDS}");
        assert_eq!(open, REFUNDS as usize, "a refund was lost");
        both.ears.is_dead.store(false, Ordering::Relaxed);
        let began = Instant::now();
        until("the dead endpoint gets everything when it answers", || {
            both.ears.got[DEAD].lock().unwrap().len() >= deliveries / ENDPOINTS
        })
        .await;
        println!(
            "the dead endpoint answers: all {} there {:.1} s later",
            deliveries / ENDPOINTS,
            began.elapsed().as_secs_f64()
        );
        assert!(ratio <= BUDGET && payments <= PAYMENT_BUDGET, "the sick slow the healthy down");
    });
}
