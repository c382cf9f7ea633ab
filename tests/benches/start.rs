//! How long each function takes from its process's start to its first call of `next`, how much of that is the warm-up of its
//! connections, how much memory it then holds, and how large its binary is, beside a hello-world function measured in the
//! same run. Release binaries, medians.
//!
//! The warm-up is counted apart: it lasts from the first connection to the last answer, and on Lambda takes place where a
//! function has a whole core and no request waits for it.
//!
//! `cargo bench --workspace --bench start`, or with `-- intents` for the functions whose names begin so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::{
    collections::BTreeMap,
    io::Read,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tollgate_local::template;
use tollgate_tests::{Cloud, build_with_examples, target};

/// Starts of each function, and as many of hello-world between them.
const RUNS: usize = 25;
/// The budgets: a start without the warm-up beside hello-world's, memory, and a binary for this machine.
const START_BUDGET: f64 = 1.5;
const MEMORY_BUDGET_KB: u64 = 9 * 1024;
const HELLO_WORLD: &str = "examples/hello-world";
/// A function that has not asked for work by now never will.
const START_MAX: Duration = Duration::from_secs(10);

/// When connections to a service were opened, and answers passed.
type Moments = Arc<Mutex<Vec<Instant>>>;

/// Passes connections on to a service, and takes down when; gives the address in front of it.
fn watch(service: &str, moments: &Moments) -> String {
    let address =
        service.trim_start_matches("http://").trim_end_matches('/').replace("localhost", "127.0.0.1");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let moments = moments.clone();
    std::thread::spawn(move || {
        while let Ok((client, _)) = listener.accept() {
            moments.lock().unwrap().push(Instant::now());
            let service = TcpStream::connect(&address).unwrap();
            pass(client.try_clone().unwrap(), service.try_clone().unwrap(), None);
            pass(service, client, Some(moments.clone()));
        }
    });
    url
}

fn pass(mut from: TcpStream, mut to: TcpStream, moments: Option<Moments>) {
    from.set_nodelay(true).unwrap();
    std::thread::spawn(move || {
        let mut bytes = [0; 8192];
        while let Ok(read @ 1..) = from.read(&mut bytes) {
            if std::io::Write::write_all(&mut to, &bytes[..read]).is_err() {
                return;
            }
            if let Some(moments) = &moments {
                moments.lock().unwrap().push(Instant::now());
            }
        }
        let _ = to.shutdown(std::net::Shutdown::Both);
    });
}

/// What a start took.
#[derive(Clone, Copy)]
struct Start {
    took: Duration,
    warm_up: Duration,
    resident_kb: u64,
}

/// One start of a function.
fn start(binary: &Path, environment: &BTreeMap<String, String>, moments: &Moments) -> Start {
    moments.lock().unwrap().clear();
    let runtime = TcpListener::bind("127.0.0.1:0").unwrap();
    runtime.set_nonblocking(true).unwrap();
    let began = Instant::now();
    let mut child: Child = Command::new(binary)
        .env_clear()
        .envs(environment)
        .env("AWS_LAMBDA_RUNTIME_API", runtime.local_addr().unwrap().to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // The connection is kept: a function that loses it ends.
    let (took, _connection) = loop {
        if let Ok((connection, _)) = runtime.accept() {
            break (began.elapsed(), connection);
        }
        assert!(child.try_wait().unwrap().is_none(), "{} ended", binary.display());
        assert!(began.elapsed() < START_MAX, "{} does not ask for work", binary.display());
        std::thread::sleep(Duration::from_micros(20));
    };
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let resident_kb = resident.trim().trim_end_matches(" kB").parse().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let moments = moments.lock().unwrap();
    let until_next = moments.iter().filter(|moment| **moment <= began + took);
    let warm_up = match (until_next.clone().min(), until_next.max()) {
        (Some(first), Some(last)) => *last - *first,
        _ => Duration::ZERO,
    };
    Start { took, warm_up, resident_kb }
}

fn median<T: Ord + Copy>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values[values.len() / 2]
}

/// The environment of each function that Lambda and its template give it.
fn environments(cloud: &Cloud, moments: &Moments) -> BTreeMap<String, BTreeMap<String, String>> {
    let root = tollgate_tests::root();
    let setting = template::Setting {
        front_url: cloud.local(""),
        sqs_url: cloud.ready["sqs"].as_str().unwrap().to_owned(),
        parameters: Vec::new(),
        secret: &|_, _| Ok(String::new()),
    };
    let given = template::load(&root.join("template.yaml"), &setting).unwrap();
    let service = |name: &str| watch(cloud.ready[name].as_str().unwrap(), moments);
    let lambda: BTreeMap<String, String> = [
        ("AWS_LAMBDA_FUNCTION_NAME", "bench".to_owned()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256".to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "bench".to_owned()),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "bench".to_owned()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "local".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
        ("AWS_ENDPOINT_URL_DYNAMODB", service("dynamodb")),
        ("AWS_ENDPOINT_URL_SQS", service("sqs")),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", service("secretsmanager")),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let of = |own: BTreeMap<String, String>| lambda.clone().into_iter().chain(own).collect();
    let functions = given.functions.into_iter().map(|function| (function.binary, of(function.environment)));
    functions.chain([(HELLO_WORLD.to_owned(), lambda.clone())]).collect()
}

/// The middle one of several starts.
fn middle(starts: &[Start]) -> Start {
    Start {
        took: median(starts.iter().map(|start| start.took)),
        warm_up: median(starts.iter().map(|start| start.warm_up)),
        resident_kb: median(starts.iter().map(|start| start.resident_kb)),
    }
}

/// Starts a function and hello-world by turns, so that both meet the machine's other work alike.
fn measure(
    name: &str,
    environments: &BTreeMap<String, BTreeMap<String, String>>,
    moments: &Moments,
) -> [Start; 2] {
    let (mut starts, mut hellos) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        hellos.push(start(&target().join(HELLO_WORLD), &environments[HELLO_WORLD], moments));
        starts.push(start(&target().join(name), &environments[name], moments));
    }
    [middle(&starts), middle(&hellos)]
}

#[tokio::main]
async fn main() {
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    build_with_examples();
    let moments = Moments::default();
    let cloud = Cloud::start().await;
    let environments = environments(&cloud, &moments);
    println!(
        "{:<44} {:>8} {:>8} {:>6} {:>6} {:>10} {:>9}",
        "function", "start ms", "warm-up", "own", "ratio", "memory KB", "binary KB"
    );
    let wanted = environments.keys().filter(|name| name.starts_with(&wanted) || *name == HELLO_WORLD);
    for name in wanted {
        let [start, hello] = measure(name, &environments, &moments);
        let own = start.took.saturating_sub(start.warm_up);
        let ratio = own.as_secs_f64() / hello.took.as_secs_f64();
        let over =
            if ratio > START_BUDGET || start.resident_kb > MEMORY_BUDGET_KB { "  over budget" } else { "" };
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        let size = std::fs::metadata(target().join(name)).unwrap().len() / 1024;
        println!(
            "{name:<44} {:>8.2} {:>8.2} {:>6.2} {ratio:>6.2} {:>10} {size:>9}{over}",
            ms(start.took),
            ms(start.warm_up),
            ms(own),
            start.resident_kb
        );
    }
}
