//! The functions' processes: how many there are, and how they end.

use std::process::Command;

use crate::{
    clients::{get, put, queue_url, receive, sqs, until},
    running::{Running, is_alive, recorded, spawn},
};

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
