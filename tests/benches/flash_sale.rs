//! A flash sale: 200 payments a second of one merchant, as the stream shows them to the function that books them, on a DynamoDB
//! that gives each partition key 1,000 write units a second, in tables and indexes. Two days later the money of all of them
//! becomes available at once, while the next sale runs.
//!
//! The bench fails if a balance is wrong, or if the lag grows. `cargo bench --workspace --bench flash_sale` for a minute, or with
//! `-- 10` for ten. `-- 1 0.5` runs sale and DynamoDB at half their speed, for a machine that is too slow; `-- 1 0.5 600` sells 600 a
//! second (300 at half the speed), to see where it ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::cast_precision_loss)]
#![allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss, clippy::panic)]

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::{
    future::join_all,
    stream::{self, StreamExt},
};
use serde_json::{Value, json};
use tokio::sync::watch;
use tollgate_domain::{
    Accounts, Currency, FrontDoor, LedgerTerms, MerchantId, Metadata, Mode, Money, Payment, PaymentId,
    Subject, Tenant, Timestamp,
    ledger::bookings_of,
    payment::{NewPayment, Outcome},
};
use tollgate_gateway::{Admin, AwsEnvironment, Clock, DueKind, FoundWork, OsEntropy, Tables, Worker, Writer};
use tollgate_local::{
    dynamodb::DynamoDb,
    dynamodb_faults::{self, Faults},
    template,
};
use tollgate_store::Put;
use tollgate_tests::{due_work::no_queues, dynamodb::ask};

/// Payments of the merchant in a second.
const PAYMENTS_PER_S: f64 = 200.0;
/// Write units of a partition in a second.
const UNITS_PER_S: f64 = 1000.0;
/// As `PublishEvents` reads its stream: invocations for a shard at the same time, records of a batch, and changes at a time.
const INVOCATIONS: usize = 4;
const BATCH_RECORDS: usize = 100;
const AT_A_TIME: usize = 8;
/// As `RunDueWork` takes its queue: twenty batches of ten.
const DUE_AT_A_TIME: usize = 200;
/// How often a batch that failed is tried again.
const BATCH_TRIES_MAX: u32 = 1000;
/// The lag does not grow: the median of the last quarter is at most so many seconds more than that of the first.
const GROWTH_S_MAX: f64 = 2.0;
/// The pause before money is available, and a bit.
const LATER_MS: i64 = (2 * 24 + 1) * 60 * 60 * 1000;
const START: Timestamp = Timestamp::from_s(1_736_720_000);
/// An odd number that spreads consecutive ones, as random ids are spread.
const SPREAD: u128 = 0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835;
/// Partitions that are shown.
const SHOWN: usize = 6;

struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::Relaxed))
    }
}

struct Shop {
    tables_url: String,
    faults: Arc<Faults>,
    /// Past the limits.
    free: Writer,
    worker: Worker,
    clock: Arc<SetClock>,
    tenant: Tenant,
    _stop: watch::Sender<bool>,
    _folder: tempfile::TempDir,
}

