//! `cargo local` itself: what it prints, how it is invoked, how it stops.

use std::time::Duration;

use serde_json::{Value, json};
use tollgate_domain::FrontDoor;
use tollgate_tests::{Cloud, DEADLINE};

#[tokio::test]
async fn the_line_of_json_says_all_that_a_client_needs() {
    let cloud = Cloud::start().await;
    let ready = &cloud.ready;
    // The templates say where an API is, and so does the API.
    for api in FrontDoor::ALL {
        let path = format!("/{}{}", api.as_str(), tollgate_apis::published(*api).base_path());
        assert!(ready["apis"][api.as_str()].as_str().unwrap().ends_with(&path), "{path}");
    }
    for name in ["secret_key", "publishable_key", "client_id", "client_secret", "api_key", "api_secret"] {
        assert!(!ready["credentials"][name].as_str().unwrap().is_empty(), "{name}");
    }
    for name in ["dashboard", "dynamodb", "sqs"] {
        assert!(ready[name].as_str().unwrap().starts_with("http://"), "{name}");
    }
}

#[tokio::test]
async fn one_function_is_invoked_by_itself_as_cargo_lambda_does() {
    let cloud = Cloud::start().await;
    let event = json!({
        "version": "2.0", "routeKey": "GET /v1/health", "rawPath": "/v1/health", "rawQueryString": "",
        "headers": {"authorization": format!("Bearer {}", cloud.key())},
        "requestContext": {
            "accountId": "000000000000", "apiId": "local", "domainName": "localhost", "domainPrefix": "local",
            "http": {"method": "GET", "path": "/v1/health", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "x"},
            "requestId": "1", "routeKey": "GET /v1/health", "stage": "$default", "time": "", "timeEpoch": 0,
        },
        "isBase64Encoded": false,
    });
    let invoke = |name: &str| {
        let url = cloud.local(&format!("/2015-03-31/functions/{name}/invocations"));
        reqwest::Client::new().post(url).json(&event).send()
    };
    let answer: Value = invoke("charges-health").await.unwrap().json().await.unwrap();
    assert_eq!(answer["statusCode"], 200, "{answer}");
    assert_eq!(answer["body"], "{\"status\":\"ok\",\"version\":\"2025-09-01\"}");
    assert_eq!(invoke("no-such-function").await.unwrap().status(), 404);
}

#[tokio::test]
async fn sigterm_stops_everything_that_was_started() {
    let cloud = Cloud::start().await;
    cloud.charges().get("/health").await.expect(200);
    let pids = cloud.pids("charges-health").await;
    assert_eq!(pids.len(), 1);
    let status = cloud.terminate(Duration::from_secs(20)).await;
    assert!(status.success(), "{status}");
    assert!(std::fs::read_to_string(format!("/proc/{}/comm", pids[0])).is_err());
    assert!(DEADLINE > Duration::from_secs(20));
}
