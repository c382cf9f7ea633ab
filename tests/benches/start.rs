//! How long a function takes from its process's start to its first call of `next`, and how much memory it then holds,
//! beside a hello-world function measured in the same run. Release binaries, medians of 15.
//!
//! `cargo bench -p tollgate-tests --bench start`
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::{
    io::Read,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tollgate_local::{dynamodb::DynamoDb, template};

const RUNS: usize = 15;
const FUNCTIONS: &[&str] = &["charges-create-payment", "charges-retrieve-payment", "charges-unknown-route"];
/// The design's budgets.
const START_BUDGET: f64 = 1.5;
const MEMORY_BUDGET_KB: u64 = 9 * 1024;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn build() -> PathBuf {
    let bench = std::env::current_exe().unwrap();
    let profile =
        bench.ancestors().find(|folder| folder.ends_with("release")).expect("a release build").to_owned();
    let target = profile.parent().unwrap().to_owned();
    let mut cargo = Command::new("cargo");
    cargo.current_dir(root()).args(["build", "--release", "--quiet", "--target-dir"]).arg(target);
    cargo.args(["-p", "tollgate-charges", "--bins", "-p", "tollgate-tests", "--example", "hello-world"]);
    assert!(cargo.status().unwrap().success());
    profile
}

/// One start: the time until `next` is asked for, and the resident memory a moment later.
fn start(binary: &Path, dynamodb: &str, secrets: &str) -> (Duration, u64) {
    let runtime = TcpListener::bind("127.0.0.1:0").unwrap();
    let began = Instant::now();
    let mut child: Child = Command::new(binary)
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", runtime.local_addr().unwrap().to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "bench")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "bench")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "bench")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .env("AWS_ENDPOINT_URL_DYNAMODB", dynamodb)
        .env("TOLLGATE_TABLE", "tollgate")
        .env("TOLLGATE_KEYS_TABLE", "tollgate-keys")
        .env("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets)
        .env("TOLLGATE_LINK_SECRET_ARN", "LinkSecret")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let (mut connection, _) = runtime.accept().unwrap();
    let mut request = [0; 64];
    assert!(connection.read(&mut request).unwrap() > 0);
    let took = began.elapsed();
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kilobytes = resident.trim().trim_end_matches(" kB").parse().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    (took, kilobytes)
}

fn median<T: Ord + Copy>(mut values: Vec<T>) -> T {
    values.sort_unstable();
    values[values.len() / 2]
}

#[tokio::main]
async fn main() {
    let binaries = build();
    let folder = tempfile::tempdir().unwrap();
    let setting = template::Setting {
        front_url: String::new(),
        sqs_url: String::new(),
        parameters: Vec::new(),
        secret: &|_, _| Ok(String::new()),
    };
    let tables = template::load(&root().join("template.yaml"), &setting).unwrap().tables;
    let dynamodb = DynamoDb::open(&folder.path().join("dynamodb.db"), &tables).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    dynamodb.serve(listener, stopped);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let secrets = format!("http://{}", listener.local_addr().unwrap());
    let answer = || async { "{\"SecretString\":\"a secret of the bench\"}" };
    let routes = axum::Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });

    let measured = tokio::task::spawn_blocking(move || {
        let names = std::iter::once("examples/hello-world").chain(FUNCTIONS.iter().copied());
        let measure = |name: &'static str| {
            let runs: Vec<_> = (0..RUNS).map(|_| start(&binaries.join(name), &url, &secrets)).collect();
            let (took, memory): (Vec<_>, Vec<_>) = runs.into_iter().unzip();
            (name, median(took), median(memory))
        };
        names.map(measure).collect::<Vec<_>>()
    })
    .await
    .unwrap();
    let (_, hello, _) = measured[0];
    println!("{:<28} {:>9} {:>7} {:>10}", "function", "start ms", "ratio", "memory KB");
    for (name, took, memory) in measured {
        let ratio = took.as_secs_f64() / hello.as_secs_f64();
        let over = if ratio > START_BUDGET || memory > MEMORY_BUDGET_KB { "  over budget" } else { "" };
        println!("{name:<28} {:>9.2} {ratio:>7.2} {memory:>10}{over}", took.as_secs_f64() * 1000.0);
    }
}
