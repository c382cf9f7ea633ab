//! A receiver of webhooks.

use std::sync::{Arc, Mutex};

use reqwest::{StatusCode, header::HeaderMap};
use serde_json::Value;

use crate::eventually;

/// A webhook that arrived.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Its headers.
    pub headers: HeaderMap,
    /// The exact bytes, as text.
    pub body: String,
}

impl Webhook {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A receiver of webhooks that answers as it is told.
pub struct Receiver {
    /// Where it is.
    pub url: String,
    port: u16,
    received: Arc<Mutex<Vec<Webhook>>>,
    statuses: Arc<Mutex<Vec<u16>>>,
    server: tokio::task::JoinHandle<()>,
}

impl Receiver {
    /// A receiver that answers with these statuses in turn, and then with 204.
    pub async fn start(statuses: &[u16]) -> Self {
        Self::start_on(0, statuses).await
    }

    /// A receiver on a given port.
    pub async fn start_on(port: u16, statuses: &[u16]) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let received: Arc<Mutex<Vec<Webhook>>> = Arc::default();
        let statuses = Arc::new(Mutex::new(statuses.to_vec()));
        let (kept, script) = (received.clone(), statuses.clone());
        let router = axum::Router::new().fallback(move |headers: HeaderMap, body: String| {
            kept.lock().unwrap().push(Webhook { headers, body });
            let mut script = script.lock().unwrap();
            let status = if script.is_empty() { 204 } else { script.remove(0) };
            async move { StatusCode::from_u16(status).unwrap() }
        });
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url: format!("http://127.0.0.1:{port}/hooks"), port, received, statuses, server }
    }

    /// A port on which nothing listens.
    pub async fn free_port() -> u16 {
        tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What arrived so far.
    pub fn received(&self) -> Vec<Webhook> {
        self.received.lock().unwrap().clone()
    }

    /// Answers that are still to be given.
    pub fn statuses_left(&self) -> usize {
        self.statuses.lock().unwrap().len()
    }

    /// Waits until so many have arrived.
    pub async fn wait_for(&self, count: usize) -> Vec<Webhook> {
        eventually(&format!("{count} webhooks"), || async {
            let received = self.received();
            (received.len() >= count).then_some(received)
        })
        .await
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}
