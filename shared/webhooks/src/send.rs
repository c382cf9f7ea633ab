//! The way out to merchants' endpoints.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::{
    Client,
    header::{CONTENT_TYPE, USER_AGENT},
    redirect::Policy,
};

use crate::{
    address::{EndpointUrl, UrlRules},
    resolve::{Lookup, REFUSED, Resolver},
    sign::Header,
};

/// An endpoint that has not answered by then failed.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How much of an answer is kept, in bytes.
const RESPONSE_BYTES_MAX: usize = 4096;

/// Sends deliveries. Connections are kept and shared.
#[derive(Clone, Debug)]
pub struct Sender {
    public: Client,
    /// For endpoints that may be on this very machine; there is none where the rules never allow it.
    loopback: Option<Client>,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The HTTP status of the answer, if there was one.
    pub status: Option<u16>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The first 4 KB of the answer.
    pub response: String,
    /// Why there was none.
    pub error: Option<SendError>,
}

/// Why there was no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// No answer in time.
    #[error("timeout")]
    Timeout,
    /// The name resolves to no public address.
    #[error("address_refused")]
    AddressRefused,
    /// Nobody could be connected to.
    #[error("connection_failed")]
    ConnectionFailed,
    /// The connection broke.
    #[error("network_error")]
    Network,
}

/// What an attempt means for the delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The endpoint took it.
    Delivered,
    /// The endpoint says that it is gone for good (410).
    Gone,
    /// It did not arrive; try again.
    Failed,
}

impl Attempt {
    /// What the attempt means: only 2xx is success; a redirect is not followed and is a failure.
    pub fn outcome(&self) -> Outcome {
        match self.status {
            Some(200..=299) => Outcome::Delivered,
            Some(410) => Outcome::Gone,
            _ => Outcome::Failed,
        }
    }
}

/// The client could not be built.
#[derive(Debug, thiserror::Error)]
#[error("the webhook client cannot be built: {0}")]
pub struct SenderError(#[from] reqwest::Error);

impl Sender {
    /// A sender; `allow_loopback` says whether any endpoint's rules may allow this very machine.
    pub fn new(allow_loopback: bool) -> Result<Self, SenderError> {
        Self::with(allow_loopback, TIMEOUT, &Lookup::system())
    }

    /// A sender that waits for so long and asks this for the addresses of names.
    pub fn with(allow_loopback: bool, timeout: Duration, lookup: &Lookup) -> Result<Self, SenderError> {
        let client = |allow_loopback: bool| {
            Client::builder()
                .timeout(timeout)
                .connect_timeout(timeout / 2)
                .redirect(Policy::none())
                .no_proxy()
                .dns_resolver(Arc::new(Resolver {
                    rules: UrlRules { live: false, allow_loopback },
                    lookup: lookup.clone(),
                }))
                .pool_max_idle_per_host(4)
                .build()
        };
        Ok(Self { public: client(false)?, loopback: allow_loopback.then(|| client(true)).transpose()? })
    }

    /// The client whose resolver keeps the rules of an endpoint.
    fn client(&self, rules: UrlRules) -> &Client {
        self.loopback.as_ref().filter(|_| rules.allow_loopback && !rules.live).unwrap_or(&self.public)
    }

    /// Posts a body to an endpoint and waits for its answer. A URL that is an address was checked when it was read; the
    /// addresses of a name are checked as the connection is made.
    pub async fn post(&self, url: &EndpointUrl, headers: &[Header], body: String) -> Attempt {
        let began = Instant::now();
        let mut request = self
            .client(url.rules())
            .post(url.url().clone())
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, "Tollgate-Webhooks/1");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let (status, response, error) = match request.body(body).send().await {
            Ok(answer) => (Some(answer.status().as_u16()), beginning_of(answer).await, None),
            Err(error) => (None, String::new(), Some(classify(&error))),
        };
        let duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        Attempt { status, duration_ms, response, error }
    }
}

/// The first 4 KB of an answer; the rest is not read. An answer that breaks off was still an answer.
async fn beginning_of(mut answer: reqwest::Response) -> String {
    let mut bytes: Vec<u8> = Vec::new();
    while bytes.len() < RESPONSE_BYTES_MAX {
        match answer.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) | Err(_) => break,
        }
    }
    bytes.truncate(RESPONSE_BYTES_MAX);
    String::from_utf8_lossy(&bytes).replace('\0', "")
}

