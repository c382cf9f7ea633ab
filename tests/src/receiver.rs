//! A receiver of webhooks.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};

use reqwest::{StatusCode, header::HeaderMap};
use serde_json::Value;
use tokio::net::TcpSocket;

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
    pub fn start(statuses: &[u16]) -> Self {
        ClosedPort::reserve().open(statuses)
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

/// A port that refuses connections until a receiver opens it. It stays bound, so no other program takes it meanwhile.
pub struct ClosedPort {
    socket: TcpSocket,
    /// Its number.
    pub number: u16,
}

impl ClosedPort {
    /// Takes one. It is bound, and nothing listens.
    pub fn reserve() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let number = socket.local_addr().unwrap().port();
        Self { socket, number }
    }

    /// Where a receiver would be.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hooks", self.number)
    }

    /// The receiver that is there from now on. It answers with these statuses in turn, and then with 204.
    pub fn open(self, statuses: &[u16]) -> Receiver {
        let url = self.url();
        let listener = self.socket.listen(1024).unwrap();
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
        Receiver { url, port: self.number, received, statuses, server }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}
