//! What a dead endpoint and a processor that hangs cost everybody else: many deliveries that are due at once to twenty
//! endpoints, one of which never answers, and refunds at a processor that never answers; beside the same on a day when all
//! of them answer. Payments are made all the while. Release binaries, in one run, on copies of the same tables.
//!
//! `cargo bench --workspace --bench due_work`, or with `-- 200000` for another number of deliveries.
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
use tollgate_tests::{Cloud, build_some, due_work::due, fill::Filling};

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
/// With more deliveries than this, the day when all is well is measured only once: before, and not after as well.
const TWICE_DELIVERIES_MAX: usize = 50_000;
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

impl Ears {
    /// What so many endpoints have got, the dead one aside.
    fn got(&self) -> usize {
        self.got.iter().skip(DEAD + 1).map(|got| got.lock().unwrap().len()).sum()
    }

    fn forget(&self, is_dead: bool) {
        self.got.iter().for_each(|got| got.lock().unwrap().clear());
        *self.tries_of_dead.lock().unwrap() = 0;
        self.is_dead.store(is_dead, Ordering::Relaxed);
    }
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
    cloud: Cloud,
}

/// Makes a local cloud's data with so many deliveries, and refunds, that are due.
async fn fill(deliveries: usize, address: &str) -> tempfile::TempDir {
    let data = Arc::new(tempfile::tempdir().unwrap());
    let cloud = Cloud::start_in(data.clone(), &[]).await;
    let mut endpoints = Vec::new();
    for n in 0..ENDPOINTS {
        // Nothing is published to them: the deliveries are made here. The demo merchant is the one that pays.
        let hooks = json!({"url": format!("http://{address}/{n}"), "enabled_events": ["customer.created"]});
        let made = cloud.intents().post("/webhook_endpoints", &hooks).await.expect(201);
        endpoints.push(EndpointId::parse("we_", made["id"].as_str().unwrap()).unwrap());
    }
    let tenant = cloud.demo_scope();
    // A refund changes its payment, which has to be there. Nothing comes of these yet.
    hang_processor(&cloud).await;
    write_refunds(&cloud.store(), tenant).await;
    cloud.terminate(Duration::from_mins(1)).await;
    let filling = Filling::start().await;
    let began = Instant::now();
    write_deliveries(&filling.store, tenant, &endpoints, deliveries).await;
    let items = filling.put_into(data.path());
    println!("{deliveries} deliveries: {items} items in {:.0} s", began.elapsed().as_secs_f64());
    Arc::into_inner(data).unwrap()
}

/// A copy of a folder of data.
fn copy(data: &std::path::Path) -> Arc<tempfile::TempDir> {
    let copy = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(data).unwrap() {
        let file = file.unwrap();
        if file.file_type().unwrap().is_file() {
            std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
        }
    }
    Arc::new(copy)
}

async fn run(data: &std::path::Path, deliveries: usize, ears: &Ears, with_sick_ones: bool) -> Run {
    ears.forget(with_sick_ones);
    let began = Instant::now();
    // The processor gives an answer eight seconds, as in a stack.
    let cloud = Cloud::start_in(copy(data), &[]).await;
    if with_sick_ones {
        hang_processor(&cloud).await;
    }
    let stop = AtomicBool::new(false);
    let work = async {
        let healthy = deliveries / ENDPOINTS * (ENDPOINTS - 1);
        until("every healthy endpoint gets its events", || ears.got() >= healthy).await;
        stop.store(true, Ordering::Relaxed);
        began.elapsed().as_secs_f64()
    };
    let (seconds, payment_p99_ms) = tokio::join!(work, pay(&cloud, &stop));
    let name = if with_sick_ones { "sick ones" } else { "all well" };
    println!(
        "{name:<10} the healthy endpoints have theirs after {seconds:.1} s, p99 of payments {payment_p99_ms:.0} ms"
    );
    Run { seconds, payment_p99_ms, cloud }
}

fn main() {
    let deliveries = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(DELIVERIES);
    let deliveries = deliveries / ENDPOINTS * ENDPOINTS;
    build_some(BINARIES);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(measure(deliveries));
}

async fn measure(deliveries: usize) {
    let (ears, address) = listen().await;
    let data = fill(deliveries, &address).await;
    let first = run(data.path(), deliveries, &ears, false).await;
    drop(first.cloud);
    let sick = run(data.path(), deliveries, &ears, true).await;
    println!("attempts at the dead endpoint meanwhile: {}", ears.tries_of_dead.lock().unwrap());
    let year = SystemClock.now().plus_ms(365 * 24 * 3_600_000);
    let open = due(&sick.cloud.store(), DueKind::Refund, year).await.len();
    println!("refunds that wait for the processor: {open} of {REFUNDS}");
    assert_eq!(open, REFUNDS as usize, "a refund was lost");
    ears.is_dead.store(false, Ordering::Relaxed);
    let began = Instant::now();
    until("the dead endpoint gets everything when it answers", || {
        ears.got[DEAD].lock().unwrap().len() >= deliveries / ENDPOINTS
    })
    .await;
    let seconds = began.elapsed().as_secs_f64();
    println!("the dead endpoint answers: all {} there {seconds:.1} s later", deliveries / ENDPOINTS);
    drop(sick.cloud);
    let (mut seconds, mut p99_ms) = (first.seconds, first.payment_p99_ms);
    // Before and after, because the machine may have other work at times.
    if deliveries <= TWICE_DELIVERIES_MAX {
        let last = run(data.path(), deliveries, &ears, false).await;
        seconds = f64::midpoint(seconds, last.seconds);
        p99_ms = f64::midpoint(p99_ms, last.payment_p99_ms);
    }
    let (ratio, payments) = (sick.seconds / seconds, sick.payment_p99_ms / p99_ms);
    println!("time ratio {ratio:.2}, budget {BUDGET}");
    println!("p99 of payments, ratio {payments:.2}, budget {PAYMENT_BUDGET}");
    assert!(ratio <= BUDGET && payments <= PAYMENT_BUDGET, "the sick slow the healthy down");
}
