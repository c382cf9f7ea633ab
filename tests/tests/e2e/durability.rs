//! What dies, and what survives it.

use tollgate_tests::{ClosedPort, Cloud, Receiver, Signal, eventually, signal};

use crate::payment;

#[tokio::test]
async fn a_function_killed_in_the_middle_of_a_request_costs_a_5xx_and_a_retry_makes_one_payment() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    charges.post("/payments", &payment("tok_visa_4242", 999)).await.expect(201);
    let mut failures = 0;
    for round in 0..10 {
        let key = format!("round-{round}");
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..8 {
            let (charges, key) = (charges.clone(), format!("{key}-{n}"));
            tasks.spawn(async move {
                (key.clone(), charges.post_once("/payments", &key, &payment("tok_visa_4242", 1000)).await)
            });
        }
        for pid in cloud.pids("charges-create-payment").await {
            signal(pid, Signal::KILL);
        }
        for (key, answer) in tasks.join_all().await {
            if answer.status != 201 {
                assert!(answer.status.is_server_error(), "{answer:?}");
                failures += 1;
            }
            let retried = eventually("the retry succeeds", || async {
                let retried = charges.post_once("/payments", &key, &payment("tok_visa_4242", 1000)).await;
                (retried.status == 201).then_some(retried)
            })
            .await;
            if answer.status == 201 {
                assert_eq!(retried.text, answer.text);
            }
        }
    }
    assert!(failures > 0, "no request was cut short: the test tested nothing");
    let listed = charges.get("/payments?limit=100").await.expect(200);
    assert_eq!(listed["data"].as_array().unwrap().len(), 81, "one payment for each key, and the first one");
}

#[tokio::test]
async fn after_a_power_cut_every_payment_is_there_and_every_webhook_still_arrives() {
    // Quick at first, so that some have failed before the cut; and long enough for a slow start after it.
    let retries = [("WebhookRetrySeconds", "1,1,1,1,5,5,5,5,5,5")];
    let cloud = Cloud::start_with(&retries).await;
    let charges = cloud.charges();
    let closed = ClosedPort::reserve();
    cloud.charges_endpoint(&closed.url()).await;
    let mut acknowledged = Vec::new();
    for n in 0..20 {
        let (key, body) = (format!("payment-{n}"), payment("tok_visa_4242", 1000));
        let made = eventually("the payment is made", || async {
            let answer = charges.post_once("/payments", &key, &body).await;
            (answer.status == 201).then(|| answer.json())
        })
        .await;
        acknowledged.push(made["id"].as_str().unwrap().to_owned());
    }
    let functions = cloud.pids("charges-create-payment").await;
    let data = cloud.kill().await;
    eventually("the functions end with the cloud", || async {
        let alive = |pid: &u32| std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok();
        (!functions.iter().any(alive)).then_some(())
    })
    .await;

    let receiver = closed.open(&[]);
    let cloud = Cloud::start_in(data, &retries).await;
    for id in &acknowledged {
        assert_eq!(cloud.charges().get(&format!("/payments/{id}")).await.expect(200)["status"], "succeeded");
    }
    eventually("every webhook", || async {
        let received = receiver.received();
        let arrived = |id: &String| received.iter().any(|w| w.json()["data"]["object"]["id"] == id.as_str());
        acknowledged.iter().all(arrived).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_worker_that_is_killed_loses_no_event() {
    let cloud = Cloud::start().await;
    let charges = cloud.charges();
    let receiver = Receiver::start(&[]);
    cloud.charges_endpoint(&receiver.url).await;
    let mut ids = Vec::new();
    for n in 0..30 {
        let made = charges.post("/payments", &payment("tok_visa_4242", 1000)).await.expect(201);
        ids.push(made["id"].as_str().unwrap().to_owned());
        if n % 5 == 0 {
            for worker in ["publish-events", "deliver-webhook"] {
                for pid in cloud.pids(worker).await {
                    signal(pid, Signal::KILL);
                }
            }
        }
    }
    eventually("every event", || async {
        let received = receiver.received();
        let arrived = |id: &String| received.iter().any(|w| w.json()["data"]["object"]["id"] == id.as_str());
        ids.iter().all(arrived).then_some(())
    })
    .await;
}
