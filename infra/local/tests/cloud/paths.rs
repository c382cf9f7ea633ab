//! Request lines and headers that no client library sends.

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::running::Running;

/// Sends the bytes of a request; gives the status and the body.
async fn send(run: &Running, request: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(("127.0.0.1", run.cloud.port)).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    let answer = String::from_utf8(answer).expect("text");
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    let body = answer.rsplit("\r\n\r\n").next().unwrap_or_default();
    (status.expect("a status"), serde_json::from_str(body).unwrap_or(Value::Null))
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_request_line_holds_is_answered() {
    let run = Running::start().await;
    let not_found = (404, json!({"message": "Not Found"}));
    for (line, answer) in [
        ("OPTIONS *", not_found.clone()),
        ("CONNECT localhost:1", not_found.clone()),
        ("CONNECT a", not_found.clone()),
        ("GET //demo/v1/echo/1", not_found.clone()),
        ("GET ///", not_found.clone()),
        ("GET /demo//v1/echo/1", not_found.clone()),
        ("GET /demo", not_found.clone()),
        // A slash remains a slash, however it is written.
        ("GET /demo/v1/echo/a%2Fb", not_found.clone()),
        ("GET /demo/v1/echo/a%252Fb", not_found),
        ("GET /demo/v1/echo/%25", (400, json!({"message": "Bad Request"}))),
        ("GET /demo/v1/echo/%zz", (400, json!({"message": "Bad Request"}))),
    ] {
        let told = send(&run, &format!("{line} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")).await;
        assert_eq!(told, answer, "{line}");
    }
    let (status, body) = run.get("/demo/v1/%65cho/%22%3Cx%3E?a=%2F&a=b+c&d").await;
    let event = &body["event"];
    assert_eq!((status, &event["rawPath"]), (200, &json!("/v1/echo/\"<x>")));
    assert_eq!(event["requestContext"]["http"]["path"], event["rawPath"]);
    assert_eq!(event["pathParameters"], json!({"id": "\"<x>"}));
    assert_eq!(event["rawQueryString"], "a=%2F&a=b+c&d");
    assert_eq!(event["queryStringParameters"], json!({"a": "/,b c", "d": ""}));
    run.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn request_line_and_headers_have_ten_kilobytes_together() {
    let run = Running::start().await;
    let line = "GET /demo/v1/echo/1 HTTP/1.1";
    let own = line.len() + "a".len() + "close".len();
    let mut told = Vec::new();
    for bytes in [10_240, 10_241] {
        let value = "x".repeat(bytes - own);
        let request = format!("{line}\r\nhost: a\r\nconnection: close\r\nx-large: {value}\r\n\r\n");
        told.push(send(&run, &request).await);
    }
    assert_eq!(told[0].0, 200);
    assert_eq!(told[1], (431, json!({"message": "Request Header Fields Too Large"})));
    let long = format!("/demo/v1/echo/1?q={}", "x".repeat(10_240));
    assert_eq!(run.get(&long).await.0, 431);
    run.cloud.stop().await;
}
