//! The HTTP front and Lambda's Invoke API.

use serde_json::json;

use crate::running::Running;

#[tokio::test(flavor = "multi_thread")]
async fn a_request_becomes_an_event_and_the_answer_a_response() {
    let run = Running::start().await;
    assert_eq!(run.cloud.ready.apis["demo"], run.url("/demo/v1"));
    let (status, body) = run.get("/demo/v1/echo/a%20b?x=1").await;
    assert_eq!(status, 200);
    assert_eq!(body["event"]["rawPath"], "/v1/echo/a b");
    assert_eq!(body["event"]["routeKey"], "ANY /v1/echo/{id}");
    assert_eq!(body["event"]["pathParameters"], json!({"id": "a b"}));
    let environment = &body["environment"];
    assert_eq!(environment["AWS_LAMBDA_FUNCTION_NAME"], "demo-echo");
    assert_eq!(environment["TABLE"], "table:tollgate-things");
    assert_eq!(environment["SECRET"].as_str().map(str::len), Some(40));
    // The one that checks what a function may do.
    let dynamodb = environment["AWS_ENDPOINT_URL_DYNAMODB"].as_str().expect("a URL");
    assert!(dynamodb.starts_with("http://127.0.0.1:") && dynamodb != run.cloud.ready.dynamodb);
    assert_eq!(run.get("/demo/v1/nothing").await, (404, json!({"message": "Not Found"})));
    assert_eq!(run.get("/nobody/v1").await, (404, json!({"message": "Not Found"})));
    run.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_knows_its_log_group_and_its_version() {
    let run = Running::start().await;
    for (name, group, version) in
        [("echo", "/aws/lambda/demo-echo", "$LATEST"), ("single", "/tollgate/demo", "1")]
    {
        let (status, body) = run.get(&format!("/demo/v1/{name}/1")).await;
        assert_eq!(status, 200, "{name}");
        let environment = &body["environment"];
        assert_eq!(environment["AWS_LAMBDA_LOG_GROUP_NAME"], group);
        assert_eq!(environment["AWS_LAMBDA_FUNCTION_VERSION"], version);
        let stream = environment["AWS_LAMBDA_LOG_STREAM_NAME"].as_str().expect("a stream");
        assert!(stream.starts_with(&format!("local/demo-{name}[{version}]")), "{stream}");
    }
    run.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_more_than_ten_megabytes_is_refused() {
    let run = Running::start().await;
    let client = reqwest::Client::new();
    let request = client.post(run.url("/demo/v1/echo/1")).body(vec![b'x'; 10 * 1024 * 1024 + 1]);
    // The answer may come before the whole body is sent, and the connection may then close.
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
