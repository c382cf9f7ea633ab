//! The worker, the processors and the merchant of a run.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use aws_lambda_events::event::dynamodb::EventRecord;
use axum::{
    body::{Body, to_bytes},
    extract::Request,
    middleware::{self, Next},
    response::Response,
};
use serde_json::{Value, json};
use tollgate_domain::{
    Currency, EnteredCard, Event, EventKind, Fingerprint, FrontDoor, IdempotencyKey, KeyKind, Metadata, Mode,
    Money, Payment, PaymentId, Permission, ProcessorKind, Refund, RefundId, Stage, Subject, Tenant, Tier,
    Timestamp, payment::Status, refund::RefundStatus,
};
use tollgate_gateway::{
    Admin, AwsEnvironment, Call, Clock, CreateRefund, Credentials, Idempotency, Links, NewCheckout, NewKey,
    OpenMoney, Payer, Processors, Purpose, Queue, RefundAmount, Tables, Vault, VaultKeys, Worker, Writer,
    subject_of,
};
use tollgate_local::{
    dynamodb::DynamoDb,
    networks::{self, Processors as Simulators},
    sqs::{self, Sqs},
    template,
};
use tollgate_store::{Cursor, Entity, ListQuery};

use crate::{
    chance::{Chance, SeededEntropy},
    fate::{Fate, Kill},
};

/// When the run begins.
const BEGIN: i64 = 1_795_219_200_000;
const SECOND: i64 = 1000;
const HOUR: i64 = 3600 * SECOND;
/// How long a processor may take to answer: virtual, as no request of this test hangs.
const TIMEOUT_MS: u64 = 8000;
/// How far look-ups lag at most; what is carried out late is so within four timeouts.
const LAG_MS_MAX: i64 = 120 * SECOND;
const LATE_MS_MAX: i64 = 30 * SECOND;
/// Calls of a use case among which it may die.
const KILLED_WITHIN_CALLS: u64 = 14;
/// Largest body that the way to DynamoDB takes.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Rounds of due work, six hours apart, until everything has come to rest: ten days.
const ROUNDS_TO_REST: u32 = 40;
/// Records of the stream that are published at a time.
const RECORDS: usize = 100;
const CARDS: [&str; 9] = [
    "4111111111111111",
    "4111111111111111",
    "5123450000000008",
    "5555555555554444",
    "378282246310005",
    "4242424242424242",
    "4000000000009995",
    "4000000000000119",
    "4000000000000002",
];

struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::SeqCst))
    }
}

pub(crate) struct World {
    chance: Chance,
    clock: Arc<TestClock>,
    fate: Arc<Fate>,
    worker: Worker,
    links: Links,
    queue: Queue,
    dynamodb: Arc<DynamoDb>,
    position: Option<String>,
    tenant: Tenant,
    secret: String,
    control: String,
    http: reqwest::Client,
    orders: u64,
    payments: Vec<PaymentId>,
    /// Those that were paid when they were last looked at.
    paid: Vec<PaymentId>,
    refunds: Vec<RefundId>,
    tally: BTreeMap<String, u32>,
    _folder: tempfile::TempDir,
    _stop: tokio::sync::watch::Sender<bool>,
}