fn classify(error: &reqwest::Error) -> SendError {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(inner) = cause {
        if inner.to_string() == REFUSED {
            return SendError::AddressRefused;
        }
        cause = inner.source();
    }
    if error.is_timeout() {
        SendError::Timeout
    } else if error.is_connect() {
        SendError::ConnectionFailed
    } else {
        SendError::Network
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;
    use crate::address::tests::LIVE;

    const LOCAL: UrlRules = UrlRules { live: false, allow_loopback: true };

    /// A server that gives every connection the same answer, or none.
    async fn server(answer: Option<String>) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = vec![0; 65536];
                let _ = stream.read(&mut request).await;
                if let Some(answer) = &answer {
                    let _ = stream.write_all(answer.as_bytes()).await;
                }
                open.push(stream);
            }
        });
        port
    }

    async fn server_with(answer: String) -> u16 {
        server(Some(answer)).await
    }

    fn answer(status: &str, body: &str) -> String {
        format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
    }

    async fn post(port: u16) -> Attempt {
        let url = EndpointUrl::parse(&format!("http://127.0.0.1:{port}/hook"), LOCAL).unwrap();
        let sender = Sender::with(true, Duration::from_millis(500), &Lookup::system()).unwrap();
        sender.post(&url, &[("x-signature", "t=1,v1=a".into())], "{}".into()).await
    }

    #[tokio::test]
    async fn only_2xx_is_delivered() {
        assert_eq!(post(server_with(answer("204 No Content", "")).await).await.outcome(), Outcome::Delivered);
        let failed = post(server_with(answer("500 Oops", "broken\0")).await).await;
        assert_eq!(
            (failed.outcome(), failed.status, failed.response.as_str()),
            (Outcome::Failed, Some(500), "broken")
        );
        assert_eq!(post(server_with(answer("410 Gone", "")).await).await.outcome(), Outcome::Gone);
    }

    #[tokio::test]
    async fn a_redirect_is_not_followed() {
        let redirect = "302 Found\r\nlocation: http://169.254.169.254/";
        let attempt = post(server_with(answer(redirect, "")).await).await;
        assert_eq!((attempt.status, attempt.outcome()), (Some(302), Outcome::Failed));
    }

    #[tokio::test]
    async fn silence_is_a_timeout_and_a_closed_port_a_failed_connection() {
        let silent = post(server(None).await).await;
        assert_eq!((silent.status, silent.error), (None, Some(SendError::Timeout)));
        let port = {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            listener.local_addr().unwrap().port()
        };
        assert_eq!(post(port).await.error, Some(SendError::ConnectionFailed));
    }

    #[tokio::test]
    async fn an_endless_answer_is_cut() {
        let attempt = post(server_with(answer("200 OK", &"x".repeat(100_000))).await).await;
        assert_eq!((attempt.status, attempt.response.len()), (Some(200), RESPONSE_BYTES_MAX));
    }

    #[tokio::test]
    async fn a_name_that_resolves_to_this_machine_is_refused_when_the_connection_is_made() {
        let port = server_with(answer("200 OK", "")).await;
        // A URL whose text other rules allowed than those it is used under: what its name resolves to is judged again.
        let url = EndpointUrl::parse(&format!("http://localhost:{port}/"), LOCAL).unwrap();
        let live = EndpointUrl { rules: UrlRules { live: true, allow_loopback: true }, ..url.clone() };
        let sender = Sender::with(true, Duration::from_millis(500), &Lookup::system()).unwrap();
        assert_eq!(sender.post(&live, &[], "{}".into()).await.error, Some(SendError::AddressRefused));
        let strict = Sender::with(false, Duration::from_millis(500), &Lookup::system()).unwrap();
        assert_eq!(strict.post(&url, &[], "{}".into()).await.error, Some(SendError::AddressRefused));
        let lax = Sender::with(true, Duration::from_millis(500), &Lookup::system()).unwrap();
        assert_eq!(lax.post(&url, &[], "{}".into()).await.status, Some(200));
    }

    #[tokio::test]
    async fn a_name_that_resolves_to_our_own_network_is_never_connected_to() {
        for private in [
            "127.0.0.1",
            "::1",
            "169.254.169.254",
            "10.1.2.3",
            "192.168.0.1",
            "172.31.0.1",
            "fd00::1",
            "::ffff:127.0.0.1",
            "0.0.0.0",
        ] {
            let lookup = crate::resolve::tests::always(&[private]);
            let sender = Sender::with(true, Duration::from_millis(500), &lookup).unwrap();
            let url = EndpointUrl::parse("https://hooks.example/", LIVE).unwrap();
            let attempt = sender.post(&url, &[], "{}".into()).await;
            assert_eq!(attempt.error, Some(SendError::AddressRefused), "{private}");
        }
    }

    /// The answer to the first question is public, every later one is this machine, on which a server listens.
    #[tokio::test]
    async fn a_name_whose_answer_changes_between_check_and_connection_gains_nothing() {
        let port = server_with(answer("200 OK", "")).await;
        let asked = Arc::new(std::sync::atomic::AtomicU32::new(0));
        let counter = asked.clone();
        let lookup = Lookup::new(move |_| {
            let first = counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0;
            let address = if first { "93.184.216.34" } else { "127.0.0.1" };
            Box::pin(async move { Ok(vec![address.parse().unwrap()]) })
        });
        let url = EndpointUrl::parse(&format!("https://hooks.example:{port}/"), LIVE).unwrap();
        assert_eq!(lookup.check(&url).await, Ok(()));
        let sender = Sender::with(true, Duration::from_millis(500), &lookup).unwrap();
        let attempt = sender.post(&url, &[], "{}".into()).await;
        assert_eq!((attempt.status, attempt.error), (None, Some(SendError::AddressRefused)));
        // One question for each connection: what was checked is what is connected to.
        assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 2);
    }
}
