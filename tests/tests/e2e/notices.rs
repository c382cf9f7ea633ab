//! Processors' notices of disputes: proven, taken once, in whatever order they come.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tollgate_domain::{Dispute, PaymentId, payment::Status};
use tollgate_store::ListQuery;
use tollgate_tests::{Answer, Client, Cloud, eventually};

use crate::{
    challenge::browser,
    checkout::{order, press_at},
    intents::balance::books_agree,
    networks::{challenged, ends, orders},
};

/// The header that proves the simulated MPGS's notices.
pub(crate) const SECRET: (&str, &str) = ("x-notification-secret", "SIMULATED-MPGS-NOTIFICATION-SECRET");

/// Has a simulated processor tell of a dispute; the statuses of the answers.
pub(crate) async fn tell(cloud: &Cloud, news: &Value) -> Vec<u16> {
    let request = browser().post(cloud.local("/_networks/disputes")).json(news);
    let answer = Client::send(request).await.expect(200);
    serde_json::from_value(answer["statuses"].clone()).unwrap()
}

/// A captured payment of 100.50 dollars at a processor; its reference.
pub(crate) async fn paid(cloud: &Cloud, processor: &str, order: &str) -> String {
    let (reference, challenge) = challenged(cloud, processor, order).await;
    press_at(&challenge, "complete").await;
    ends(cloud, &reference, Status::Succeeded).await;
    reference
}

/// The disputes of a payment, the newest first, as soon as there are so many.
pub(crate) async fn disputes(cloud: &Cloud, reference: &str, count: usize) -> Vec<Dispute> {
    let (store, tenant) = (cloud.store(), cloud.demo_scope());
    let payment = PaymentId::parse_uuid(reference).unwrap();
    let query = ListQuery::new(10).of_payment(tenant, payment);
    eventually("the disputes are listed", || async {
        let found: Vec<Dispute> = store.list(tenant, &query, None).await.unwrap().items;
        assert!(found.len() <= count, "{found:?}");
        (found.len() == count).then_some(found)
    })
    .await
}

