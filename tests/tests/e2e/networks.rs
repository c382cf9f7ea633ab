//! Charges through a processor that fails in every way: one charge, and the end that the processor says.

use serde_json::{Value, json};
use tollgate_domain::{Payment, PaymentId, payment::Status};
use tollgate_tests::{Cloud, Signal, eventually, signal};

use crate::checkout::{initialized, press_at, status, with};

/// Providers that are given a third of a second and whose look-ups do not lag, so that what is left half-way is looked
/// after within seconds.
const HASTY: &[(&str, &str)] = &[("ProcessorTimeoutMs", "300"), ("ProcessorLookUpLagMs", "0")];
const PROVIDERS: [&str; 2] = ["cybersource", "mpgs"];

async fn fault(cloud: &Cloud, fault: &Value) {
    let answer =
        reqwest::Client::new().post(cloud.local("/_networks/faults")).json(fault).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

async fn faults(cloud: &Cloud) -> Value {
    reqwest::get(cloud.local("/_networks/faults")).await.unwrap().json().await.unwrap()
}

async fn clear(cloud: &Cloud) {
    reqwest::Client::new().delete(cloud.local("/_networks/faults")).send().await.unwrap();
}

pub(crate) async fn orders(cloud: &Cloud, reference: &str) -> Vec<Value> {
    let url = cloud.local(&format!("/_networks/orders?reference={reference}"));
    let all: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    all["data"].as_array().unwrap().clone()
}

/// A payment whose payer stands before the challenge: its reference and the page.
pub(crate) async fn challenged(cloud: &Cloud, processor: &str, order: &str) -> (String, String) {
    let (reference, url) = initialized(cloud, &with(order, &json!({"payment_provider": processor}))).await;
    let (_, challenge) = press_at(&url, "pay").await;
    (reference, challenge)
}

pub(crate) async fn ends(cloud: &Cloud, reference: &str, end: Status) {
    let (store, tenant) = (cloud.store(), cloud.demo_scope());
    let id = PaymentId::parse_uuid(reference).unwrap().to_string();
    let payment: Payment = eventually(&format!("{reference} is {}", end.as_str()), || async {
        let payment: Payment = store.get(tenant, &id).await.unwrap().unwrap();
        (payment.state.status == end).then_some(payment)
    })
    .await;
    let processor = payment.processor_charge.unwrap();
    assert!(processor.card.is_none(), "the card is kept no longer than it is needed");
}

#[track_caller]
fn charged_once(orders: &[Value]) {
    assert_eq!(orders.len(), 1, "{orders:?}");
    let count = |name: &str| orders[0][name].as_i64().unwrap();
    assert_eq!((count("authorizations"), count("captures"), count("voids")), (1, 1, 0), "{orders:?}");
}

#[tokio::test]
async fn whatever_goes_wrong_on_the_wire_a_payment_ends_in_one_charge() {
    let cloud = Cloud::start_with(HASTY).await;
    for processor in PROVIDERS {
        for operation in ["authorize", "capture"] {
            for when in ["before", "after"] {
                for what in ["hang", "error", "garbage", "delay"] {
                    let order = format!("{processor}-{operation}-{when}-{what}");
                    let (reference, challenge) = challenged(&cloud, processor, &order).await;
                    fault(
                        &cloud,
                        &json!({"provider": processor, "operation": operation, "when": when, "what": what, "delay_ms": 600}),
                    )
                    .await;
                    let (answer, next) = press_at(&challenge, "complete").await;
                    assert_eq!(answer.status, 303, "{order}: {}", answer.text);
                    assert!(
                        next.contains("/payment/success?") || next.contains("/pages/result/"),
                        "{order}: {next}"
                    );
                    ends(&cloud, &reference, Status::Succeeded).await;
                    charged_once(&orders(&cloud, &reference).await);
                    // The payer, who waited, gets to the shop.
                    if next.contains("/pages/result/") {
                        let (_, back) = follow(&next).await;
                        assert!(back.contains("/payment/success?"), "{order}: {back}");
                    }
                    clear(&cloud).await;
                }
            }
        }
    }
}

async fn follow(url: &str) -> (u16, String) {
    let answer = crate::challenge::browser().get(url).send().await.unwrap();
    let location = answer.headers().get("location").map(|v| v.to_str().unwrap().to_owned());
    (answer.status().as_u16(), location.unwrap_or_default())
}

#[tokio::test]
async fn a_function_killed_between_any_two_steps_leaves_one_charge_and_the_truth() {
    let cloud = Cloud::start_with(HASTY).await;
    for processor in PROVIDERS {
        for operation in ["authorize", "capture"] {
            for when in ["before", "after"] {
                let order = format!("killed-{processor}-{operation}-{when}");
                let (reference, challenge) = challenged(&cloud, processor, &order).await;
                fault(
                    &cloud,
                    &json!({"provider": processor, "operation": operation, "when": when, "what": "hang"}),
                )
                .await;
                let press = tokio::spawn(async move { press_at(&challenge, "complete").await });
                eventually("the request hangs", || async {
                    (faults(&cloud).await["hanging"] == 1).then_some(())
                })
                .await;
                for pid in cloud.pids("pages-answer-challenge").await {
                    signal(pid, Signal::KILL);
                }
                let (answer, _) = press.await.unwrap();
                assert!(
                    answer.status.is_server_error() || answer.status == 303,
                    "{order}: {}",
                    answer.status
                );
                ends(&cloud, &reference, Status::Succeeded).await;
                charged_once(&orders(&cloud, &reference).await);
                clear(&cloud).await;
            }
        }
    }
}

#[tokio::test]
async fn a_provider_that_is_down_for_a_while_is_asked_again_and_a_decline_is_the_truth_too() {
    let cloud = Cloud::start_with(HASTY).await;
    for processor in PROVIDERS {
        let (reference, challenge) = challenged(&cloud, processor, &format!("down-{processor}")).await;
        for operation in ["authorize", "look_up"] {
            fault(&cloud, &json!({"provider": processor, "operation": operation, "when": "before", "what": "error", "times": 2})).await;
        }
        let (_, next) = press_at(&challenge, "complete").await;
        assert!(next.contains("/pages/result/"), "{next}");
        assert_eq!(status(&cloud, &reference).await["status"], "pending");
        let page = reqwest::get(&next).await.unwrap().text().await.unwrap();
        assert!(
            page.contains("http-equiv=\"refresh\"") && page.contains("Your payment is being made"),
            "{page}"
        );
        ends(&cloud, &reference, Status::Succeeded).await;
        charged_once(&orders(&cloud, &reference).await);
        clear(&cloud).await;

        let card = json!({"payment_provider": processor, "card_number": "4000000000009995"});
        let (reference, url) = initialized(&cloud, &with(&format!("declined-{processor}"), &card)).await;
        let (_, challenge) = press_at(&url, "pay").await;
        fault(
            &cloud,
            &json!({"provider": processor, "operation": "authorize", "when": "after", "what": "hang"}),
        )
        .await;
        press_at(&challenge, "complete").await;
        ends(&cloud, &reference, Status::Failed).await;
        let orders = orders(&cloud, &reference).await;
        assert_eq!((orders.len(), &orders[0]["captures"]), (1, &json!(0)));
        clear(&cloud).await;
    }
}

#[tokio::test]
async fn a_refund_that_is_lost_on_the_wire_is_made_once() {
    let cloud = Cloud::start_with(HASTY).await;
    for processor in PROVIDERS {
        for when in ["before", "after"] {
            for what in ["hang", "error", "garbage"] {
                let (reference, challenge) =
                    challenged(&cloud, processor, &format!("refund-{processor}-{when}-{what}")).await;
                press_at(&challenge, "complete").await;
                ends(&cloud, &reference, Status::Succeeded).await;
                for (operation, what) in [("refund", what), ("look_up", "error")] {
                    fault(&cloud, &json!({"provider": processor, "operation": operation, "when": when, "what": what, "times": if operation == "refund" { 1 } else { 2 }})).await;
                }
                let path = format!("/payments/{reference}/refund");
                let answer = cloud.checkout().post(&path, &json!({"amount": 10})).await.expect(200);
                assert_eq!(answer["message"], "Transaction refund is being processed");
                let id = cloud.charges().get("/payments?limit=1").await.expect(200)["data"][0]["id"].clone();
                let list = format!("/refunds?payment_id={}", id.as_str().unwrap());
                eventually("the refund succeeds", || async {
                    let all = cloud.charges().get(&list).await.expect(200);
                    (all["data"][0]["status"] == "succeeded").then_some(())
                })
                .await;
                let orders = orders(&cloud, &reference).await;
                assert_eq!(
                    (&orders[0]["refunds"], &orders[0]["refunded"]),
                    (&json!(1), &json!(1000)),
                    "{orders:?}"
                );
                clear(&cloud).await;
            }
        }
    }
}

#[tokio::test]
async fn a_power_cut_in_the_middle_of_a_charge_is_survived() {
    let cloud = Cloud::start_with(HASTY).await;
    let (reference, challenge) = challenged(&cloud, "mpgs", "power-cut").await;
    fault(&cloud, &json!({"provider": "mpgs", "operation": "authorize", "when": "after", "what": "hang"}))
        .await;
    let press = tokio::spawn(async move {
        let _ = crate::challenge::browser()
            .post(&challenge)
            .header("content-type", "application/x-www-form-urlencoded")
            .body("answer=complete")
            .send()
            .await;
    });
    eventually("the request hangs", || async { (faults(&cloud).await["hanging"] == 1).then_some(()) }).await;
    let data = cloud.kill().await;
    press.await.unwrap();
    let cloud = Cloud::start_in(data, HASTY).await;
    ends(&cloud, &reference, Status::Succeeded).await;
    charged_once(&orders(&cloud, &reference).await);
}

#[tokio::test]
async fn a_payment_that_is_reserved_and_not_yet_captured_is_authorized() {
    let cloud = Cloud::start().await;
    for processor in PROVIDERS {
        let (reference, challenge) = challenged(&cloud, processor, &format!("reserved-{processor}")).await;
        fault(
            &cloud,
            &json!({"provider": processor, "operation": "capture", "when": "before", "what": "error"}),
        )
        .await;
        let (_, next) = press_at(&challenge, "complete").await;
        assert!(next.contains("/pages/result/"), "{next}");
        assert_eq!(status(&cloud, &reference).await["status"], "authorized");
        let path = format!("/payments/{reference}/refund");
        let refused = cloud.checkout().post(&path, &json!({})).await.expect(400);
        assert_eq!(refused["message"], "Cannot refund transaction: Transaction is not in a completed state");
    }
}

/// A payment that was paid, as its merchant's refunds name it.
async fn paid(cloud: &Cloud, processor: &str, order: &str) -> (String, String) {
    let (reference, challenge) = challenged(cloud, processor, order).await;
    press_at(&challenge, "complete").await;
    ends(cloud, &reference, Status::Succeeded).await;
    let id = PaymentId::parse_uuid(&reference).unwrap().to_prefixed("pi_");
    (reference, id)
}

#[tokio::test]
async fn a_refund_that_may_have_been_sent_cannot_be_called_back() {
    let cloud = Cloud::start_with(HASTY).await;
    let intents = cloud.intents();
    for processor in PROVIDERS {
        let (reference, id) = paid(&cloud, processor, &format!("called-back-{processor}")).await;
        // The processor carries it out, and its answer is lost; so are the look-ups.
        for (operation, times) in [("refund", 1), ("look_up", 4)] {
            fault(&cloud, &json!({"provider": processor, "operation": operation, "when": "after", "what": "error", "times": times})).await;
        }
        let body = json!({"payment_intent": id, "amount": 3000});
        let refund = intents.post("/refunds", &body).await.expect(201);
        assert_eq!(refund["status"], "pending");
        let path = format!("/refunds/{}", refund["id"].as_str().unwrap());
        let refused = intents.post(&format!("{path}/cancel"), &json!({})).await.expect(400);
        assert_eq!(refused["error"]["code"], "refund_unexpected_status", "{refused}");
        // Its amount stays spoken for.
        let more = json!({"payment_intent": id, "amount": 10_050 - 3000 + 1});
        assert_eq!(intents.post("/refunds", &more).await.expect(400)["error"]["code"], "amount_too_large");
        // A change of its metadata while the answer is awaited throws no answer away.
        intents.post(&path, &json!({"metadata": {"a": "b"}})).await.expect(200);
        eventually("the refund succeeds", || async {
            let now = intents.get(&path).await.expect(200);
            (now["status"] == "succeeded").then_some(())
        })
        .await;
        let orders = orders(&cloud, &reference).await;
        assert_eq!((&orders[0]["refunds"], &orders[0]["refunded"]), (&json!(1), &json!(3000)), "{orders:?}");
        clear(&cloud).await;
    }
}

#[tokio::test]
async fn what_a_provider_does_not_know_decides_nothing() {
    let cloud = Cloud::start_with(HASTY).await;
    for processor in PROVIDERS {
        for (what, end) in [("unknown_done", Status::Succeeded), ("unknown_not_done", Status::Failed)] {
            let order = format!("{processor}-{what}");
            let (reference, challenge) = challenged(&cloud, processor, &order).await;
            fault(&cloud, &json!({"provider": processor, "operation": "authorize", "when": "before", "what": what, "delay_ms": 2500})).await;
            let (_, next) = press_at(&challenge, "complete").await;
            assert!(next.contains("/pages/result/"), "{order}: {next}");
            assert_eq!(status(&cloud, &reference).await["status"], "pending", "{order}");
            ends(&cloud, &reference, end).await;
            released(&cloud, &reference).await;
            clear(&cloud).await;
        }
        let (reference, id) = paid(&cloud, processor, &format!("{processor}-unknown-refund")).await;
        fault(&cloud, &json!({"provider": processor, "operation": "refund", "when": "before", "what": "unknown_done", "delay_ms": 2500})).await;
        let intents = cloud.intents();
        let body = json!({"payment_intent": id, "amount": 3000});
        let refund = intents.post("/refunds", &body).await.expect(201);
        assert_eq!(refund["status"], "pending");
        let path = format!("/refunds/{}", refund["id"].as_str().unwrap());
        eventually("the refund succeeds", || async {
            let now = intents.get(&path).await.expect(200)["status"].clone();
            assert!(now == "pending" || now == "succeeded", "{now}");
            (now == "succeeded").then_some(())
        })
        .await;
        assert_eq!(orders(&cloud, &reference).await[0]["refunded"], 3000);
        clear(&cloud).await;
    }
}

/// Waits until nothing is reserved any more at the processor.
async fn released(cloud: &Cloud, reference: &str) {
    eventually("nothing is reserved", || async {
        let orders = orders(cloud, reference).await;
        orders.iter().all(|order| order["reserved"] == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_was_reserved_for_a_payment_that_fails_is_let_go() {
    let cloud = Cloud::start_with(HASTY).await;
    for processor in PROVIDERS {
        for (operation, what) in [("capture", "decline"), ("authorize", "refuse")] {
            let order = format!("{processor}-{operation}-{what}");
            let (reference, challenge) = challenged(&cloud, processor, &order).await;
            fault(
                &cloud,
                &json!({"provider": processor, "operation": operation, "when": "before", "what": what}),
            )
            .await;
            // The first try to let it go is lost, too.
            fault(
                &cloud,
                &json!({"provider": processor, "operation": "void", "when": "before", "what": "error"}),
            )
            .await;
            let (_, next) = press_at(&challenge, "complete").await;
            assert!(next.contains("/payment/cancel?"), "{order}: {next}");
            ends(&cloud, &reference, Status::Failed).await;
            released(&cloud, &reference).await;
            let orders = orders(&cloud, &reference).await;
            assert_eq!((&orders[0]["captured"], &orders[0]["voids"]), (&json!(0), &json!(1)), "{orders:?}");
            clear(&cloud).await;
        }
    }
}

#[tokio::test]
async fn money_that_is_held_for_review_is_taken_once_it_is_accepted_and_let_go_once_it_is_not() {
    let cloud = Cloud::start_with(HASTY).await;
    for (accept, end) in [(true, Status::Succeeded), (false, Status::Failed)] {
        let (reference, challenge) = challenged(&cloud, "cybersource", &format!("review-{accept}")).await;
        fault(
            &cloud,
            &json!({"provider": "cybersource", "operation": "authorize", "when": "before", "what": "review"}),
        )
        .await;
        let (_, next) = press_at(&challenge, "complete").await;
        assert!(next.contains("/pages/result/"), "{next}");
        assert_eq!(status(&cloud, &reference).await["status"], "pending");
        let held = orders(&cloud, &reference).await;
        assert_eq!((&held[0]["reserved"], &held[0]["captured"]), (&json!(10_050), &json!(0)));
        let decision =
            json!({"provider": "cybersource", "network_id": held[0]["network_id"], "accept": accept});
        let decided = reqwest::Client::new()
            .post(cloud.local("/_networks/reviews"))
            .json(&decision)
            .send()
            .await
            .unwrap();
        assert_eq!(decided.status(), 204);
        ends(&cloud, &reference, end).await;
        released(&cloud, &reference).await;
        let captured = if accept { 10_050 } else { 0 };
        assert_eq!(orders(&cloud, &reference).await[0]["captured"], captured);
    }
}

#[tokio::test]
async fn a_request_that_is_carried_out_late_or_twice_charges_once() {
    let cloud = Cloud::start_with(HASTY).await;
    for processor in PROVIDERS {
        for operation in ["authorize", "capture"] {
            for what in ["late", "repeat", "busy"] {
                let order = format!("{processor}-{operation}-{what}");
                let (reference, challenge) = challenged(&cloud, processor, &order).await;
                // Within the time in which a request arrives or never will.
                fault(&cloud, &json!({"provider": processor, "operation": operation, "when": "before", "what": what, "delay_ms": 900})).await;
                press_at(&challenge, "complete").await;
                ends(&cloud, &reference, Status::Succeeded).await;
                charged_once(&orders(&cloud, &reference).await);
                clear(&cloud).await;
            }
        }
    }
}

#[tokio::test]
async fn a_retry_of_a_refund_that_is_still_with_its_provider_is_told_to_wait() {
    let cloud = Cloud::start_with(&[("ProcessorLookUpLagMs", "0")]).await;
    let charges = cloud.charges();
    for processor in PROVIDERS {
        let (reference, _) = paid(&cloud, processor, &format!("in-use-{processor}")).await;
        let id = PaymentId::parse_uuid(&reference).unwrap().to_prefixed("pay_");
        fault(
            &cloud,
            &json!({"provider": processor, "operation": "refund", "when": "before", "what": "delay", "delay_ms": 3000}),
        )
        .await;
        let (client, body) = (charges.clone(), json!({"payment_id": id, "amount": 100}));
        let (key, sent) = (format!("slow-{processor}"), body.clone());
        let first = tokio::spawn(async move { client.post_once("/refunds", &key, &sent).await });
        let list = format!("/refunds?payment_id={id}");
        eventually("the refund is recorded", || async {
            let all = charges.get(&list).await.expect(200);
            (all["data"].as_array().unwrap().len() == 1).then_some(())
        })
        .await;
        let key = format!("slow-{processor}");
        charges.post_once("/refunds", &key, &body).await.charges_error(
            409,
            "idempotency_error",
            "key_in_use",
            Some("Idempotency-Key"),
        );
        let first = first.await.unwrap();
        assert_eq!(first.clone().expect(201)["status"], "succeeded");
        let again = charges.post_once("/refunds", &key, &body).await;
        assert_eq!(
            (again.status, &again.text, again.header("idempotent-replayed")),
            (first.status, &first.text, "true")
        );
        clear(&cloud).await;
    }
}