async fn listen() -> (tokio::net::TcpListener, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

impl Shop {
    async fn open() -> Self {
        let setting = template::Setting {
            front_url: String::new(),
            sqs_url: String::new(),
            parameters: Vec::new(),
            secret: &|_, _| Ok(String::new()),
        };
        let tables = template::load(&tollgate_tests::root().join("template.yaml"), &setting).unwrap().tables;
        let folder = tempfile::tempdir().unwrap();
        let dynamodb = DynamoDb::open(&folder.path().join("dynamodb.db"), &tables).unwrap();
        let (listener, tables_url) = listen().await;
        let (stop, stopped) = watch::channel(false);
        dynamodb.serve(listener, stopped);
        let faults = Arc::new(Faults::default());
        let (listener, url) = listen().await;
        let router = dynamodb_faults::router(&tables_url, faults.clone(), None);
        tokio::spawn(async move { axum::serve(listener, router).await });
        let open =
            |url: &str| Writer::open(&AwsEnvironment::emulated(url, url), Tables::of_stack("tollgate"));
        let clock = Arc::new(SetClock(AtomicI64::new(START.ms())));
        let worker = Worker::new(open(&url), None, clock.clone(), Arc::new(OsEntropy));
        let tenant = Tenant { merchant: MerchantId::from_bytes([7; 16]), mode: Mode::Live };
        Self {
            free: open(&tables_url),
            tables_url,
            faults,
            worker,
            clock,
            tenant,
            _stop: stop,
            _folder: folder,
        }
    }

    /// Makes payments past the limits; returns their records of the stream and what they have to move.
    async fn make(&self, numbers: std::ops::Range<usize>) -> (Vec<Value>, Accounts) {
        let at = self.clock.now();
        let payments: Vec<Payment> = numbers.map(|number| payment(number, at)).collect();
        let puts = payments.iter().map(|payment| async {
            assert_eq!(self.free.create(self.tenant, payment).await.unwrap(), Put::Created);
        });
        stream::iter(puts).buffer_unordered(16).collect::<()>().await;
        let mut moved = Accounts::default();
        for payment in &payments {
            let subject = Subject::Payment(Box::new(payment.clone()));
            moved = moved
                .plus(bookings_of(None, &subject)[0].booked(self.tenant, &LedgerTerms::default()).movement());
        }
        let get = |payment: &Payment| {
            let pk = format!("{}PAY#{}", self.tenant, payment.id);
            json!({"TableName": "tollgate", "Key": {"pk": {"S": pk}, "sk": {"S": "#"}}})
        };
        let gets = payments.iter().map(|payment| async {
            let image = ask(&self.tables_url, "GetItem", &get(payment)).await;
            json!({"dynamodb": {"NewImage": image["Item"]}})
        });
        (stream::iter(gets).buffered(16).collect().await, moved)
    }

    async fn accounts(&self) -> Accounts {
        let balances = self.free.balances(self.tenant).await.unwrap();
        balances.iter().fold(Accounts::default(), |sum, balance| sum.plus(balance.accounts))
    }
}

fn payment(number: usize, at: Timestamp) -> Payment {
    let new = NewPayment {
        id: PaymentId::from_bytes((number as u128 + 1).wrapping_mul(SPREAD).to_be_bytes()),
        front_door: FrontDoor::Intents,
        request: format!("req_{number}").into(),
        amount: Money { minor: 1000 + number as i64 % 977, currency: Currency::from_code("EUR").unwrap() },
        source: None,
        instrument: None,
        customer: None,
        description: Some(format!("Order {number} of the sale")),
        metadata: Metadata::default(),
        fingerprint: None,
    };
    Payment::create(new, Outcome::Approved, at)
}

/// What came of publishing the records of a sale.
struct Sale {
    /// From the record's arrival to its end, in seconds, in the order of arrival.
    lags_s: Vec<f64>,
    took: Duration,
    failed_batches: u32,
}

impl Sale {
    fn percentile(&self, percent: usize) -> f64 {
        percentile(&self.lags_s, percent)
    }

    /// The median lag of a quarter of the sale.
    fn of_quarter(&self, quarter: usize) -> f64 {
        let length = self.lags_s.len() / 4;
        percentile(&self.lags_s[quarter * length..(quarter + 1) * length], 50)
    }

    fn show(&self, title: &str) {
        println!(
            "{title}: {} records in {:.1} s, {:.0}/s; lag p50 {:.2} s, p99 {:.2} s, most {:.2} s; medians of the quarters {}; {} batches tried again",
            self.lags_s.len(),
            self.took.as_secs_f64(),
            self.lags_s.len() as f64 / self.took.as_secs_f64(),
            self.percentile(50),
            self.percentile(99),
            self.percentile(100),
            (0..4).map(|n| format!("{:.2}", self.of_quarter(n))).collect::<Vec<_>>().join(", "),
            self.failed_batches,
        );
    }
}

fn percentile(lags_s: &[f64], percent: usize) -> f64 {
    let mut sorted = lags_s.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[(sorted.len() - 1) * percent / 100]
}

/// Publishes the records of one of the invocations' parts, each when it arrives.
async fn publish_part(
    shop: &Shop,
    began: Instant,
    mut records: VecDeque<(usize, Duration, Value)>,
) -> (Vec<(usize, f64)>, u32) {
    let queues = no_queues();
    let (mut lags, mut failed) = (Vec::new(), 0);
    while let Some((_, arrives, _)) = records.front() {
        tokio::time::sleep_until((began + *arrives).into()).await;
        let arrived =
            records.iter().take(BATCH_RECORDS).take_while(|(_, at, _)| began + *at <= Instant::now()).count();
        let batch: Vec<_> = records.drain(..arrived.max(1)).collect();
        let worker = shop.worker.metered();
        let mut start = 0;
        for _ in 0..BATCH_TRIES_MAX {
            let publisher = worker.publisher(&queues.webhooks);
            let mut published = stream::iter(&batch[start..])
                .map(|(number, at, record)| {
                    let publisher = &publisher;
                    async move {
                        let outcome = publisher.publish(record).await;
                        (*number, (began + *at).elapsed().as_secs_f64(), outcome)
                    }
                })
                .buffered(AT_A_TIME);
            let before = start;
            while let Some((number, lag, outcome)) = published.next().await {
                if outcome.is_err() {
                    break;
                }
                lags.push((number, lag));
                start += 1;
            }
            drop(published);
            if start == batch.len() {
                break;
            }
            failed += 1;
            assert!(failed < BATCH_TRIES_MAX, "batches fail again and again, after {before} records");
        }
    }
    (lags, failed)
}

/// A sale at this rate.
async fn sell(shop: &Shop, records: Vec<Value>, per_s: f64) -> Sale {
    let mut parts: Vec<VecDeque<_>> = (0..INVOCATIONS).map(|_| VecDeque::new()).collect();
    for (number, record) in records.into_iter().enumerate() {
        let arrives = Duration::from_secs_f64(number as f64 / per_s);
        parts[number % INVOCATIONS].push_back((number, arrives, record));
    }
    let began = Instant::now();
    let published = join_all(parts.into_iter().map(|part| publish_part(shop, began, part))).await;
    let took = began.elapsed();
    let failed_batches = published.iter().map(|(_, failed)| failed).sum();
    let mut lags: Vec<(usize, f64)> = published.into_iter().flat_map(|(lags, _)| lags).collect();
    lags.sort_by_key(|(number, _)| *number);
    Sale { lags_s: lags.into_iter().map(|(_, lag)| lag).collect(), took, failed_batches }
}

/// Makes all money available that is due, as the finder and the workers do; returns how many, how many were left for later, and how
/// long it took.
async fn make_available(shop: &Shop) -> (usize, usize, Duration) {
    let (began, now, queues) = (Instant::now(), shop.clock.now(), no_queues());
    let (mut done, mut left) = (0, 0);
    for shard in 0..shop.worker.store().due_shards() {
        let mut after = None;
        loop {
            let page = shop.worker.claim_due_page(DueKind::Funds, shard, now, after.as_ref()).await.unwrap();
            let works = page.work.iter().map(|work| {
                let (worker, queues) = (shop.worker.metered(), &queues);
                async move {
                    let FoundWork::Work(message) = work else { panic!("funds are no attempts") };
                    worker.run_due_work(message, queues).await.is_ok()
                }
            });
            let outcomes: Vec<bool> = stream::iter(works).buffer_unordered(DUE_AT_A_TIME).collect().await;
            done += outcomes.iter().filter(|is_done| **is_done).count();
            left += outcomes.iter().filter(|is_done| !**is_done).count();
            after = page.last;
            if after.is_none() {
                break;
            }
        }
    }
    (done, left, began.elapsed())
}

/// Shows the busiest partitions, and how many writes they throttled.
fn show_partitions(shop: &Shop, units_per_s: f64) {
    let loads = shop.faults.partition_loads();
    let mut busiest: Vec<_> = loads.iter().collect();
    busiest.sort_by_key(|(_, load)| std::cmp::Reverse(load.busiest_second));
    println!("  write units of a second, of {units_per_s:.0}; throttled writes");
    for (place, load) in busiest.into_iter().take(SHOWN) {
        let place = place.replace(&shop.tenant.to_string(), "<tenant>");
        println!("  {:>5} {:>7}  {place}", load.busiest_second, load.throttled);
    }
}

#[tokio::main(flavor = "multi_thread")]
async fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<f64>().ok());
    let (minutes, speed) = (numbers.next().unwrap_or(1.0), numbers.next().unwrap_or(1.0));
    let per_s = numbers.next().unwrap_or(PAYMENTS_PER_S) * speed;
    let units_per_s = UNITS_PER_S * speed;
    let count = (per_s * minutes * 60.0) as usize;
    println!("{count} payments of one merchant at {per_s}/s; partitions of {units_per_s} write units/s");
    let shop = Shop::open().await;
    let (records, first) = shop.make(0..count).await;
    shop.faults.limit_partitions(units_per_s as u32);
    let sale = sell(&shop, records, per_s).await;
    sale.show("the sale");
    show_partitions(&shop, units_per_s);
    assert_eq!(shop.accounts().await, first, "the balance after the sale");

    shop.clock.0.fetch_add(LATER_MS, Ordering::Relaxed);
    let (records, second) = shop.make(count..2 * count).await;
    shop.faults.limit_partitions(units_per_s as u32);
    let (next_sale, (done, left, took)) = tokio::join!(sell(&shop, records, per_s), make_available(&shop));
    next_sale.show("the next sale, while the money of the first becomes available");
    println!("  money of {done} payments became available in {:.1} s, {left} are left", took.as_secs_f64());
    show_partitions(&shop, units_per_s);
    let available = Accounts { pending: 0, available: first.pending, ..first };
    assert_eq!(left, 0, "due work that is left");
    assert_eq!(shop.accounts().await, available.plus(second), "the balance after both sales");
    shop.faults.limit_partitions(0);
    let verified = Admin::new(shop.worker.clone()).verify_ledger().await.unwrap();
    assert_eq!((verified.transactions, verified.differences), (2 * count, Vec::new()));
    for (name, sale) in [("the sale", &sale), ("the next sale", &next_sale)] {
        let growth = sale.of_quarter(3) - sale.of_quarter(0);
        assert!(growth < GROWTH_S_MAX / speed, "the lag of {name} grew by {growth:.1} s");
    }
    println!("balances are exact, and the lag does not grow");
}
