//! The local cloud, run with a small template of its own and one function that does as it is told.
#![expect(clippy::expect_used, reason = "the tests' helpers fail as tests do")]

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use aws_sdk_dynamodb::{config as db_config, types::AttributeValue};
use aws_sdk_sqs::config as sqs_config;
use serde_json::{Value, json};
use tempfile::TempDir;
use tollgate_local::{LocalCloud, Options};

const PATIENCE: Duration = Duration::from_secs(30);

/// Where cargo puts this package's examples: beside the folder of its tests.
fn binaries() -> PathBuf {
    let test = std::env::current_exe().expect("this test's path");
    let profile = test.parent().and_then(Path::parent).expect("a profile's folder");
    profile.join("examples")
}

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture")
}

struct Running {
    cloud: LocalCloud,
    data: TempDir,
}

impl Running {
    async fn start() -> Self {
        Self::start_in(tempfile::tempdir().expect("a folder")).await
    }

    async fn start_in(data: TempDir) -> Self {
        let record = data.path().join("record").to_string_lossy().into_owned();
        let cloud = LocalCloud::start(&Options {
            root: fixture(),
            port: 0,
            data: data.path().to_owned(),
            binaries: binaries(),
            parameters: vec![("Record".to_owned(), record)],
            checks: tollgate_local::Checks::default(),
        })
        .await
        .expect("the local cloud starts");
        Self { cloud, data }
    }

    async fn restart(self) -> Self {
        self.cloud.stop().await;
        Self::start_in(self.data).await
    }

    fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.cloud.port)
    }

    fn recorded(&self) -> Vec<String> {
        recorded(self.data.path())
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        get(&self.url(path)).await
    }
}