async fn is(cloud: &Cloud, reference: &str, status: &str) -> Dispute {
    let found = disputes(cloud, reference, 1).await.remove(0);
    assert_eq!(found.status.as_str(), status);
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_opens_one_dispute_and_its_decision_ends_it() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    for (processor, end) in [("cybersource", "won"), ("mpgs", "won"), ("cybersource", "lost")] {
        let reference = paid(&cloud, processor, &format!("{processor}-{end}")).await;
        let news = |stage: &str| {
            json!({"provider": processor, "reference": reference, "stage": stage, "amount": 4000,
                "case": "case-7", "reason": "13.1", "due": "2030-01-01T00:00:00Z"})
        };
        let chargeback = news("chargeback");
        let told = join_all((0..6).map(|_| tell(&cloud, &chargeback))).await;
        assert!(told.iter().all(|statuses| statuses.last() == Some(&200)), "{told:?}");
        assert_eq!(tell(&cloud, &chargeback).await, [200]);
        let opened = is(&cloud, &reference, "needs_response").await;
        assert_eq!((opened.amount.minor, opened.version), (4000, 1));
        if processor == "cybersource" {
            assert_eq!(opened.reason.as_str(), "product_not_received");
            assert_eq!(opened.evidence_due_by.rfc3339(), "2030-01-01T00:00:00Z");
        }
        assert_eq!(orders(&cloud, &reference).await[0]["charged_back"], 4000);
        // The merchant sees it, and refunds no more than what is left.
        let shown = intents.get(&format!("/disputes/{}", opened.id.to_prefixed("dp_"))).await.expect(200);
        assert_eq!(shown["status"], "needs_response");
        let refund = |amount: f64| json!({"amount": amount});
        let path = format!("/payments/{reference}/refund");
        cloud.checkout().post(&path, &refund(60.51)).await.expect(422);
        cloud.checkout().post(&path, &refund(60.50)).await.expect(200);
        assert_eq!(tell(&cloud, &news(end)).await, [200]);
        assert_eq!(tell(&cloud, &news(end)).await, [200], "told twice");
        let ended = is(&cloud, &reference, end).await;
        assert_eq!(ended.version, 2);
        // An old notice changes nothing any more.
        for late in ["inquiry", "chargeback", "won", "lost"] {
            assert_eq!(
                tell(
                    &cloud,
                    &json!({"provider": processor, "reference": reference, "stage": late,
                "amount": 4000, "case": "case-7"})
                )
                .await,
                [200]
            );
            assert_eq!(is(&cloud, &reference, end).await, ended);
        }
        let path_of_rest = cloud.checkout().post(&path, &refund(40.00)).await;
        assert_eq!(path_of_rest.status.as_u16(), if end == "won" { 200 } else { 400 });
    }
    books_agree(&cloud).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_may_come_first_and_a_notice_too_early() {
    let cloud = Cloud::start().await;
    let news = |reference: &str, stage: &str| json!({"provider": "cybersource", "reference": reference, "stage": stage, "amount": 700});
    let reference = paid(&cloud, "cybersource", "decided-first").await;
    assert_eq!(tell(&cloud, &news(&reference, "lost")).await, [200]);
    let lost = is(&cloud, &reference, "lost").await;
    assert_eq!(lost.amount.minor, 700);
    assert_eq!(tell(&cloud, &news(&reference, "chargeback")).await, [200]);
    assert_eq!(is(&cloud, &reference, "lost").await, lost);
    // A payment that is authorized only once its payer passed the challenge: the processor has to send it again.
    let (waiting, challenge) = challenged(&cloud, "mpgs", "early").await;
    let notice = |reference: &str, currency: &str| {
        json!({"order": {"id": reference, "chargeback": {"amount": 7, "currency": currency}},
            "transaction": {"type": "CHARGEBACK"}})
    };
    let sent = async |body: &Value| send(&cloud, "mpgs", &[SECRET], &body.to_string()).await.status.as_u16();
    assert_eq!(sent(&notice(&waiting, "USD")).await, 409);
    let unknown = "6f9619ff-8b86-4011-b42d-00cf4fc964ff";
    assert_eq!(sent(&notice(unknown, "USD")).await, 409);
    press_at(&challenge, "complete").await;
    ends(&cloud, &waiting, Status::Succeeded).await;
    // What is not this gateway's is of no consequence; what cannot be is refused.
    assert_eq!(sent(&notice("ORDER-7", "USD")).await, 200);
    assert_eq!(sent(&notice(&reference, "USD")).await, 200, "an order of the other processor");
    assert_eq!(disputes(&cloud, &reference, 1).await[0], lost);
    assert_eq!(sent(&notice(&waiting, "EUR")).await, 400);
    assert_eq!(sent(&json!({"order": {}})).await, 400);
    assert_eq!(sent(&json!([waiting])).await, 400);
    assert_eq!(sent(&json!({"order": {"id": waiting, "note": "x".repeat(70_000)}})).await, 400);
    assert_eq!(disputes(&cloud, &waiting, 0).await, []);
    assert_eq!(sent(&notice(&waiting, "USD")).await, 200);
    is(&cloud, &waiting, "needs_response").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inquiry_becomes_a_dispute_of_what_is_left_or_ends_with_a_full_refund() {
    let cloud = Cloud::start().await;
    let (reference, other) =
        (paid(&cloud, "mpgs", "inquiry").await, paid(&cloud, "cybersource", "refunded").await);
    let news = |processor: &str, reference: &str, stage: &str| json!({"provider": processor, "reference": reference, "stage": stage});
    assert_eq!(tell(&cloud, &news("mpgs", &reference, "inquiry")).await, [200]);
    assert_eq!(tell(&cloud, &news("cybersource", &other, "inquiry")).await, [200]);
    let inquiry = is(&cloud, &reference, "warning_needs_response").await;
    assert_eq!((inquiry.amount.minor, inquiry.withheld()), (10_050, 0));
    is(&cloud, &other, "warning_needs_response").await;
    let refund = async |reference: &str, amount: f64| {
        let path = format!("/payments/{reference}/refund");
        cloud.checkout().post(&path, &json!({"amount": amount})).await.expect(200)
    };
    refund(&reference, 90.50).await;
    assert_eq!(tell(&cloud, &news("mpgs", &reference, "chargeback")).await, [200]);
    let escalated = is(&cloud, &reference, "needs_response").await;
    assert_eq!((escalated.amount.minor, escalated.withheld()), (1000, 1000));
    // One that is lost at once takes no more either.
    let lost = paid(&cloud, "cybersource", "lost at once").await;
    assert_eq!(tell(&cloud, &news("cybersource", &lost, "inquiry")).await, [200]);
    refund(&lost, 100.00).await;
    assert_eq!(tell(&cloud, &news("cybersource", &lost, "lost")).await, [200]);
    let taken = is(&cloud, &lost, "lost").await;
    assert_eq!((taken.amount.minor, taken.withheld()), (50, 50));
    refund(&other, 100.50).await;
    eventually("the inquiry is closed", || async {
        let found = disputes(&cloud, &other, 1).await.remove(0);
        (found.status.as_str() == "warning_closed").then_some(())
    })
    .await;
    // Nothing is left to charge back.
    assert_eq!(tell(&cloud, &news("cybersource", &other, "chargeback")).await, [200]);
    is(&cloud, &other, "warning_closed").await;
    books_agree(&cloud).await;
}

async fn send(cloud: &Cloud, processor: &str, proof: &[(&str, &str)], body: &str) -> Answer {
    let path = format!("{processor}/{}/test", cloud.demo_scope().merchant);
    send_to(cloud, &path, proof, body).await
}

async fn send_to(cloud: &Cloud, path: &str, proof: &[(&str, &str)], body: &str) -> Answer {
    let mut request = browser().request(Method::POST, cloud.local(&format!("/pages/notices/{path}")));
    for (name, value) in proof {
        request = request.header(*name, *value);
    }
    Client::send(request.header("content-type", "application/json").body(body.to_owned())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_proof_everything_is_answered_alike_and_nothing_is_read() {
    let cloud = Cloud::start().await;
    let reference = paid(&cloud, "mpgs", "thief").await;
    let body = json!({"order": {"id": reference, "chargeback": {"amount": 7, "currency": "USD"}},
        "transaction": {"type": "CHARGEBACK"}})
    .to_string();
    let merchant = cloud.demo_scope().merchant.to_string();
    let partner = cloud.partner().get("/account").await.expect(200)["id"].as_str().unwrap().to_owned();
    let old = "t=1700000000000;keyId=0b8e2f3c-0000-4000-8000-simulator002;sig=AAAA";
    let key = cloud.key();
    let bearer = format!("Bearer {key}");
    let tries: [(&str, &[(&str, &str)]); 14] = [
        (&format!("mpgs/{merchant}/test"), &[]),
        (&format!("mpgs/{merchant}/test"), &[(SECRET.0, "")]),
        (&format!("mpgs/{merchant}/test"), &[(SECRET.0, "SIMULATED-MPGS-NOTIFICATION-SECRE")]),
        (&format!("mpgs/{merchant}/test"), &[(SECRET.0, "simulated-mpgs-notification-secret")]),
        (&format!("mpgs/{merchant}/test"), &[("v-c-signature", old)]),
        (&format!("mpgs/{merchant}/test"), &[("authorization", &bearer)]),
        (&format!("mpgs/{merchant}/live"), &[SECRET]),
        (&format!("mpgs/{partner}/test"), &[SECRET]),
        ("mpgs/acct_00000000000000000000000000000000/test", &[SECRET]),
        ("mpgs/nobody/test", &[SECRET]),
        (&format!("cybersource/{merchant}/test"), &[SECRET]),
        (&format!("cybersource/{merchant}/test"), &[("v-c-signature", old)]),
        (&format!("stripe/{merchant}/test"), &[SECRET]),
        (&format!("mpgs/{merchant}/prod"), &[SECRET]),
    ];
    let mut told = Vec::new();
    for (path, proof) in tries {
        for body in [body.as_str(), "", "{", &"x".repeat(100_000)] {
            let answer = send_to(&cloud, path, proof, body).await;
            told.push((answer.status.as_u16(), answer.text));
        }
    }
    told.dedup();
    assert_eq!(told, [(401, "nothing proves who sent this".to_owned())]);
    assert_eq!(disputes(&cloud, &reference, 0).await, []);
    // The right one is taken.
    assert_eq!(send(&cloud, "mpgs", &[SECRET], &body).await.status, 200);
    is(&cloud, &reference, "needs_response").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_rotate_and_the_operator_may_decide() {
    let cloud = Cloud::start().await;
    let reference = paid(&cloud, "mpgs", &order("rotated")["order_id"].to_string()).await;
    let id = cloud.demo_scope().merchant.to_prefixed("acct_");
    let set = |secret: &str, more: &[&str]| {
        let mut command = cloud.admin_command(&["set-notice-secret", &id, "mpgs"]);
        let output = command.args(more).env("TOLLGATE_NOTICE_SECRET", secret).output().unwrap();
        let text =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!text.contains(secret) || secret.is_empty(), "{text}");
        (output.status.success(), text)
    };
    let sent = async |secret: &str| {
        let answer = send(&cloud, "mpgs", &[(SECRET.0, secret)], "{\"order\":{\"id\":\"x\"}}").await;
        answer.status.as_u16()
    };
    assert!(!set("short", &[]).0);
    let (done, text) = set("the second secret", &[]);
    assert!(done && text.contains(&format!("/notices/mpgs/{id}/test")), "{text}");
    assert_eq!((sent(SECRET.1).await, sent("the second secret").await), (200, 200));
    assert!(set("the third secret", &[]).0);
    assert_eq!((sent(SECRET.1).await, sent("the second secret").await), (401, 200));
    assert!(set("the fourth secret", &["--only"]).0);
    assert_eq!((sent("the third secret").await, sent("the fourth secret").await), (401, 200));
    let news = json!({"order": {"id": reference, "chargeback": {"amount": 7, "currency": "USD"}},
        "transaction": {"type": "CHARGEBACK"}});
    let proof = [(SECRET.0, "the fourth secret")];
    assert_eq!(send(&cloud, "mpgs", &proof, &news.to_string()).await.status, 200);
    let dispute = is(&cloud, &reference, "needs_response").await.id.to_prefixed("dp_");
    let decided = cloud.run_admin(&["decide-dispute", &id, &dispute, "won"]).unwrap();
    assert_eq!(decided, json!({"id": dispute, "status": "won"}));
    let decided = cloud.run_admin(&["decide-dispute", &id, &dispute, "lost"]).unwrap();
    assert_eq!(decided["status"], "won", "what is decided stays so");
    let unknown = "dp_00000000000000000000000000000000";
    assert!(cloud.run_admin(&["decide-dispute", &id, unknown, "won"]).is_err());
}
