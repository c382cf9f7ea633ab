//! Connections that break while a function is frozen: Lambda freezes a function between invocations for minutes, and DynamoDB
//! closes what is idle.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tollgate_tests::{Cloud, Signal, eventually, signal};

use crate::{payment, runtime_api::Function};

/// What becomes of the connections that are open when the function is frozen.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Open,
    /// The peer closes them.
    Closed,
    /// The peer has forgotten them: it answers the next bytes with a reset.
    Reset,
    /// Nothing answers on them any more.
    Silent,
}

/// A proxy before DynamoDB.
struct Proxy {
    url: String,
    /// The fate of all connections that are open now.
    fate: watch::Sender<Fate>,
    open: Arc<AtomicUsize>,
}

impl Proxy {
    async fn start(upstream: &str) -> Self {
        let upstream = upstream.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (fate, open) = (watch::Sender::new(Fate::Open), Arc::<AtomicUsize>::default());
        let (fates, opened) = (fate.clone(), open.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&upstream).await.unwrap();
                // A connection that is made after the freeze is sound.
                let mut fate = fates.subscribe();
                fate.mark_unchanged();
                let open = opened.clone();
                tokio::spawn(async move {
                    open.fetch_add(1, Ordering::SeqCst);
                    pass(client, server, fate).await;
                    open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { url, fate, open }
    }

    fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }
}

/// Passes bytes on until the connection's fate is told.
async fn pass(mut client: TcpStream, mut server: TcpStream, mut fate: watch::Receiver<Fate>) {
    let told = {
        let passing = tokio::io::copy_bidirectional(&mut client, &mut server);
        tokio::select! {
            _ = passing => return,
            _ = fate.changed() => *fate.borrow(),
        }
    };
    let mut bytes = [0; 1024];
    match told {
        Fate::Open | Fate::Closed => client.shutdown().await.unwrap(),
        Fate::Reset => {
            let _ = client.read(&mut bytes).await;
            // Closing with bytes unread or without lingering resets the connection.
            client.set_zero_linger().unwrap();
        }
        Fate::Silent => while client.read(&mut bytes).await.is_ok_and(|read| read > 0) {},
    }
}

/// Asks a function, freezes it, lets its connections come to an end, thaws it and asks again.
async fn survives(cloud: &Cloud, function: &str, path: &str, id: &str, fate: Fate) {
    let proxy = Proxy::start(cloud.ready["dynamodb"].as_str().unwrap()).await;
    let mut asked = Function::start_with(function, cloud, &proxy.url).await;
    let parameters = json!({"id": id});
    let path = path.replace("{id}", id);
    let first = asked.ask_for("GET", &path, "", &cloud.key(), &parameters).await;
    assert_eq!(first.0, 200, "{}", first.1);
    let kept = proxy.open();
    assert!(kept > 0, "{function} keeps no connection: the test tests nothing");
    assert!(signal(asked.pid(), Signal::STOP));
    proxy.fate.send(fate).unwrap();
    if fate == Fate::Closed {
        eventually("the connections are closed", || async { (proxy.open() == 0).then_some(()) }).await;
    }
    assert!(signal(asked.pid(), Signal::CONT));
    let again = asked.ask_for("GET", &path, "", &cloud.key(), &parameters).await;
    assert_eq!(again, first, "{function} after {kept} connections were {fate:?}");
}

#[tokio::test]
async fn a_request_after_a_freeze_in_which_connections_broke_succeeds() {
    let cloud = Cloud::start().await;
    let charge = cloud.charges().post("/payments", &payment("tok_visa_4242", 1000)).await.expect(201);
    let card = json!({"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"});
    let body = json!({"amount": 1000, "currency": "USD", "payment_method": "card", "card": card});
    let direct = cloud.client("direct").post("/payments", &body).await.expect(200);
    for (function, payment) in [("charges-retrieve-payment", &charge), ("direct-retrieve-payment", &direct)] {
        for fate in [Fate::Closed, Fate::Reset, Fate::Silent] {
            survives(&cloud, function, "/v1/payments/{id}", payment["id"].as_str().unwrap(), fate).await;
        }
    }
}

/// The event file of `publish-events`, with as many changes as there are letters: each is of another customer.
fn changes(cloud: &Cloud, letters: &str) -> Value {
    let merchant = cloud.ready["credentials"]["client_id"].as_str().unwrap();
    let event = include_str!("../../events/publish-events.json").replace("MERCHANT_REPLACE_ME", merchant);
    let record = serde_json::from_str::<Value>(&event).unwrap()["Records"][0].to_string();
    let id = "0dVZx9UJ3U9BYVarxldCEM";
    let change = |letter: char| {
        let other = record.replace(id, &format!("{}{letter}", &id[..id.len() - 1]));
        serde_json::from_str::<Value>(&other).unwrap()
    };
    json!({"Records": letters.chars().map(change).collect::<Vec<_>>()})
}

/// Longer than a function keeps a connection that it does not use.
const LONG: Duration = Duration::from_secs(11);

#[tokio::test]
async fn a_worker_whose_many_connections_broke_in_a_long_freeze_publishes_the_next_change() {
    let cloud = Cloud::start().await;
    let done = Ok(json!({"batchItemFailures": []}));
    let mut frozen = Vec::new();
    for fate in [Fate::Reset, Fate::Silent] {
        let proxy = Proxy::start(cloud.ready["dynamodb"].as_str().unwrap()).await;
        let mut worker = Function::start_with("publish-events", &cloud, &proxy.url).await;
        assert_eq!(worker.send(changes(&cloud, "abcdefgh")).await, done);
        // More than a call has tries: each try could meet another of them.
        assert!(proxy.open() > 4, "{} connections", proxy.open());
        assert!(signal(worker.pid(), Signal::STOP));
        proxy.fate.send(fate).unwrap();
        frozen.push((worker, fate));
    }
    let began = Instant::now();
    eventually("the freeze is long", || async { (began.elapsed() > LONG).then_some(()) }).await;
    for (mut worker, fate) in frozen {
        assert!(signal(worker.pid(), Signal::CONT));
        assert_eq!(worker.send(changes(&cloud, "i")).await, done, "its connections were {fate:?}");
    }
}
