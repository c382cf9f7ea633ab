//! `cargo local listen`: a webhook endpoint of the demo merchant whose deliveries go on to a program of the developer's.

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
use tollgate_domain::{FrontDoor, endpoint::matches};
use tollgate_local::{logs::Palette, state};
use tollgate_webhooks::render;

use super::{
    Failure, Listen,
    client::{Client, Method},
    say,
};

/// Largest delivery that is passed on.
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// How long the forward target may take; the gateway itself gives a delivery 10 s.
const FORWARD_LIMIT: Duration = Duration::from_secs(9);
/// How long another listener may take to say that it is alive.
const PROBE_LIMIT: Duration = Duration::from_secs(2);
/// Letters and digits of the receiver's path, which nobody can guess.
const PATH_CHARS: usize = 24;
/// What marks the endpoints of listeners, and what a listener that is alive answers to `GET`.
const MARK: (&str, &str) = ("made_by", "cargo local listen");
/// Headers that belong to one connection and not to the delivery.
const OF_THE_CONNECTION: [HeaderName; 5] = [
    HeaderName::from_static("host"),
    HeaderName::from_static("connection"),
    HeaderName::from_static("content-length"),
    HeaderName::from_static("transfer-encoding"),
    HeaderName::from_static("keep-alive"),
];

/// Whose names, bodies and signature events have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Api {
    Charges,
    Intents,
    Direct,
}

impl Api {
    /// In the order in which they are tried.
    const ALL: [Self; 3] = [Self::Charges, Self::Intents, Self::Direct];

    const fn front_door(self) -> FrontDoor {
        match self {
            Self::Charges => FrontDoor::Charges,
            Self::Intents => FrontDoor::Intents,
            Self::Direct => FrontDoor::Direct,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Charges => "charges",
            Self::Intents => "intents",
            Self::Direct => "direct",
        }
    }

    /// The first that knows all the events.
    fn of(events: &[String]) -> Result<Self, Failure> {
        let knows = |api: &Self| {
            events
                .iter()
                .all(|pattern| render::event_types(api.front_door()).any(|known| matches(pattern, known)))
        };
        Self::ALL.into_iter().find(knows).ok_or_else(|| {
            Failure::Usage(format!(
                "No API knows all of these events: {}. `cargo local trigger` lists those there are.",
                events.join(", ")
            ))
        })
    }
}

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
    let url = target(&arguments.forward_to)?;
    let api = match arguments.api {
        Some(api) => api,
        None => Api::of(&arguments.events)?,
    };
    let client = Client::find(arguments.port).await?;
    delete_stale(&client).await?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(system)?;
    let path = format!("/{}", state::random_text(PATH_CHARS)?);
    let address = listener.local_addr().map_err(system)?;
    let server = tokio::spawn(axum::serve(listener, receiver(&path, url.clone())?).into_future());
    let mut new = json!({
        "url": format!("http://{address}{path}"),
        "api": api.as_str(),
        "description": format!("cargo local listen, to {}", shown(&url)),
        "metadata": {MARK.0: MARK.1},
    });
    if !arguments.events.is_empty() {
        new["enabled_events"] = json!(arguments.events);
    }
    let made = client.expect(Method::Post, "/webhook_endpoints", Some(&new)).await?;
    let id = made["id"].as_str().unwrap_or_default();
    say(&format!(
        "Forwarding events of {} to {} (endpoint {id}). Ctrl-C ends this and deletes the endpoint.",
        api.as_str(),
        shown(&url)
    ));
    say(&format!("Signing secret: {}", made["secret"].as_str().unwrap_or_default()));
    tokio::select! {
        () = wait(&mut signals) => {}
        () = client.ended() => {
            // Where its data was kept, the next listener deletes the endpoint.
            return Err(Failure::System("The local cloud has ended. Start it and listen again.".to_owned()));
        }
    }
    let path = format!("/webhook_endpoints/{id}");
    match client.expect(Method::Delete, &path, None).await {
        Ok(_) => say("The endpoint is deleted."),
        // The local cloud may have ended first, and its data with it.
        Err(failure) => eprintln!("The endpoint was not deleted: {failure}"),
    }
    server.abort();
    Ok(())
}

