//! `cargo local listen`: forwards the demo merchant's webhooks to a developer's program.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, HeaderName, StatusCode},
    routing::get,
};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
};
use tollgate_local::{logs::Palette, state};

use super::{
    api::Api,
    arguments::Listen,
    client::{Client, Method},
    failure::Failure,
    terminal::print_line,
};

/// Largest delivery that is forwarded.
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// How long the target may take; the gateway gives a delivery 10 s.
const FORWARD_TIMEOUT: Duration = Duration::from_secs(9);
/// How long another listener may take to answer that it is alive.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);
/// Characters of the receiver's random path.
const PATH_CHARS: usize = 24;
/// The metadata that marks a listener's endpoint. Its value is also a listener's answer to `GET`.
const MARKER: (&str, &str) = ("made_by", "cargo local listen");
/// Headers that belong to a connection and are not forwarded.
const CONNECTION_HEADERS: [HeaderName; 5] = [
    HeaderName::from_static("host"),
    HeaderName::from_static("connection"),
    HeaderName::from_static("content-length"),
    HeaderName::from_static("transfer-encoding"),
    HeaderName::from_static("keep-alive"),
];

struct Forward {
    client: reqwest::Client,
    url: url::Url,
    palette: Palette,
}

/// Forwards deliveries until SIGINT or SIGTERM, and deletes the endpoint then.
///
/// # Errors
///
/// No local cloud runs at the port or it ends, it refuses the endpoint, or no port is free.
pub(crate) async fn listen(arguments: &Listen) -> Result<(), Failure> {
    let mut signals = [SignalKind::interrupt(), SignalKind::terminate()]
        .into_iter()
        .map(|kind| signal(kind).map_err(system))
        .collect::<Result<Vec<Signal>, _>>()?;
    let url = parse_target(&arguments.forward_to)?;
    let api = match arguments.api {
        Some(api) => api,
        None => Api::for_events(&arguments.events)?,
    };
    let client = Client::connect(arguments.port).await?;
    delete_stale(&client).await?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(system)?;
    let path = format!("/{}", state::random_text(PATH_CHARS)?);
    let address = listener.local_addr().map_err(system)?;
    let server = tokio::spawn(axum::serve(listener, receiver(&path, url.clone())?).into_future());
    let mut new = json!({
        "url": format!("http://{address}{path}"),
        "api": api.as_str(),
        "description": format!("cargo local listen, to {}", redacted(&url)),
        "metadata": {MARKER.0: MARKER.1},
    });
    if !arguments.events.is_empty() {
        new["enabled_events"] = json!(arguments.events);
    }
    let made = client.send_ok(Method::Post, "/webhook_endpoints", Some(&new)).await?;
    let id = made["id"].as_str().unwrap_or_default();
    print_line(&format!(
        "Forwarding events of {} to {} (endpoint {id}). Ctrl-C ends this and deletes the endpoint.",
        api.as_str(),
        redacted(&url)
    ));
    print_line(&format!("Signing secret: {}", made["secret"].as_str().unwrap_or_default()));
    tokio::select! {
        () = wait_for_signal(&mut signals) => {}
        () = client.wait_for_end() => {
            // If its data was kept, the next listener deletes the endpoint.
            return Err(Failure::System("The local cloud has ended. Start it and listen again.".to_owned()));
        }
    }
    let path = format!("/webhook_endpoints/{id}");
    match client.send_ok(Method::Delete, &path, None).await {
        Ok(_) => print_line("The endpoint is deleted."),
        // The local cloud may have ended first.
        Err(failure) => eprintln!("The endpoint was not deleted: {failure}"),
    }
    server.abort();
    Ok(())
}

fn system(error: impl std::fmt::Display) -> Failure {
    Failure::System(error.to_string())
}

/// Waits for the first of the signals.
async fn wait_for_signal(signals: &mut [Signal]) {
    std::future::poll_fn(|context| {
        if signals.iter_mut().any(|signal| signal.poll_recv(context).is_ready()) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
}

/// The target URL; without a scheme it is HTTP.
fn parse_target(text: &str) -> Result<url::Url, Failure> {
    let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url = url::Url::parse(&text).map_err(|e| Failure::Usage(format!("--forward-to {text}: {e}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Failure::Usage(format!("--forward-to {text}: not an HTTP URL")));
    }
    Ok(url)
}

/// A URL without credentials and query, which may be secret.
fn redacted(url: &url::Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

/// Deletes the endpoints of listeners that were killed: their receivers no longer answer.
async fn delete_stale(client: &Client) -> Result<(), Failure> {
    let page = client.send_ok(Method::Get, "/webhook_endpoints?limit=100", None).await?;
    let prober = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PROBE_TIMEOUT)
        .build()
        .map_err(system)?;
    for endpoint in page["data"].as_array().into_iter().flatten() {
        let (Some(id), Some(url)) = (endpoint["id"].as_str(), endpoint["url"].as_str()) else {
            continue;
        };
        if endpoint["metadata"][MARKER.0] != MARKER.1 || is_alive(&prober, url).await {
            continue;
        }
        client.send_ok(Method::Delete, &format!("/webhook_endpoints/{id}"), None).await?;
        print_line(&format!("Deleted the endpoint {id} of a listener that is gone."));
    }
    Ok(())
}

async fn is_alive(prober: &reqwest::Client, url: &str) -> bool {
    match prober.get(url).send().await {
        Ok(answer) => answer.text().await.is_ok_and(|text| text == MARKER.1),
        Err(_) => false,
    }
}

/// The receiver: `POST` takes a delivery, `GET` tells another listener that this one is alive.
fn receiver(path: &str, url: url::Url) -> Result<Router, Failure> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(FORWARD_TIMEOUT)
        .build()
        .map_err(system)?;
    let forward = Forward { client, url, palette: Palette::of(&std::io::stdout()) };
    Ok(Router::new()
        .route(path, get(|| async { MARKER.1 }).post(deliver))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(Arc::new(forward)))
}

async fn deliver(State(forward): State<Arc<Forward>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let event: Value = serde_json::from_slice(&body).unwrap_or_default();
    let word = |name: &str| event[name].as_str().unwrap_or("-").to_owned();
    let (kind, id) = (word("type"), word("id"));
    let mut passed_on = headers;
    for name in CONNECTION_HEADERS {
        passed_on.remove(name);
    }
    let began = Instant::now();
    let request = forward.client.post(forward.url.clone()).headers(passed_on).body(body);
    let (status, result) = match request.send().await {
        Ok(answer) => {
            let status = answer.status();
            (status, forward.palette.status(status.as_u16()))
        }
        Err(error) => {
            let reason = if error.is_timeout() {
                "it does not answer in time"
            } else if error.is_connect() {
                "nothing listens there"
            } else {
                "it does not answer"
            };
            let status = StatusCode::BAD_GATEWAY;
            let result = forward.palette.status(status.as_u16());
            (status, format!("{result} {}: {reason}", redacted(&forward.url)))
        }
    };
    print_line(&format!("{kind} {id} {result} {} ms", began.elapsed().as_millis()));
    status
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_url_or_a_host_and_a_port() {
        let read = |text: &str| parse_target(text).map(|url| url.to_string());
        assert_eq!(read("localhost:3000/hooks").expect("a URL"), "http://localhost:3000/hooks");
        assert_eq!(read("https://a.example/x?y=1").expect("a URL"), "https://a.example/x?y=1");
        for wrong in ["ftp://a.example", "http://", ""] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        let secret = parse_target("http://user:pass@localhost:1/hooks?token=t").expect("a URL");
        assert_eq!(redacted(&secret), "http://localhost:1/hooks");
    }
}
