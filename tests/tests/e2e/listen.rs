//! `cargo local listen`: deliveries reach a program as they were sent, and endpoints go when listeners do.

use std::{
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex},
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
};
use tollgate_gateway::{Clock, SystemClock};
use tollgate_tests::{ClosedPort, Cloud, DEADLINE, Receiver, Signal, binary, eventually, signal};
use tollgate_webhooks::{SigningSecret, verify_timestamped};

use crate::payment;

/// A listener that runs, and what it printed.
struct Listener {
    child: Child,
    printed: Arc<Mutex<Vec<String>>>,
}

fn keep(printed: &Arc<Mutex<Vec<String>>>, stream: impl AsyncRead + Unpin + Send + 'static) {
    let printed = printed.clone();
    tokio::spawn(async move {
        let mut lines = BufReader::new(stream).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            printed.lock().unwrap().push(line);
        }
    });
}

impl Listener {
    async fn start(cloud: &Cloud, to: &str, more: &[&str]) -> Self {
        let mut child = Command::new(binary("tollgate-local"))
            .args(["listen", "--forward-to", to, "--port", &cloud.port().to_string()])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let printed = Arc::default();
        keep(&printed, child.stdout.take().unwrap());
        keep(&printed, child.stderr.take().unwrap());
        let listener = Self { child, printed };
        listener.line("Signing secret: ").await;
        listener
    }

    /// The first line that begins so, without its beginning.
    async fn line(&self, begin: &str) -> String {
        eventually(begin, || async {
            let printed = self.printed.lock().unwrap();
            printed.iter().find_map(|line| line.strip_prefix(begin)).map(str::to_owned)
        })
        .await
    }

    async fn end(&mut self, by: Signal) -> ExitStatus {
        assert!(signal(self.child.id().unwrap(), by));
        tokio::time::timeout(DEADLINE, self.child.wait()).await.expect("it ends in time").unwrap()
    }
}

/// The ids of the endpoints that listeners made.
async fn endpoints(cloud: &Cloud) -> Vec<String> {
    let page = cloud.intents().get("/webhook_endpoints?limit=100").await.expect(200);
    let all = page["data"].as_array().unwrap().iter();
    all.filter(|endpoint| endpoint["metadata"]["made_by"] == "cargo local listen")
        .map(|endpoint| endpoint["id"].as_str().unwrap().to_owned())
        .collect()
}

/// The exact body of an event as the inbox received it.
async fn body_in_inbox(cloud: &Cloud, event: &Value) -> String {
    eventually("the inbox has the event, too", || async {
        let url = cloud.local("/_inbox?format=json");
        let inbox: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
        let bodies = inbox["data"].as_array().unwrap().iter();
        bodies
            .map(|webhook| webhook["body"].as_str().unwrap().to_owned())
            .find(|body| serde_json::from_str::<Value>(body).unwrap()["id"] == event["id"])
    })
    .await
}

#[tokio::test]
async fn a_delivery_arrives_as_it_was_sent_and_is_answered_as_the_program_answers() {
    let cloud = Cloud::start().await;
    let receiver = Receiver::start(&[500]);
    let mut listener = Listener::start(&cloud, &receiver.url, &["--events", "payment.succeeded"]).await;
    let secret = listener.line("Signing secret: ").await;
    assert_eq!(endpoints(&cloud).await.len(), 1);
    cloud.charges().post("/payments", &payment("tok_visa_4242", 700)).await.expect(201);

    let arrived = receiver.wait_for(1).await.remove(0);
    let event = arrived.json();
    assert_eq!(event["type"], "payment.succeeded");
    assert_eq!(arrived.body, body_in_inbox(&cloud, &event).await);
    let header = |name: &str| arrived.headers[name].to_str().unwrap();
    let signing = SigningSecret::from_text(&secret);
    assert!(verify_timestamped(header("x-signature"), &arrived.body, &signing, SystemClock.now(), 300));
    assert_eq!(header("webhook-id"), event["id"].as_str().unwrap());
    assert!(
        !header("webhook-signature").is_empty() && header("content-type").starts_with("application/json")
    );

    let line = format!("payment.succeeded {} ", event["id"].as_str().unwrap());
    assert!(listener.line(&line).await.starts_with("500 "));
    // What the program failed with is what the delivery failed with.
    let id = endpoints(&cloud).await.remove(0);
    let path = format!("/webhook_endpoints/{id}/deliveries");
    eventually("the attempt is recorded", || async {
        let page = cloud.intents().get(&path).await.expect(200);
        page.to_string().contains("500").then_some(())
    })
    .await;
    // An event that was not asked for does not come.
    cloud.charges().post("/payments", &payment("tok_visa_0002", 700)).await.expect(402);
    assert!(receiver.received().iter().all(|w| w.json()["type"] == "payment.succeeded"));

    assert!(listener.end(Signal::INT).await.success());
    assert!(endpoints(&cloud).await.is_empty());
    let printed = listener.printed.lock().unwrap().join("\n");
    assert_eq!(printed.matches(&secret).count(), 1, "{printed}");
    assert!(!printed.contains(&cloud.key()), "{printed}");
}

#[tokio::test]
async fn the_endpoint_of_a_killed_listener_goes_with_the_next_and_a_living_ones_stays() {
    let cloud = Cloud::start().await;
    let closed = ClosedPort::reserve();
    let nobody = format!("127.0.0.1:{}/hooks", closed.number);
    let mut killed = Listener::start(&cloud, &nobody, &[]).await;
    let mut living = Listener::start(&cloud, &nobody, &["--events", "payment_intent.*"]).await;
    assert_eq!(endpoints(&cloud).await.len(), 2);
    killed.end(Signal::KILL).await;
    assert_eq!(endpoints(&cloud).await.len(), 2);
    let mut next = Listener::start(&cloud, &nobody, &[]).await;
    next.line("Deleted the endpoint ").await;
    assert_eq!(endpoints(&cloud).await.len(), 2);

    // Nobody takes what is forwarded, and the delivery fails.
    cloud.charges().post("/payments", &payment("tok_visa_4242", 700)).await.expect(201);
    let line = next.line("payment.succeeded ").await;
    assert!(line.contains(" 502 ") && line.contains("nothing listens there"), "{line}");
    assert!(living.end(Signal::TERM).await.success());
    assert!(next.end(Signal::TERM).await.success());
    assert!(endpoints(&cloud).await.is_empty());
}

#[tokio::test]
async fn a_listener_ends_with_its_local_cloud_and_says_so() {
    let cloud = Cloud::start().await;
    let mut listener = Listener::start(&cloud, "localhost:1", &[]).await;
    assert!(cloud.terminate(DEADLINE).await.success());
    let ended = tokio::time::timeout(DEADLINE, listener.child.wait()).await;
    assert_eq!(ended.expect("it ends in time").unwrap().code(), Some(1));
    listener.line("The local cloud has ended.").await;
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let closed = ClosedPort::reserve();
    let port = closed.number.to_string();
    for (arguments, code, text) in [
        (vec!["--forward-to", "localhost:1", "--port", &port], 1, "cargo local"),
        (vec!["--forward-to", "localhost:1", "--events", "nonsense"], 2, "nonsense"),
        (vec!["--forward-to", "ftp://localhost"], 2, "ftp://localhost"),
        (vec![], 2, "--forward-to"),
    ] {
        let ended =
            Command::new(binary("tollgate-local")).arg("listen").args(&arguments).output().await.unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(text), "{arguments:?}: {said}");
    }
}