fn system(error: impl std::fmt::Display) -> Failure {
    Failure::System(error.to_string())
}

/// Until the first of the signals.
async fn wait(signals: &mut [Signal]) {
    std::future::poll_fn(|context| {
        if signals.iter_mut().any(|signal| signal.poll_recv(context).is_ready()) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
}

/// Where deliveries go; a host and a port without a scheme are taken for HTTP.
fn target(text: &str) -> Result<url::Url, Failure> {
    let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url = url::Url::parse(&text).map_err(|e| Failure::Usage(format!("--forward-to {text}: {e}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Failure::Usage(format!("--forward-to {text}: not an HTTP URL")));
    }
    Ok(url)
}

/// A URL without what may be secret in it.
fn shown(url: &url::Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

/// Deletes the endpoints of listeners that were killed: those of whom no receiver says that it is alive.
async fn delete_stale(client: &Client) -> Result<(), Failure> {
    let page = client.expect(Method::Get, "/webhook_endpoints?limit=100", None).await?;
    let prober = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PROBE_LIMIT)
        .build()
        .map_err(system)?;
    for endpoint in page["data"].as_array().into_iter().flatten() {
        let (Some(id), Some(url)) = (endpoint["id"].as_str(), endpoint["url"].as_str()) else {
            continue;
        };
        if endpoint["metadata"][MARK.0] != MARK.1 || is_alive(&prober, url).await {
            continue;
        }
        client.expect(Method::Delete, &format!("/webhook_endpoints/{id}"), None).await?;
        say(&format!("Deleted the endpoint {id} of a listener that is gone."));
    }
    Ok(())
}

async fn is_alive(prober: &reqwest::Client, url: &str) -> bool {
    match prober.get(url).send().await {
        Ok(answer) => answer.text().await.is_ok_and(|text| text == MARK.1),
        Err(_) => false,
    }
}

/// The receiver: its path takes deliveries, and says to another listener that it is alive.
fn receiver(path: &str, url: url::Url) -> Result<Router, Failure> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(FORWARD_LIMIT)
        .build()
        .map_err(system)?;
    let forward = Forward { client, url, palette: Palette::of(&std::io::stdout()) };
    Ok(Router::new()
        .route(path, get(|| async { MARK.1 }).post(deliver))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(Arc::new(forward)))
}

async fn deliver(State(forward): State<Arc<Forward>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let event: Value = serde_json::from_slice(&body).unwrap_or_default();
    let word = |name: &str| event[name].as_str().unwrap_or("-").to_owned();
    let (kind, id) = (word("type"), word("id"));
    let mut passed_on = headers;
    for name in OF_THE_CONNECTION {
        passed_on.remove(name);
    }
    let began = Instant::now();
    let request = forward.client.post(forward.url.clone()).headers(passed_on).body(body);
    let (status, told) = match request.send().await {
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
            let told = forward.palette.status(status.as_u16());
            (status, format!("{told} {}: {reason}", shown(&forward.url)))
        }
    };
    say(&format!("{kind} {id} {told} {} ms", began.elapsed().as_millis()));
    status
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_url_or_a_host_and_a_port() {
        let read = |text: &str| target(text).map(|url| url.to_string());
        assert_eq!(read("localhost:3000/hooks").expect("a URL"), "http://localhost:3000/hooks");
        assert_eq!(read("https://a.example/x?y=1").expect("a URL"), "https://a.example/x?y=1");
        for wrong in ["ftp://a.example", "http://", ""] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        let secret = target("http://user:pass@localhost:1/hooks?token=t").expect("a URL");
        assert_eq!(shown(&secret), "http://localhost:1/hooks");
    }

    #[test]
    fn the_first_api_that_knows_the_events_is_chosen() {
        let of = |events: &[&str]| Api::of(&events.iter().map(|e| (*e).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&[]).expect("an API"), Api::Charges);
        assert_eq!(of(&["payment.*", "refund.created"]).expect("an API"), Api::Charges);
        assert_eq!(of(&["payment_intent.succeeded"]).expect("an API"), Api::Intents);
        assert!(of(&["payment.succeeded", "payment_intent.succeeded"]).is_err());
        assert!(of(&["nonsense"]).is_err());
    }
}
