//! Lambda's limits: payloads, concurrency, starts.

use std::{collections::BTreeSet, time::Duration};

use serde_json::json;
use tollgate_local::LambdaOptions;

use crate::{
    clients::{queue_url, sqs, until},
    running::Running,
};

const PAYLOAD_BYTES_MAX: usize = 6 * 1024 * 1024;
const ANSWER_BYTES_MAX: usize = PAYLOAD_BYTES_MAX + 100;
const EVENT_BYTES_MAX: usize = 1024 * 1024;

/// A JSON string of this many bytes.
fn text_of(bytes: usize) -> String {
    format!("\"{}\"", "x".repeat(bytes - 2))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_more_than_six_megabytes_fails_and_the_process_goes_on() {
    let run = Running::start().await;
    let (_, before) = run.get("/demo/v1/single/1").await;
    let answer =
        async |bytes: usize| run.invoke("demo-single", json!({"bytes": bytes - 2}).to_string(), &[]).await;
    let largest = answer(ANSWER_BYTES_MAX).await;
    assert_eq!((largest.status, largest.failed), (200, false));
    let larger = answer(ANSWER_BYTES_MAX + 1).await;
    assert_eq!((larger.status, larger.failed), (200, true));
    let expected = json!({
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    });
    assert_eq!(larger.body, expected);
    let (status, body) = run.get("/demo/v1/single/large").await;
    assert_eq!((status, body), (500, json!({"message": "Internal Server Error"})));
    let (_, after) = run.get("/demo/v1/single/1").await;
    assert_eq!(before["pid"], after["pid"]);
    run.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payload_that_is_too_large_or_no_json_is_refused() {
    let run = Running::start().await;
    let event = [("x-amz-invocation-type", "Event")];
    for (bytes, headers, status) in [
        (PAYLOAD_BYTES_MAX, &[][..], 200),
        (PAYLOAD_BYTES_MAX + 1, &[][..], 413),
        (EVENT_BYTES_MAX, &event[..], 202),
        (EVENT_BYTES_MAX + 1, &event[..], 413),
    ] {
        let answer = run.invoke("demo-echo", text_of(bytes), headers).await;
        assert_eq!(answer.status, status, "{bytes} {headers:?}: {}", answer.body);
    }
    let answer = run.invoke("demo-echo", text_of(EVENT_BYTES_MAX + 1), &event).await;
    let message = "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)";
    assert_eq!(answer.body["Message"], message);
    assert_eq!(run.invoke("demo-echo", "no JSON".to_owned(), &[]).await.status, 400);
    assert_eq!(run.invoke("nobody", "{}".to_owned(), &event).await.status, 404);
    // In Base64 a body that API Gateway takes may be a payload that Lambda does not.
    let request = reqwest::Client::new().post(run.url("/demo/v1/echo/1"));
    let body = vec![0xff; 5 * 1024 * 1024];
    let answer = request.header("content-type", "image/png").body(body).send().await.expect("an answer");
    assert_eq!(answer.status(), 413);
    run.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invocations_above_the_reserved_concurrency_are_throttled() {
    let run = Running::start().await;
    let wait = json!({"pathParameters": {"id": "wait"}}).to_string();
    // One after the other none is throttled: an answered invocation has given its place back.
    for _ in 0..20 {
        assert_eq!(run.invoke("demo-single", "{}".to_owned(), &[]).await.status, 200);
    }
    let (one, two) = tokio::join!(
        run.invoke("demo-single", wait.clone(), &[]),
        run.invoke("demo-single", wait.clone(), &[])
    );
    let mut told = [one.status, two.status];
    told.sort_unstable();
    assert_eq!(told, [200, 429]);
    let refused = if one.status == 429 { one } else { two };
    assert_eq!(refused.body, json!({"Type": "User", "Message": "Rate Exceeded."}));
    let (one, two) = tokio::join!(run.get("/demo/v1/single/wait"), run.get("/demo/v1/single/wait"));
    let refusal = (503, json!({"message": "Service Unavailable"}));
    assert!((one == refusal) != (two == refusal), "{one:?} {two:?}");
    // An asynchronous event that is throttled is tried again.
    let record = json!({"record": "in the end"}).to_string();
    let event = [("x-amz-invocation-type", "Event")];
    let (_, accepted) =
        tokio::join!(run.invoke("demo-single", wait, &[]), run.invoke("demo-single", record, &event));
    assert_eq!(accepted.status, 202);
    until("the event is handled", async || run.recorded().contains(&"in the end".to_owned()).then_some(()))
        .await;
    run.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_has_as_many_batches_at_a_time_as_its_source_says() {
    let run = Running::start().await;
    let client = sqs(&run.cloud.ready.sqs);
    let url = queue_url(&client, "narrow").await;
    for number in 0..10 {
        let message = client.send_message().queue_url(&url).message_body(format!("wait {number}"));
        message.send().await.expect("a send");
    }
    let handled = until("all are handled", async || {
        let lines: BTreeSet<_> =
            run.recorded().into_iter().filter(|line| line.starts_with("wait ")).collect();
        (lines.len() == 10).then_some(lines)
    })
    .await;
    let processes: BTreeSet<_> = handled.iter().filter_map(|line| line.rsplit(' ').next()).collect();
    assert_eq!(processes.len(), 2, "{handled:?}");
    run.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_takes_too_long_is_tried_again_within_the_invocation() {
    let init_timeout = Duration::from_secs(1);
    let run = Running::start_with(LambdaOptions { init_timeout, ..LambdaOptions::default() }).await;
    let late = run.invoke("demo-late", "{}".to_owned(), &[]).await;
    assert_eq!((late.status, late.failed), (200, false), "{}", late.body);
    let never = run.invoke("demo-never", "{}".to_owned(), &[]).await;
    assert_eq!((never.status, never.failed), (200, true));
    assert_eq!(never.body["errorType"], "Sandbox.Timedout");
    let reason = never.body["errorMessage"].as_str().expect("a message");
    assert!(reason.ends_with("Error: Task timed out after 2.00 seconds"), "{reason}");
    run.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_takes_as_many_requests_as_its_template_says() {
    let run = Running::start().await;
    let mut told = Vec::new();
    for _ in 0..4 {
        told.push(run.get("/throttled/v1").await);
    }
    assert_eq!([told[0].0, told[1].0], [200, 200]);
    let refusal = (429, json!({"message": "Too Many Requests"}));
    assert_eq!(told[2..], [refusal.clone(), refusal]);
    assert_eq!(run.get("/demo/v1/echo/1").await.0, 200, "another API has a bucket of its own");
    run.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_functions_are_listed() {
    let run = Running::start().await;
    for path in ["/2015-03-31/functions/", "/2015-03-31/functions"] {
        let (status, list) = run.get(path).await;
        let functions = list["Functions"].as_array().expect("a list");
        let names: Vec<_> = functions.iter().filter_map(|f| f["FunctionName"].as_str()).collect();
        assert_eq!(status, 200);
        assert!(names.contains(&"demo-echo") && names.contains(&"on-tick"), "{names:?}");
        assert!(names.is_sorted());
    }
    run.cloud.stop().await;
}
