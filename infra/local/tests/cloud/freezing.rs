//! Functions that are frozen while they wait for an invocation.

use std::process::Command;

use tollgate_local::LambdaOptions;

use crate::{
    clients::{get, until},
    running::{Running, is_alive, is_frozen, spawn_with},
};

const FREEZE: &[(&str, &str)] = &[("TOLLGATE_LOCAL_FREEZE", "1")];

#[tokio::test(flavor = "multi_thread")]
async fn work_that_outlives_an_answer_stands_still_until_the_next_invocation() {
    let run = Running::start_with(LambdaOptions { freeze: true, ..LambdaOptions::default() }).await;
    let (status, body) = run.get("/demo/v1/echo/outlive").await;
    let pid = body["pid"].as_u64().expect("a pid");
    assert_eq!(status, 200);
    until("the function is frozen", async || is_frozen(pid).then_some(())).await;
    assert!(!run.recorded().contains(&"outlived".to_owned()), "it was frozen before its work was done");
    // An answer takes longer than what is left of the work.
    until("the work is done within later invocations", async || {
        let (_, body) = run.get("/demo/v1/echo/wait").await;
        assert_eq!(body["pid"].as_u64(), Some(pid), "it is the same process");
        run.recorded().contains(&"outlived".to_owned()).then_some(())
    })
    .await;
    run.cloud.stop().await;
    assert!(!is_alive(pid), "a frozen process ends with the cloud");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_option_nothing_is_frozen() {
    let run = Running::start().await;
    let (_, body) = run.get("/demo/v1/echo/outlive").await;
    until("the work is done after the answer", async || {
        run.recorded().contains(&"outlived".to_owned()).then_some(())
    })
    .await;
    assert!(!is_frozen(body["pid"].as_u64().expect("a pid")));
    run.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cloud_that_is_killed_leaves_no_frozen_process_and_one_that_is_stopped_neither() {
    for (signal, orderly) in [("KILL", false), ("TERM", true)] {
        let data = tempfile::tempdir().expect("a folder");
        let (mut child, ready) = spawn_with(data.path(), FREEZE);
        let base = ready["apis"]["demo"].as_str().expect("a URL");
        let (_, body) = get(&format!("{base}/echo/1")).await;
        let pid = body["pid"].as_u64().expect("a pid");
        until("the function is frozen", async || is_frozen(pid).then_some(())).await;
        let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
        assert!(sent.expect("a signal").success());
        assert_eq!(child.wait().expect("ended").success(), orderly);
        until("the function ends", async || (!is_alive(pid)).then_some(())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_process_that_is_killed_is_replaced() {
    let run = Running::start_with(LambdaOptions { freeze: true, ..LambdaOptions::default() }).await;
    let (_, before) = run.get("/demo/v1/echo/1").await;
    let pid = before["pid"].as_u64().expect("a pid");
    until("the function is frozen", async || is_frozen(pid).then_some(())).await;
    assert!(
        Command::new("kill").args(["-s", "KILL", &pid.to_string()]).status().expect("a signal").success()
    );
    until("another process answers", async || {
        let (status, after) = run.get("/demo/v1/echo/1").await;
        (status == 200 && after["pid"] != before["pid"]).then_some(())
    })
    .await;
    run.cloud.stop().await;
}
