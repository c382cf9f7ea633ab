//! How a run begins: an embedded DynamoDB and queue, both processors' simulators, and a merchant with an account at each.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    middleware::{self, Next},
    response::Response,
};
use tokio::sync::watch;
use tollgate_domain::{KeyKind, Mode, Permission, Tenant, Tier};
use tollgate_gateway::{
    Admin, AwsEnvironment, DueQueues, Links, NewKey, Processors, Queue, Tables, Vault, VaultKeys, Worker,
    Writer,
};
use tollgate_local::{
    dynamodb::DynamoDb,
    processors::{self, Simulators},
    sqs::{self, Sqs},
    template,
};

use super::{TestClock, World, faults::LAG_MS_MAX};
use crate::{
    chance::{Chance, SeededEntropy},
    fate::Fate,
};

/// When the run begins.
const BEGIN: i64 = 1_795_219_200_000;
/// How long a processor may take to answer: virtual, as no request of this test hangs.
const TIMEOUT_MS: u64 = 8000;
/// Largest body that the way to DynamoDB takes.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

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

/// The templates' tables and queues, embedded; gives DynamoDB and the URLs of both.
async fn storage(
    folder: &Path,
    fate: &Arc<Fate>,
    stopped: watch::Receiver<bool>,
) -> (Arc<DynamoDb>, AwsEnvironment) {
    let setting = template::Setting {
        front_url: String::new(),
        sqs_url: String::new(),
        parameters: Vec::new(),
        secret: &|_, _| Ok(String::new()),
    };
    let file = tollgate_tests::root().join("template.yaml");
    let cloud = template::load(&file, &setting).unwrap();
    let dynamodb = DynamoDb::open(&folder.join("dynamodb.db"), &cloud.tables).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let inner = format!("http://{}", listener.local_addr().unwrap());
    dynamodb.serve(listener, stopped);
    let tables_url = through(fate.clone(), inner).await;
    let queues = Sqs::open(&folder.join("sqs.db"), &cloud.queues).unwrap();
    let sqs_url = serve(sqs::router(queues, String::new())).await;
    (dynamodb, AwsEnvironment::emulated(&tables_url, &sqs_url))
}

/// Both processors' simulators on the run's clock, behind fate; gives their URL.
async fn simulators(folder: &Path, clock: Arc<TestClock>, fate: Arc<Fate>) -> String {
    let now = Arc::new(move || clock.0.load(Ordering::SeqCst));
    let simulators = Simulators::open_with_clock(&folder.join("networks.db"), now).unwrap();
    let layer = middleware::from_fn(move |request: Request, next: Next| {
        let fate = fate.clone();
        async move { fate.pass(next.run(request)).await }
    });
    serve(processors::router(simulators).layer(layer)).await
}

/// A merchant with an account at each processor; gives its test data and a key.
async fn merchant(worker: &Worker, control: &str) -> (Tenant, String) {
    let admin = Admin::new(worker.clone());
    let merchant = admin.create_merchant("Books", Tier::Growth).await.unwrap();
    let new = NewKey {
        merchant: merchant.id,
        mode: Mode::Test,
        kind: KeyKind::Secret,
        scopes: Permission::ALL.to_vec(),
    };
    let key = admin.create_key(new).await.unwrap();
    for account in processors::demo_accounts(control) {
        admin.set_processor(merchant.id, Mode::Test, &account).await.unwrap();
    }
    let tenant = Tenant { merchant: merchant.id, mode: Mode::Test };
    for (processor, key) in processors::demo_notice_keys() {
        admin.set_notice_key(tenant, processor, &key, true).await.unwrap();
    }
    (tenant, key.secret)
}

impl World {
    pub(crate) async fn open(mut chance: Chance) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (stop, stopped) = watch::channel(false);
        let fate = Fate::new();
        let clock = Arc::new(TestClock(AtomicI64::new(BEGIN)));
        let (dynamodb, environment) = storage(folder.path(), &fate, stopped).await;
        let control = simulators(folder.path(), clock.clone(), fate.clone()).await;
        let names = Tables::of_stack("tollgate");
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
        let queue = async |name: &str| Queue::named(&environment, name).await.unwrap();
        let queues = DueQueues {
            webhooks: queue("tollgate-webhooks").await,
            due_work: queue("tollgate-due-work").await,
        };
        let (tenant, secret) = merchant(&worker, &control).await;
        Self {
            chance,
            clock,
            fate,
            worker,
            links,
            queues,
            dynamodb,
            position: None,
            tenant,
            secret,
            control,
            http: reqwest::Client::new(),
            orders: 0,
            payments: Vec::new(),
            paid: Vec::new(),
            refunds: Vec::new(),
            cases: Vec::new(),
            accepted: Vec::new(),
            tally: BTreeMap::new(),
            _folder: folder,
            _stop: stop,
        }
    }
}