async fn serve(router: axum::Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

/// Passes requests on to a server, through fate.
async fn through(fate: Arc<Fate>, inner: String) -> String {
    let http = reqwest::Client::new();
    let router = axum::Router::new().fallback(move |request: Request| {
        let (fate, http, inner) = (fate.clone(), http.clone(), inner.clone());
        async move {
            let (parts, body) = request.into_parts();
            let bytes = to_bytes(body, BODY_BYTES_MAX).await.unwrap();
            let mut headers = parts.headers;
            headers.remove("host");
            headers.remove("content-length");
            let sent =
                http.request(parts.method, format!("{inner}{}", parts.uri)).headers(headers).body(bytes);
            fate.pass(async {
                let answer = sent.send().await.unwrap();
                let mut response = Response::builder().status(answer.status());
                for (name, value) in answer.headers() {
                    if name != "transfer-encoding" && name != "content-length" {
                        response = response.header(name, value);
                    }
                }
                response.body(Body::from(answer.bytes().await.unwrap())).unwrap()
            })
            .await
        }
    });
    serve(router).await
}

impl World {
    pub(crate) async fn open(mut chance: Chance) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let fate = Fate::new();
        let clock = Arc::new(TestClock(AtomicI64::new(BEGIN)));

        let setting = template::Setting {
            front_url: String::new(),
            sqs_url: String::new(),
            parameters: Vec::new(),
            secret: &|_, _| Ok(String::new()),
        };
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
        let cloud = template::load(&file, &setting).unwrap();
        let dynamodb = DynamoDb::open(&folder.path().join("dynamodb.db"), &cloud.tables).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let inner = format!("http://{}", listener.local_addr().unwrap());
        dynamodb.serve(listener, stopped);
        let tables_url = through(fate.clone(), inner).await;

        let queues = Sqs::open(&folder.path().join("sqs.db"), &cloud.queues).unwrap();
        let sqs_url = serve(sqs::router(queues, String::new())).await;

        let now = clock.clone();
        let processors = Simulators::open_with_clock(
            &folder.path().join("networks.db"),
            Arc::new(move || now.0.load(Ordering::SeqCst)),
        )
        .unwrap();
        let at_processors = fate.clone();
        let layer = middleware::from_fn(move |request: Request, next: Next| {
            let fate = at_processors.clone();
            async move { fate.pass(next.run(request)).await }
        });
        let control = serve(networks::router(processors).layer(layer)).await;

        let environment = AwsEnvironment::emulated(&tables_url, &sqs_url);
        let names = Tables {
            main: "tollgate".into(),
            keys: "tollgate-keys".into(),
            events: "tollgate-events".into(),
        };
        let links = Links::new("https://pages.example", b"a link secret of the simulation");
        let vault = Vault::new(&VaultKeys::parse("a vault secret of the simulation").unwrap());
        let lag = u64::try_from(LAG_MS_MAX).unwrap();
        let worker = Worker::new(
            Writer::open(&environment, names),
            Some(links.clone()),
            clock.clone(),
            Arc::new(SeededEntropy::of(chance.next())),
        )
        .with_processors(Processors::new(vault, TIMEOUT_MS).with_look_up_lag_ms(Some(lag)))
        .with_due_work_in_order();
        let queue = Queue::named(&environment, "tollgate-webhooks").await.unwrap();

        let admin = Admin::new(worker.clone());
        let merchant = admin.create_merchant("Books", Tier::Growth).await.unwrap();
        let tenant = Tenant { merchant: merchant.id, mode: Mode::Test };
        let key = admin
            .create_key(NewKey {
                merchant: merchant.id,
                mode: Mode::Test,
                kind: KeyKind::Secret,
                scopes: Permission::ALL.to_vec(),
            })
            .await
            .unwrap();
        for account in networks::demo_accounts(&control) {
            admin.set_processor(merchant.id, Mode::Test, &account).await.unwrap();
        }
        Self {
            chance,
            clock,
            fate,
            worker,
            links,
            queue,
            dynamodb,
            position: None,
            tenant,
            secret: key.secret,
            control,
            http: reqwest::Client::new(),
            orders: 0,
            payments: Vec::new(),
            paid: Vec::new(),
            refunds: Vec::new(),
            tally: BTreeMap::new(),
            _folder: folder,
            _stop: stop,
        }
    }

    fn count(&mut self, what: impl Into<String>) {
        *self.tally.entry(what.into()).or_default() += 1;
    }

    /// What was done, for whoever reads the test's output.
    pub(crate) fn tally(&self) -> String {
        let all: Vec<String> = self.tally.iter().map(|(what, n)| format!("{what}: {n}")).collect();
        all.join(", ")
    }

    fn advance(&mut self) {
        let ms = match self.chance.below(100) {
            0..78 => self.chance.in_range(1, 20) * SECOND,
            78..96 => self.chance.in_range(60, 300) * SECOND,
            96..99 => self.chance.in_range(300, 3600) * SECOND,
            _ => self.chance.in_range(1, 30) * HOUR,
        };
        self.clock.0.fetch_add(ms, Ordering::SeqCst);
    }

    /// Whether, and where, the use case of this step dies.
    fn kill(&mut self) -> Option<Kill> {
        let kill = Kill {
            call: u32::try_from(self.chance.below(KILLED_WITHIN_CALLS)).unwrap() + 1,
            after: self.chance.percent(50),
        };
        self.chance.percent(30).then_some(kill)
    }

    pub(crate) async fn step(&mut self) {
        self.advance();
        match self.chance.below(100) {
            0..14 => self.initialize().await,
            14..45 => self.press().await,
            45..57 => self.refund().await,
            57..61 => self.call_back().await,
            61..65 => self.annotate().await,
            65..78 => self.due_work().await,
            78..84 => {
                self.publish().await;
            }
            84..92 => self.spoil().await,
            92..95 => self.lag().await,
            _ => self.review(None).await,
        }
    }

    fn call(&mut self, front_door: FrontDoor) -> Call {
        let credentials = Credentials { secret: self.secret.clone(), merchant: None };
        let request = self.worker.new_request();
        self.worker.begin(front_door, request, Some(credentials), Some(Permission::PaymentsWrite), false)
    }

    async fn initialize(&mut self) {
        self.orders += 1;
        let order = format!("order-{}", self.orders);
        let processor = *self.chance.pick(&[ProcessorKind::CyberSource, ProcessorKind::Mpgs]);
        let number = *self.chance.pick(&CARDS);
        let card = EnteredCard::check(
            number,
            (12, 2030),
            Some(if number.starts_with('3') { "1234" } else { "123" }),
            Mode::Test,
            self.worker.now(),
        )
        .unwrap();
        let new = NewCheckout {
            order_id: order.clone(),
            amount: Money {
                minor: self.chance.in_range(1000, 100_000),
                currency: Currency::from_code("USD").unwrap(),
            },
            processor,
            card,
            payer: Payer::Anonymous,
            return_url: None,
            cancel_url: None,
            metadata: None,
        };
        let idempotency = Idempotency {
            key: IdempotencyKey::from_reference(&order),
            fingerprint: Fingerprint::of("initialize", &[order.as_bytes()]),
        };
        let kill = self.kill();
        let call = self.call(FrontDoor::Checkout);
        let made = self.fate.run(kill, call.initialize_checkout(new, &idempotency, None)).await;
        match made {
            Some(Ok(made)) => {
                self.payments.push(made.value.id);
                self.count("initialized");
            }
            Some(Err(error)) => self.count(format!("not initialized ({error})")),
            None => self.count("killed"),
        }
    }

    /// A payment, mostly one of the latest.
    fn some_payment(&mut self) -> Option<PaymentId> {
        let count = self.payments.len() as u64;
        if count == 0 {
            return None;
        }
        let back =
            if self.chance.percent(90) { self.chance.below(count.min(3)) } else { self.chance.below(count) };
        self.payments.get(usize::try_from(count - 1 - back).unwrap()).copied()
    }

    async fn read<E: Entity>(&self, id: &str) -> Option<E> {
        self.worker.store().get(self.tenant, id).await.unwrap()
    }

    /// The payer presses the button of the page that waits.
    async fn press(&mut self) {
        let Some(id) = self.some_payment() else { return };
        let payment: Payment = self.read(&id.to_string()).await.unwrap();
        let purpose = if payment.state.status == Status::RequiresConfirmation {
            Purpose::Checkout
        } else {
            Purpose::Challenge
        };
        let url = self.links.url(purpose, self.tenant, id, 1);
        let token = url.rsplit('/').next().unwrap().to_owned();
        let (kill, request, worker) = (self.kill(), self.worker.new_request(), self.worker.clone());
        let yes = !self.chance.percent(5);
        let pressed = self
            .fate
            .run(kill, async {
                match (purpose, yes) {
                    (Purpose::Checkout, true) => worker.confirm_checkout(&token, &request).await,
                    (Purpose::Checkout, false) => worker.cancel_checkout(&token, &request).await,
                    _ => worker.answer_challenge(&token, yes, &request).await,
                }
            })
            .await;
        match pressed {
            Some(Ok((_, payment))) => {
                if payment.state.status == Status::Succeeded && payment.amount_refunded == 0 {
                    self.paid.push(payment.id);
                }
                self.count(format!("pressed: {}", payment.state.status.as_str()));
            }
            Some(Err(error)) => self.count(format!("pressed in vain: {error}")),
            None => self.count("killed"),
        }
    }

    async fn refund(&mut self) {
        if self.chance.percent(10) {
            let all = self.all::<Payment>().await;
            let paid = all.iter().filter(|payment| payment.state.status == Status::Succeeded);
            self.paid = paid.map(|payment| payment.id).collect();
        }
        if self.paid.is_empty() {
            return;
        }
        let payment = *self.chance.pick(&self.paid);
        let new = CreateRefund {
            payment,
            amount: RefundAmount::Minor(self.chance.in_range(1, 8000)),
            reason: None,
            metadata: Metadata::default(),
        };
        let kill = self.kill();
        let call = self.call(FrontDoor::Charges);
        let made = self.fate.run(kill, call.create_refund(new, None)).await;
        match made {
            Some(Ok(made)) => {
                self.refunds.push(made.value.id);
                self.count(format!("refund {:?}", made.value.status));
            }
            Some(Err(error)) => self.count(format!("refund refused ({error})")),
            None => self.count("killed"),
        }
    }

    fn some_refund(&mut self) -> Option<RefundId> {
        let count = self.refunds.len();
        (count > 0).then(|| *self.chance.pick(&self.refunds[count.saturating_sub(5)..]))
    }

    async fn call_back(&mut self) {
        let Some(id) = self.some_refund() else { return };
        let kill = self.kill();
        let call = self.call(FrontDoor::Intents);
        let called_back = self.fate.run(kill, call.cancel_refund(id, None)).await;
        if let Some(called_back) = called_back {
            assert!(called_back.is_err(), "a refund over a wire was called back");
            self.count("call-back refused");
        }
    }

    /// A change that has nothing to do with the money, at the worst moment.
    async fn annotate(&mut self) {
        let Some(id) = self.some_refund() else { return };
        let kill = self.kill();
        let changes = json!({"note": self.orders.to_string()});
        let call = self.call(FrontDoor::Intents);
        let done = self.fate.run(kill, call.update_refund(id, Some(&changes), None)).await;
        self.count(if done.is_some() { "annotated" } else { "killed" });
    }

    async fn due_work(&mut self) {
        let kill = self.kill();
        let report = self.fate.run(kill, self.worker.run_due_work(&self.queue)).await;
        match report {
            Some(report) => {
                let report = report.unwrap();
                self.count("due work");
                *self.tally.entry("items looked after".into()).or_default() +=
                    u32::try_from(report.done).unwrap();
            }
            None => self.count("killed"),
        }
    }

    /// Publishes what the stream holds; killed, it begins again where it was.
    async fn publish(&mut self) -> usize {
        let records = self.dynamodb.records_after("tollgate", self.position.clone(), RECORDS).await.unwrap();
        let kill = self.kill();
        let count = records.len();
        let last =
            records.last().map(|record| record["dynamodb"]["SequenceNumber"].as_str().unwrap().to_owned());
        let (worker, queue) = (self.worker.clone(), self.queue.clone());
        let published = self
            .fate
            .run(kill, async {
                let publisher = worker.publisher(&queue);
                for record in records {
                    let record: EventRecord = serde_json::from_value(record).unwrap();
                    let before = subject_of(record.change.old_image).unwrap();
                    let Some((tenant, key, after)) = subject_of(record.change.new_image).unwrap() else {
                        continue;
                    };
                    let before = before.as_ref().map(|(_, _, subject)| subject);
                    publisher.publish(tenant, &key, before, &after).await.unwrap();
                }
            })
            .await;
        if published.is_some() && last.is_some() {
            self.position = last;
        }
        self.count("published");
        count
    }

    /// The next request of some kind fails in some way.
    async fn spoil(&mut self) {
        let processor = *self.chance.pick(&["cybersource", "mpgs"]);
        let operation =
            *self.chance.pick(&["authorize", "capture", "capture", "refund", "refund", "void", "look_up"]);
        let common = ["error", "error", "garbage", "late", "repeat", "busy"];
        let what = match operation {
            "look_up" => *self.chance.pick(&["error", "garbage"]),
            "authorize" => *self.chance.pick(&[
                "error",
                "garbage",
                "late",
                "repeat",
                "busy",
                "decline",
                "review",
                "refuse",
                "unknown_done",
                "unknown_not_done",
            ]),
            "void" => *self.chance.pick(&common),
            _ if self.chance.percent(60) => *self.chance.pick(&common),
            _ => *self.chance.pick(&["decline", "unknown_done", "unknown_not_done"]),
        };
        let delay_ms = if what == "late" {
            self.chance.in_range(1, LATE_MS_MAX)
        } else {
            self.chance.in_range(1, 2 * HOUR)
        };
        let fault = json!({
            "provider": processor,
            "operation": operation,
            "when": if self.chance.percent(50) { "before" } else { "after" },
            "what": what,
            "delay_ms": delay_ms,
            "times": self.chance.in_range(1, 2),
        });
        self.http
            .post(format!("{}/_networks/faults", self.control))
            .json(&fault)
            .send()
            .await
            .unwrap()
            .error_for_status()
            .unwrap();
        self.count(format!("fault {what}"));
    }

    async fn set_lag(&self, ms: i64) {
        self.http
            .put(format!("{}/_networks/lag", self.control))
            .json(&json!({"ms": ms}))
            .send()
            .await
            .unwrap()
            .error_for_status()
            .unwrap();
    }

    async fn lag(&mut self) {
        let ms = self.chance.in_range(0, LAG_MS_MAX);
        self.set_lag(ms).await;
        self.count("lag");
    }

    async fn books(&self) -> Vec<Value> {
        let url = format!("{}/_networks/orders", self.control);
        let all: Value = self.http.get(url).send().await.unwrap().json().await.unwrap();
        all["data"].as_array().unwrap().clone()
    }

    /// A reviewer decides about what is held, as told or by chance.
    async fn review(&mut self, accept: Option<bool>) {
        for book in self.books().await {
            let Some(name) = book["in_review"].as_str() else {
                continue;
            };
            let accept = accept.unwrap_or_else(|| self.chance.percent(50));
            let decision = json!({"provider": book["provider"], "network_id": name, "accept": accept});
            self.http
                .post(format!("{}/_networks/reviews", self.control))
                .json(&decision)
                .send()
                .await
                .unwrap();
            self.count("reviewed");
        }
    }

    async fn all<E: Entity + Sync>(&self) -> Vec<E> {
        let mut all = Vec::new();
        let mut after: Option<Cursor> = None;
        loop {
            let mut query = ListQuery::new(100);
            query.after = after;
            let page = self.worker.store().list::<E>(self.tenant, &query, None).await.unwrap();
            all.extend(page.items);
            after = page.next;
            if after.is_none() {
                return all;
            }
        }
    }

    /// What is not decided yet, or not let go.
    async fn still_open(&self) -> Vec<OpenMoney> {
        let payments = self.all::<Payment>().await;
        let refunds = self.all::<Refund>().await;
        let payments = payments
            .into_iter()
            .filter(|payment| payment.due.is_some())
            .map(|payment| OpenMoney::Payment(payment.id));
        let refunds = refunds
            .into_iter()
            .filter(|refund| refund.status == RefundStatus::Pending)
            .map(|refund| OpenMoney::Refund(refund.id));
        payments.chain(refunds).collect()
    }

    /// The faults are over, and due work runs until nothing is open. What waits for the operator is begun anew, as the
    /// operator would have it.
    pub(crate) async fn come_to_rest(&mut self) {
        self.http.delete(format!("{}/_networks/faults", self.control)).send().await.unwrap();
        self.set_lag(0).await;
        for _ in 0..ROUNDS_TO_REST {
            self.review(Some(true)).await;
            self.clock.0.fetch_add(6 * HOUR, Ordering::SeqCst);
            self.worker.run_due_work(&self.queue).await.unwrap();
            let open = self.still_open().await;
            if open.is_empty() {
                break;
            }
            self.resume_stuck(&open).await;
        }
        let open = self.still_open().await;
        assert!(open.is_empty(), "still open: {open:?}");
        while self.publish().await > 0 {}
    }

    async fn resume_stuck(&mut self, open: &[OpenMoney]) {
        let admin = Admin::new(self.worker.clone());
        for one in open {
            let is_stuck = match one {
                OpenMoney::Payment(id) => {
                    let payment: Payment = self.read(&id.to_string()).await.unwrap();
                    payment.processor_charge.is_some_and(|charge| charge.stuck_since.is_some())
                }
                OpenMoney::Refund(id) => {
                    let refund: Refund = self.read(&id.to_string()).await.unwrap();
                    refund.processor_refund.is_some_and(|processor| processor.stuck_since.is_some())
                }
            };
            if is_stuck {
                let resumed = admin.resume_money(self.tenant.merchant, Mode::Test, *one).await;
                assert!(resumed.unwrap(), "{one:?}");
                self.count("resumed by the operator");
            }
        }
    }

    /// For every reference the processor's books say what ours do.
    pub(crate) async fn compare_books(&mut self) {
        let books: HashMap<String, Value> = self
            .books()
            .await
            .into_iter()
            .map(|book| (book["reference"].as_str().unwrap().to_owned(), book))
            .collect();
        let mut refunded: HashMap<PaymentId, i64> = HashMap::new();
        for refund in self.all::<Refund>().await {
            self.count(format!("ended: refund {:?}", refund.status));
            if refund.status == RefundStatus::Succeeded {
                *refunded.entry(refund.payment).or_default() += refund.amount.minor;
            }
            for unapplied in refund.processor_refund.iter().flat_map(|processor| &processor.unapplied) {
                self.count(format!("kept: {}", unapplied.answer));
            }
        }
        let payments = self.all::<Payment>().await;
        for payment in &payments {
            self.count(format!("ended: payment {}", payment.state.status.as_str()));
            let charge = payment.processor_charge.as_ref().unwrap();
            let rests = matches!(charge.stage, Stage::Captured { .. } | Stage::Ended);
            assert!(rests && payment.state.status.is_final(), "{payment:?}");
            for unapplied in &charge.unapplied {
                self.count(format!("kept: {}", unapplied.answer));
            }
            let ours = refunded.get(&payment.id).copied().unwrap_or(0);
            assert_eq!(payment.amount_refunded, ours, "refunds and payment: {payment:?}");
            let book = books.get(&payment.id.uuid().to_string());
            let theirs = |name: &str| book.map_or(0, |book| book[name].as_i64().unwrap());
            assert_eq!(
                (theirs("captured"), theirs("refunded"), theirs("reserved")),
                (payment.amount_captured, payment.amount_refunded, 0),
                "{payment:?}\n{book:?}"
            );
        }
        let ids: HashSet<String> = payments.iter().map(|payment| payment.id.uuid().to_string()).collect();
        assert!(
            books.keys().all(|reference| ids.contains(reference)),
            "a provider knows a payment that we do not"
        );
    }

    /// The merchant is told each end once: there is one event of it. (Of each event there is one delivery to an endpoint, as
    /// its id is made of both.)
    pub(crate) async fn compare_events(&mut self) {
        let mut told: HashMap<String, Vec<EventKind>> = HashMap::new();
        for event in self.all::<Event>().await {
            let is_end = matches!(
                event.kind,
                EventKind::PaymentSucceeded
                    | EventKind::PaymentFailed
                    | EventKind::PaymentCanceled
                    | EventKind::RefundSucceeded
                    | EventKind::RefundFailed
            );
            if !is_end {
                continue;
            }
            let about = match &event.subject {
                Subject::Payment(payment) => payment.id.to_string(),
                Subject::Refund(refund) => refund.id.to_string(),
                _ => continue,
            };
            told.entry(about).or_default().push(event.kind);
        }
        for payment in self.all::<Payment>().await {
            let kind = match payment.state.status {
                Status::Succeeded => EventKind::PaymentSucceeded,
                Status::Failed => EventKind::PaymentFailed,
                _ => EventKind::PaymentCanceled,
            };
            assert_eq!(told.get(&payment.id.to_string()), Some(&vec![kind]), "{payment:?}");
        }
        for refund in self.all::<Refund>().await {
            let kind = match refund.status {
                RefundStatus::Succeeded => EventKind::RefundSucceeded,
                _ => EventKind::RefundFailed,
            };
            assert_eq!(told.get(&refund.id.to_string()), Some(&vec![kind]), "{refund:?}");
        }
    }
}
