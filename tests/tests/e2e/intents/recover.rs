//! `recover`: everything that an endpoint missed, in as many calls as it takes.

use std::collections::HashSet;

use serde_json::{Value, json};
use tollgate_domain::{
    Currency, Delivery, EndpointId, Event, EventId, EventKind, FrontDoor, Metadata, Money, Payment,
    PaymentId, Subject, Timestamp,
    delivery::DeliveryStatus,
    payment::{NewPayment, Outcome},
};
use tollgate_gateway::{Clock, SystemClock};
use tollgate_store::Put;
use tollgate_tests::{Cloud, Receiver};

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_gets_through_any_number_of_events_of_one_instant() {
    const EVENTS: usize = 1200;
    // Most arrived; the others are spread over all calls.
    const MISSED_EVERY: usize = 100;
    let cloud = Cloud::start().await;
    let (intents, receiver) = (cloud.intents(), Receiver::start(&[]));
    let hooks = json!({"url": receiver.url, "enabled_events": ["payment_intent.succeeded"]});
    let endpoint = intents.post("/webhook_endpoints", &hooks).await.expect(201);
    let path = format!("/webhook_endpoints/{}", endpoint["id"].as_str().unwrap());
    let id = EndpointId::parse("we_", endpoint["id"].as_str().unwrap()).unwrap();
    let at = SystemClock.now();
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..8 {
        let (store, tenant) = (cloud.store(), cloud.demo_scope());
        writers.spawn(async move {
            for n in (writer..EVENTS).step_by(8) {
                let event = succeeded_at(n as u128, at);
                assert_eq!(store.create(tenant, &event).await.unwrap(), Put::Created);
                if n % MISSED_EVERY != 0 {
                    let arrived = Delivery {
                        status: DeliveryStatus::Succeeded,
                        due: None,
                        ..Delivery::new(event.id, id, at)
                    };
                    assert_eq!(store.create(tenant, &arrived).await.unwrap(), Put::Created);
                }
            }
        });
    }
    writers.join_all().await;

    let (mut recovered, mut body) = (0, json!({"since": at.s()}));
    let mut calls = 0;
    loop {
        calls += 1;
        let answer = intents.post(&format!("{path}/recover"), &body).await.expect(200);
        recovered += answer["recovered"].as_u64().unwrap();
        if answer["has_more"] == false {
            assert_eq!(answer["next_until"], Value::Null);
            break;
        }
        assert!(calls < 10, "it never ends: {answer}");
        body["until"] = answer["next_until"].clone();
    }
    assert_eq!((recovered, calls), (12, 3));
    let received = receiver.wait_for(12).await;
    let ids: HashSet<_> = received.iter().map(|w| w.json()["id"].to_string()).collect();
    assert_eq!(ids.len(), EVENTS / MISSED_EVERY);
    // A place that is none is refused, and a second is still taken, as a whole.
    body["until"] = json!("evt_x");
    let refused = intents.post(&format!("{path}/recover"), &body).await.expect(400);
    assert_eq!(refused["error"]["param"], "until");
    body["until"] = json!(at.s() - 1);
    body["since"] = json!(at.s() - 1);
    let none = intents.post(&format!("{path}/recover"), &body).await.expect(200);
    assert_eq!(none["recovered"], 0);
}

/// An event of a payment that succeeded, written as `publish-events` would.
pub(crate) fn succeeded_at(n: u128, at: Timestamp) -> Event {
    let bytes = n.to_be_bytes();
    let payment = NewPayment {
        id: PaymentId::from_bytes(bytes),
        front_door: FrontDoor::Intents,
        request: format!("req_{n}").into(),
        amount: Money { minor: 1000, currency: Currency::from_code("EUR").unwrap() },
        source: None,
        instrument: None,
        customer: None,
        description: None,
        metadata: Metadata::default(),
        fingerprint: None,
    };
    Event {
        id: EventId::from_bytes(bytes),
        kind: EventKind::PaymentSucceeded,
        created: at,
        request: format!("req_{n}").into(),
        subject: Subject::Payment(Box::new(Payment::create(payment, Outcome::Approved, at))),
        previous: None,
    }
}
