//! Functions at the Runtime API, without a front before them: API Gateway passes on what a client sent, and no query string may
//! end in an answer that no front door has worded.

use std::{
    process::Stdio,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::{process::Command, sync::mpsc, time::timeout};
use tollgate_tests::{Cloud, binary};

/// Query strings that no client library sends.
const QUERIES: &[&str] = &[
    "a=\"",
    "a=<script>",
    "\"<>\"",
    "limit=%",
    "limit=%zz",
    "starting_after=%ff%fe",
    "a=`{|}\\^",
    "a=ü",
    "expand[]=%",
    "expand[=x",
    "&&=&=",
    "a=%00",
];

/// The Runtime API of one function: gives it events, and takes what it makes of them.
#[derive(Clone)]
struct Runtime {
    next: Arc<tokio::sync::Mutex<mpsc::Receiver<Value>>>,
    made: mpsc::Sender<(bool, Value)>,
    count: Arc<Mutex<u64>>,
}

async fn next(State(runtime): State<Runtime>) -> (HeaderMap, String) {
    let event = runtime.next.lock().await.recv().await;
    let event = match event {
        Some(event) => event,
        None => std::future::pending().await,
    };
    let mut count = runtime.count.lock().unwrap();
    *count += 1;
    let mut headers = HeaderMap::new();
    headers.insert("lambda-runtime-aws-request-id", count.to_string().parse().unwrap());
    headers.insert("lambda-runtime-deadline-ms", "9999999999999".parse().unwrap());
    let arn = "arn:aws:lambda:us-east-1:000000000000:function:test";
    headers.insert("lambda-runtime-invoked-function-arn", arn.parse().unwrap());
    (headers, event.to_string())
}

async fn made(
    State(runtime): State<Runtime>,
    Path((_, what)): Path<(String, String)>,
    body: Bytes,
) -> StatusCode {
    let value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    runtime.made.send((what == "response", value)).await.unwrap();
    StatusCode::ACCEPTED
}

/// A function's process.
pub(crate) struct Function {
    events: mpsc::Sender<Value>,
    made: mpsc::Receiver<(bool, Value)>,
    child: tokio::process::Child,
}

impl Function {
    async fn start(name: &str, cloud: &Cloud) -> Self {
        Self::start_with(name, cloud, cloud.ready["dynamodb"].as_str().unwrap()).await
    }

    /// Starts a function that calls DynamoDB at this URL.
    pub(crate) async fn start_with(name: &str, cloud: &Cloud, dynamodb: &str) -> Self {
        let sqs = cloud.ready["sqs"].as_str().unwrap();
        let (events, next_event) = mpsc::channel(1);
        let (sent, answers) = mpsc::channel(1);
        let runtime = Runtime {
            next: Arc::new(tokio::sync::Mutex::new(next_event)),
            made: sent,
            count: Arc::default(),
        };
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/{what}", post(made))
            .with_state(runtime);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let child = Command::new(binary(name))
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "test")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "test")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .env("AWS_ENDPOINT_URL_DYNAMODB", dynamodb)
            .env("AWS_ENDPOINT_URL_SQS", sqs)
            .env("TOLLGATE_WEBHOOK_QUEUE_URL", format!("{sqs}/000000000000/tollgate-webhooks"))
            .env("TOLLGATE_DUE_WORK_QUEUE_URL", format!("{sqs}/000000000000/tollgate-due-work"))
            .env("TOLLGATE_CHANGE_QUEUE_URL", format!("{sqs}/000000000000/tollgate-changes"))
            .env("TOLLGATE_TABLE", "tollgate")
            .env("TOLLGATE_KEYS_TABLE", "tollgate-keys")
            .env("TOLLGATE_EVENTS_TABLE", "tollgate-events")
            .env("TOLLGATE_LINK_KEY", "test")
            .env("TOLLGATE_PAGES_URL", "http://localhost")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self { events, made: answers, child }
    }

    /// Its process's id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// What the function makes of an event, or its error.
    pub(crate) async fn send(&mut self, event: Value) -> Result<Value, Value> {
        self.events.send(event).await.unwrap();
        let (answered, value) =
            timeout(tollgate_tests::DEADLINE, self.made.recv()).await.expect("it answers in time").unwrap();
        if answered { Ok(value) } else { Err(value) }
    }

    /// What API Gateway is answered: status and body.
    async fn ask(&mut self, method: &str, path: &str, query: &str, key: &str) -> (u64, String) {
        let parameters = json!({"id": "x\"<>%", "token": "a\"<>%"});
        self.ask_for(method, path, query, key, &parameters).await
    }

    /// What API Gateway is answered about what a path's variables name: status and body.
    pub(crate) async fn ask_for(
        &mut self,
        method: &str,
        path: &str,
        query: &str,
        key: &str,
        parameters: &Value,
    ) -> (u64, String) {
        let event = json!({
            "version": "2.0",
            "routeKey": format!("{method} {path}"),
            "rawPath": path,
            "rawQueryString": query,
            "headers": {"authorization": format!("Bearer {key}"), "host": "api.example.com"},
            "pathParameters": parameters,
            "requestContext": {
                "accountId": "000000000000",
                "apiId": "api",
                "domainName": "api.example.com",
                "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"},
                "requestId": "r",
                "routeKey": format!("{method} {path}"),
                "stage": "$default",
                "timeEpoch": 0,
            },
            "isBase64Encoded": false,
        });
        let value = self.send(event).await.unwrap_or_else(|e| panic!("{method} {path}?{query}: {e}"));
        let body = value["body"].as_str().unwrap_or_default().to_owned();
        (value["statusCode"].as_u64().unwrap(), body)
    }
}

#[tokio::test]
async fn whatever_a_query_string_holds_the_front_door_answers() {
    let cloud = Cloud::start().await;
    let key = cloud.key();
    let html = "<!doctype html>";
    for (function, method, path, shape) in [
        ("charges-list-payments", "GET", "/v1/payments", "{\"error\":"),
        ("charges-list-customers", "GET", "/v1/customers", "{\"error\":"),
        ("charges-unknown-route", "GET", "/v1/\"<>%\"", "{\"error\":"),
        ("direct-list-transactions", "GET", "/v1/transactions", "{\"error\":"),
        ("simple-retrieve-payment", "GET", "/v1/payments/x", "{\"error\":"),
        ("checkout-payment-status", "GET", "/api/v1/payments/x/status", "{\"success\":false"),
        ("intents-list-payment-intents", "GET", "/v2/payment_intents", "{\"error\":"),
        ("intents-retrieve-payment-intent", "GET", "/v2/payment_intents/x", "{\"error\":"),
        ("intents-preflight", "OPTIONS", "/v2/payment_methods", ""),
        ("intents-unknown-route", "GET", "/v1/\"<>%\"", "{\"error\":"),
        ("pages-show-checkout", "GET", "/checkout/x", html),
        ("pages-unknown-route", "GET", "/\"<>%\"", html),
    ] {
        let mut function = Function::start(function, &cloud).await;
        for query in QUERIES {
            let (status, body) = function.ask(method, path, query, &key).await;
            assert!((200..500).contains(&status), "{path}?{query}: {status} {body}");
            if status >= 300 {
                assert!(body.starts_with(shape), "{path}?{query}: {status} {body}");
            }
        }
        // It is the same process that goes on answering.
        let (status, _) = function.ask(method, path, "", "sk_test_\"<>%").await;
        assert!((200..500).contains(&status));
    }
}