fn recorded(data: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(data.join("record")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

async fn get(url: &str) -> (u16, Value) {
    let answer = reqwest::get(url).await.expect("an answer");
    let status = answer.status().as_u16();
    let text = answer.text().await.expect("a body");
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// Asks again and again until the answer is there.
async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(Instant::now() < deadline, "waited too long for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "a client of the local cloud's own, not the store's")]
fn dynamodb(url: &str) -> aws_sdk_dynamodb::Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(db_config::BehaviorVersion::latest())
        .region(db_config::Region::new("us-east-1"))
        .credentials_provider(db_config::Credentials::new("local", "local", None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(url);
    aws_sdk_dynamodb::Client::from_conf(config.build())
}

fn sqs(url: &str) -> aws_sdk_sqs::Client {
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(sqs_config::BehaviorVersion::latest())
        .region(sqs_config::Region::new("us-east-1"))
        .credentials_provider(sqs_config::Credentials::new("local", "local", None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(url);
    aws_sdk_sqs::Client::from_conf(config.build())
}

async fn put(dynamodb_url: &str, pk: &str, kind: &str) {
    dynamodb(dynamodb_url)
        .put_item()
        .table_name("tollgate-things")
        .item("pk", AttributeValue::S(pk.to_owned()))
        .item("t", AttributeValue::S(kind.to_owned()))
        .send()
        .await
        .expect("a put");
}

async fn queue_url(sqs: &aws_sdk_sqs::Client, name: &str) -> String {
    let answer = sqs.get_queue_url().queue_name(name).send().await.expect("a queue");
    answer.queue_url().expect("its URL").to_owned()
}

async fn receive(sqs: &aws_sdk_sqs::Client, name: &str) -> Vec<String> {
    let answer = sqs
        .receive_message()
        .queue_url(queue_url(sqs, name).await)
        .max_number_of_messages(10)
        .wait_time_seconds(1)
        .send()
        .await
        .expect("a receive");
    answer.messages().iter().filter_map(|m| m.body().map(str::to_owned)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_becomes_an_event_and_the_answer_a_response() {
    let run = Running::start().await;
    assert_eq!(run.cloud.ready.apis["demo"], run.url("/demo/v1"));
    let (status, body) = run.get("/demo/v1/echo/a%20b?x=1").await;
    assert_eq!(status, 200);
    assert_eq!(body["event"]["rawPath"], "/v1/echo/a%20b");
    assert_eq!(body["event"]["routeKey"], "ANY /v1/echo/{id}");
    assert_eq!(body["event"]["pathParameters"], json!({"id": "a b"}));
    let environment = &body["environment"];
    assert_eq!(environment["AWS_LAMBDA_FUNCTION_NAME"], "demo-echo");
    assert_eq!(environment["TABLE"], "table:tollgate-things");
    assert_eq!(environment["SECRET"].as_str().map(str::len), Some(40));
    assert_eq!(environment["AWS_ENDPOINT_URL_DYNAMODB"], run.cloud.ready.dynamodb);
    assert_eq!(run.get("/demo/v1/nothing").await, (404, json!({"message": "Not Found"})));
    assert_eq!(run.get("/nobody/v1").await, (404, json!({"message": "Not Found"})));
    run.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_more_than_ten_megabytes_is_refused() {
    let run = Running::start().await;
    let client = reqwest::Client::new();
    let request = client.post(run.url("/demo/v1/echo/1")).body(vec![b'x'; 10 * 1024 * 1024 + 1]);
    // The answer may overtake the body, and the connection close on the rest of it.
    if let Ok(answer) = request.send().await {
        assert_eq!(answer.status(), 413);
    }
    run.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_fails_is_a_500_and_the_next_request_succeeds() {
    let run = Running::start().await;
    let failure = (500, json!({"message": "Internal Server Error"}));
    let (_, before) = run.get("/demo/v1/echo/1").await;
    assert_eq!(run.get("/demo/v1/echo/error").await, failure);
    let (_, same) = run.get("/demo/v1/echo/1").await;
    assert_eq!(before["pid"], same["pid"], "an error ends no process");
    for kind in ["crash", "slow"] {
        assert_eq!(run.get(&format!("/demo/v1/echo/{kind}")).await, failure, "{kind}");
        let (status, after) = run.get("/demo/v1/echo/1").await;
        assert_eq!(status, 200);
        assert_ne!(before["pid"], after["pid"], "{kind} ends the process");
    }
    assert_eq!(run.get("/demo/v1/broken").await, failure);
    run.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn busy_functions_get_more_processes_and_all_end_with_the_cloud() {
    let run = Running::start().await;
    let url = run.url("/demo/v1/echo/wait");
    let asked: Vec<_> = (0..20)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { get(&url).await })
        })
        .collect();
    let mut pids = std::collections::BTreeSet::new();
    for answer in asked {
        let (status, body) = answer.await.expect("no panic");
        assert_eq!(status, 200);
        pids.insert(body["pid"].as_u64().expect("a pid"));
    }
    assert!((2..=8).contains(&pids.len()), "{pids:?}");
    let (_, functions) = run.get("/_local/functions").await;
    assert!(
        functions.as_array().expect("a list").iter().any(|f| f["name"] == "demo-echo" && f["busy"] == false)
    );
    run.cloud.stop().await;
    assert!(pids.iter().all(|pid| !is_alive(*pid)));
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_can_be_invoked_by_name() {
    let run = Running::start().await;
    let invoke = async |name: &str, payload: &'static str| {
        let url = run.url(&format!("/2015-03-31/functions/{name}/invocations"));
        let answer = reqwest::Client::new().post(url).body(payload).send().await.expect("an answer");
        let failed = answer.headers().contains_key("x-amz-function-error");
        (answer.status().as_u16(), failed)
    };
    assert_eq!(invoke("demo-echo", "{}").await, (200, false));
    assert_eq!(invoke("demo-echo", r#"{"pathParameters":{"id":"error"}}"#).await, (200, true));
    assert_eq!(invoke("nobody", "{}").await, (404, false));
    run.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_reach_the_function_in_order_and_bad_ones_are_put_aside() {
    let run = Running::start().await;
    let url = &run.cloud.ready.dynamodb;
    for (pk, kind) in
        [("a", "SEEN"), ("x", "UNSEEN"), ("bad", "SEEN"), ("b", "SEEN"), ("poison", "SEEN"), ("c", "SEEN")]
    {
        put(url, pk, kind).await;
    }
    until("every good change", async || {
        let seen: Vec<_> = run.recorded().into_iter().filter(|line| line != "tick").collect();
        seen.contains(&"c".to_owned()).then_some(seen)
    })
    .await;
    let mut seen: Vec<_> = run.recorded().into_iter().filter(|line| line != "tick").collect();
    // At least once: a batch that was tried again may show its good part twice.
    seen.dedup();
    let first = |pk: &str| seen.iter().position(|line| line == pk);
    assert!(first("a") < first("b") && first("b") < first("c"), "{seen:?}");
    assert!(!seen.contains(&"x".to_owned()));
    let client = sqs(&run.cloud.ready.sqs);
    let mut given_up = Vec::new();
    until("two batches given up", async || {
        given_up.extend(receive(&client, "stream-dead").await);
        (given_up.len() == 2).then_some(())
    })
    .await;
    assert!(given_up.iter().all(|body| body.contains("\"batchSize\":1")), "{given_up:?}");
    // What was done is not done again after a restart.
    let before = run.recorded().iter().filter(|line| *line != "tick").count();
    let run = run.restart().await;
    put(&run.cloud.ready.dynamodb, "d", "SEEN").await;
    until("the change after the restart", async || run.recorded().contains(&"d".to_owned()).then_some(()))
        .await;
    assert_eq!(run.recorded().iter().filter(|line| *line != "tick").count(), before + 1);
    run.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_reach_the_function_and_bad_ones_end_in_the_dead_letter_queue() {
    let run = Running::start().await;
    let client = sqs(&run.cloud.ready.sqs);
    let url = queue_url(&client, "work").await;
    for body in ["one", "bad", "two"] {
        client.send_message().queue_url(&url).message_body(body).send().await.expect("a send");
    }
    until("the good messages", async || {
        let seen = run.recorded();
        ["one", "two"].iter().all(|body| seen.iter().any(|line| line == body)).then_some(())
    })
    .await;
    let dead = until("the dead letter", async || {
        let dead = receive(&client, "dead").await;
        (!dead.is_empty()).then_some(dead)
    })
    .await;
    assert_eq!(dead, ["bad"]);
    assert_eq!(run.recorded().iter().filter(|line| *line == "one").count(), 1);
    run.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn schedules_tick_every_second() {
    let run = Running::start().await;
    until("two ticks", async || {
        (run.recorded().iter().filter(|line| *line == "tick").count() >= 2).then_some(())
    })
    .await;
    run.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn queues_keep_sqs_rules() {
    let run = Running::start().await;
    let client = sqs(&run.cloud.ready.sqs);
    let url = queue_url(&client, "idle").await;
    // The client itself checks the MD5 sums of what it sends and receives.
    for number in 0..12 {
        client
            .send_message()
            .queue_url(&url)
            .message_group_id("busy")
            .message_body(format!("busy {number}"))
            .send()
            .await
            .expect("a send");
    }
    client
        .send_message()
        .queue_url(&url)
        .message_group_id("quiet")
        .message_body("quiet")
        .send()
        .await
        .expect("a send");
    let take = async |max| {
        let answer =
            client.receive_message().queue_url(&url).max_number_of_messages(max).visibility_timeout(600);
        answer.send().await.expect("a receive").messages().to_vec()
    };
    let first = take(2).await;
    assert!(first.iter().any(|m| m.body() == Some("quiet")), "a backlog holds nobody else up");
    let receipt = first[0].receipt_handle().expect("a receipt");
    client
        .change_message_visibility()
        .queue_url(&url)
        .receipt_handle(receipt)
        .visibility_timeout(0)
        .send()
        .await
        .expect("a change");
    let again = until("it comes back", async || {
        take(10).await.into_iter().find(|m| m.message_id() == first[0].message_id())
    })
    .await;
    assert_ne!(again.receipt_handle(), Some(receipt));
    client
        .delete_message()
        .queue_url(&url)
        .receipt_handle(again.receipt_handle().expect("a receipt"))
        .send()
        .await
        .expect("a delete");
    let run = run.restart().await;
    let client = sqs(&run.cloud.ready.sqs);
    let url = queue_url(&client, "idle").await;
    let attributes = client
        .get_queue_attributes()
        .queue_url(&url)
        .attribute_names("All".into())
        .send()
        .await
        .expect("attributes");
    let count = |name: &str| -> usize {
        attributes.attributes().and_then(|a| a.get(&name.into())).and_then(|n| n.parse().ok()).unwrap_or(0)
    };
    assert_eq!(count("ApproximateNumberOfMessages") + count("ApproximateNumberOfMessagesNotVisible"), 12);
    assert!(client.get_queue_url().queue_name("nobody").send().await.is_err());
    run.cloud.stop().await;
}

/// A process that has ended and that nobody has asked about yet is not alive.
fn is_alive(pid: u64) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| stat.rsplit(')').next().is_some_and(|rest| !rest.trim_start().starts_with('Z')))
}

fn spawn(data: &Path) -> (Child, Value) {
    use std::io::BufRead as _;
    let mut child = Command::new(env!("CARGO_BIN_EXE_tollgate-local"))
        .args(["--port", "0", "--json", "--data"])
        .arg(data)
        .current_dir(fixture())
        .env("TOLLGATE_LOCAL_BINARIES", binaries())
        .env("TOLLGATE_PARAMETER_OVERRIDES", format!("Record=\"{}\"", data.join("record").display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("its output");
    std::io::BufReader::new(stdout).read_line(&mut line).expect("a line");
    (child, serde_json::from_str(&line).expect("one line of JSON"))
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_it_leaves_no_process_and_loses_nothing() {
    let data = tempfile::tempdir().expect("a folder");
    let (mut child, ready) = spawn(data.path());
    let base = ready["apis"]["demo"].as_str().expect("a URL").to_owned();
    let (_, body) = get(&format!("{base}/echo/1")).await;
    let pid = body["pid"].as_u64().expect("a pid");
    put(ready["dynamodb"].as_str().expect("a URL"), "before", "SEEN").await;
    let client = sqs(ready["sqs"].as_str().expect("a URL"));
    client
        .send_message()
        .queue_url(queue_url(&client, "idle").await)
        .message_body("kept")
        .send()
        .await
        .expect("a send");
    child.kill().expect("killed");
    child.wait().expect("ended");
    until("the function ends", async || (!is_alive(pid)).then_some(())).await;

    let (mut child, ready) = spawn(data.path());
    let client = sqs(ready["sqs"].as_str().expect("a URL"));
    assert_eq!(receive(&client, "idle").await, ["kept"]);
    until("the change made before", async || {
        recorded(data.path()).contains(&"before".to_owned()).then_some(())
    })
    .await;
    let (_, body) = get(&format!("{}/echo/1", ready["apis"]["demo"].as_str().expect("a URL"))).await;
    let pid = body["pid"].as_u64().expect("a pid");
    let stopped = Command::new("kill").arg(child.id().to_string()).status().expect("a signal");
    assert!(stopped.success());
    assert!(child.wait().expect("ended").success(), "SIGTERM is an orderly end");
    assert!(!is_alive(pid));
}
