//! The local cloud as plain `cargo local` starts it, beside `localstripe` from `PyPI`, a stand-in for Stripe that keeps everything
//! in the memory of one process: how many payment intents each makes in a second, for sixteen clients and for one, and
//! whether the cloud stays as fast while payments pile up.
//!
//! `cargo bench --workspace --bench localstripe`, or with `-- 5000` for another number of payments. It builds the debug binaries
//! first, and puts localstripe under `target/localstripe`, which needs Python and its registry.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::cast_precision_loss)]

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use futures_util::stream::{self, StreamExt};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tollgate_tests::{build_debug, root, target};

/// Payments of the local cloud, all in all.
const PAYMENTS: usize = 20_000;
/// Payments before anything is measured.
const WARM_UP: usize = 2_000;
/// Payments of one measurement, of many clients and of one.
const MEASURED: usize = 2_000;
const MEASURED_ALONE: usize = 500;
const CLIENTS: usize = 16;
/// The goals: so many times as fast as localstripe, and so much of its speed the cloud keeps.
const GOAL: f64 = 3.0;
const GOAL_ALONE: f64 = 1.0;
const FLAT: f64 = 0.8;
const START_MAX: Duration = Duration::from_mins(2);

/// A process that ends with the bench.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn run(command: &mut Command) -> Vec<u8> {
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{command:?} failed");
    output.stdout
}

/// Starts the local cloud; gives its first line.
fn start_cloud(binaries: &Path, data: &Path) -> (Running, Value) {
    let mut child = Command::new(binaries.join("tollgate-local"))
        .current_dir(root())
        .args(["--port", "0", "--json", "--data"])
        .arg(data)
        .env("TOLLGATE_LOCAL_SKIP_BUILD", "1")
        .env("CARGO_TARGET_DIR", binaries.parent().unwrap())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let output = child.stdout.take().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line).unwrap();
    (Running(child), serde_json::from_str(&line).unwrap())
}

fn admin(binaries: &Path, ready: &Value, arguments: &[&str]) -> Value {
    let mut command = Command::new(binaries.join("tollgate-admin"));
    command.arg("--dynamodb").arg(ready["dynamodb"].as_str().unwrap()).args(arguments);
    serde_json::from_slice(&run(&mut command)).unwrap()
}

/// A key that may call as often as this bench does.
fn key(binaries: &Path, ready: &Value) -> String {
    let merchant = admin(binaries, ready, &["create-merchant", "Large", "--tier", "enterprise"]);
    let merchant = merchant["id"].as_str().unwrap();
    let key = admin(binaries, ready, &["create-key", merchant]);
    admin(binaries, ready, &["set-limit", merchant, "intents", "--per-minute", "50000", "--burst", "5000"]);
    key["secret"].as_str().unwrap().to_owned()
}

/// Starts localstripe; gives where it makes payment intents.
async fn start_localstripe(data: &Path) -> (Running, String) {
    let folder = target().with_file_name("localstripe");
    let python = folder.join("bin/python3");
    if !folder.join("bin/localstripe").exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "localstripe==1.15.10"]));
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let child = Command::new(&python)
        .args(["-m", "localstripe", "--from-scratch", "--port", &port.to_string()])
        .current_dir(data)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let running = Running(child);
    let (http, began) = (Client::new(), Instant::now());
    while http.get(format!("http://127.0.0.1:{port}/")).send().await.is_err() {
        assert!(began.elapsed() < START_MAX, "localstripe does not start");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    (running, format!("http://127.0.0.1:{port}/v1/payment_intents"))
}

/// Payments in a second, of so many clients.
async fn rate(payments: usize, clients: usize, request: impl Fn() -> RequestBuilder) -> f64 {
    let began = Instant::now();
    let made = AtomicUsize::new(0);
    let requests = (0..payments).map(|_| async {
        let answer = request().send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(matches!(status, StatusCode::OK | StatusCode::CREATED), "{status} {text}");
        made.fetch_add(1, Ordering::Relaxed);
    });
    stream::iter(requests).buffer_unordered(clients).collect::<()>().await;
    made.into_inner() as f64 / began.elapsed().as_secs_f64()
}

/// The rates of both measurements.
async fn measure(name: &str, request: impl Fn() -> RequestBuilder) -> (f64, f64) {
    rate(WARM_UP, CLIENTS, &request).await;
    let many = rate(MEASURED, CLIENTS, &request).await;
    let alone = rate(MEASURED_ALONE, 1, &request).await;
    println!("{name:<12} {many:>6.0}/s with {CLIENTS} clients, {alone:>6.0}/s with one");
    (many, alone)
}

#[tokio::main]
async fn main() {
    let payments = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(PAYMENTS);
    let binaries = build_debug();
    let data = tempfile::tempdir().unwrap();
    let http = Client::new();
    let (theirs_many, theirs_alone) = {
        let (_running, url) = start_localstripe(data.path()).await;
        measure("localstripe", || {
            http.post(&url)
                .bearer_auth("sk_test_1")
                .header("content-type", "application/x-www-form-urlencoded")
                .body("amount=1000&currency=eur")
        })
        .await
    };
    let (_running, ready) = start_cloud(&binaries, data.path());
    let url = format!("{}/payment_intents", ready["apis"]["intents"].as_str().unwrap());
    let key = key(&binaries, &ready);
    let body = json!({"amount": 1000, "currency": "eur"});
    let request = || http.post(&url).bearer_auth(&key).json(&body);
    let (many, alone) = measure("cargo local", request).await;
    println!(
        "ratios       {:.1} with {CLIENTS} clients, {:.2} with one",
        many / theirs_many,
        alone / theirs_alone
    );
    let mut made = WARM_UP + MEASURED + MEASURED_ALONE;
    let mut last = many;
    while made < payments {
        last = rate(MEASURED, CLIENTS, request).await;
        made += MEASURED;
        println!("             {last:>6.0}/s after {made}");
    }
    println!("the last beside the first: {:.2}", last / many);
    let reached = many >= GOAL * theirs_many && alone >= GOAL_ALONE * theirs_alone && last >= FLAT * many;
    println!("goals: {GOAL} with {CLIENTS} clients, {GOAL_ALONE} with one, {FLAT} of the first: {reached}");
}
