#![allow(clippy::unwrap_used)]
use super::{health::TRY_OUT_MS, *};
use crate::{
    pause::{FIRST_PAUSE_MS, PAUSE_MS_MAX},
    payment::tests::NOW,
};

#[test]
fn patterns_cover_whole_words_only() {
    assert!(matches("*", "payment.succeeded"));
    assert!(matches("payment.*", "payment.succeeded"));
    assert!(matches("payment.succeeded", "payment.succeeded"));
    assert!(!matches("payment.*", "payment_intent.succeeded"));
    assert!(!matches("pay.*", "payment.succeeded"));
    assert!(!matches("payment.failed", "payment.succeeded"));
}

fn endpoint(failing_since: Option<Timestamp>) -> WebhookEndpoint {
    WebhookEndpoint {
        id: EndpointId::from_bytes([1; 16]),
        version: 3,
        request: "req_1".into(),
        url: "https://shop.example/hooks".into(),
        api: FrontDoor::Charges,
        enabled_events: vec!["*".into()],
        description: None,
        metadata: Metadata::default(),
        status: EndpointStatus::Enabled,
        secret: Secret("whsec_x".into()),
        previous: None,
        failing_since,
        pause: None,
        disabled_reason: None,
        deleted: false,
        created: NOW,
        updated: Some(NOW),
        fingerprint: None,
        replay: ReplaySnapshots::default(),
    }
}

#[test]
fn an_endpoint_is_disabled_after_five_days_of_failures_and_not_before() {
    let failed = |since, now| endpoint(since).after_attempt(Attempted::Failed, false, now);
    assert_eq!(failed(None, NOW).unwrap().failing_since, Some(NOW));
    assert_eq!(failed(Some(NOW), NOW.plus_ms(DISABLE_AFTER_MS - 1)), None);
    let disabled = failed(Some(NOW), NOW.plus_ms(DISABLE_AFTER_MS)).unwrap();
    assert_eq!((disabled.status, disabled.version), (EndpointStatus::Disabled, 4));
    assert!(disabled.disabled_reason.unwrap().contains("five days"));
}

#[test]
fn one_delivery_that_arrives_clears_the_record_and_a_410_ends_it() {
    let after = |endpoint: &WebhookEndpoint, attempted| endpoint.after_attempt(attempted, false, NOW);
    assert_eq!(after(&endpoint(None), Attempted::Delivered), None);
    let cleared = after(&endpoint(Some(NOW)), Attempted::Delivered).unwrap();
    assert_eq!((cleared.failing_since, cleared.status), (None, EndpointStatus::Enabled));
    let gone = after(&endpoint(None), Attempted::Gone).unwrap();
    assert_eq!(gone.status, EndpointStatus::Disabled);
    assert_eq!(after(&gone, Attempted::Failed), None);
}

#[test]
fn an_endpoint_that_does_not_answer_is_paused_and_tried_out_by_one_attempt_at_a_time() {
    let at = |ms: i64| NOW.plus_ms(ms);
    // One timeout, or several at the same time, may be chance.
    let failing = endpoint(None).after_attempt(Attempted::TimedOut, false, NOW).unwrap();
    assert_eq!(failing.after_attempt(Attempted::TimedOut, false, at(PAUSE_AFTER_MS - 1)), None);
    let paused = failing.after_attempt(Attempted::TimedOut, false, at(PAUSE_AFTER_MS)).unwrap();
    let until = at(PAUSE_AFTER_MS + FIRST_PAUSE_MS);
    assert_eq!(paused.held_back_until(at(PAUSE_AFTER_MS)), Some(until));
    // Attempts that were in flight when the pause began do not extend it.
    assert_eq!(paused.after_attempt(Attempted::TimedOut, false, at(PAUSE_AFTER_MS + 1)), None);
    assert_eq!(paused.held_back_until(until), None);
    let trying = paused.tried_out(until).unwrap();
    assert_eq!(trying.held_back_until(until), Some(until.plus_ms(TRY_OUT_MS)));
    let again = trying.after_attempt(Attempted::TimedOut, true, until).unwrap();
    assert_eq!(again.held_back_until(until), Some(until.plus_ms(2 * FIRST_PAUSE_MS)));
    for better in [Attempted::Delivered, Attempted::Failed] {
        let healed = trying.after_attempt(better, true, until).unwrap();
        assert_eq!(healed.pause, None);
    }
    let mut endless = again;
    for _ in 0..40 {
        endless = endless.after_attempt(Attempted::TimedOut, true, until).unwrap();
    }
    assert_eq!(endless.held_back_until(until), Some(until.plus_ms(PAUSE_MS_MAX)));
    assert_eq!(endpoint(None).tried_out(NOW), None);
}

#[test]
fn a_rolled_secret_is_kept_nowhere_but_beside_the_new_one() {
    let rolled = endpoint(None).rolled(Secret("whsec_new".into()), NOW, NOW, &"req_2".into());
    let mut kept = rolled.rolled(Secret("whsec_newest".into()), NOW, NOW, &"req_3".into());
    kept.keep_snapshot(Fingerprint::of("r", &[b"k"]), Fingerprint::of("r", &[b"x"]));
    let stored = serde_json::to_string(&kept).unwrap();
    assert!(!stored.contains("whsec_x"), "{stored}");
    assert_eq!(stored.matches("whsec_newest").count(), 1, "{stored}");
}

#[test]
fn a_secret_does_not_print_itself() {
    assert!(!format!("{:?}", Secret("whsec_hush".into())).contains("hush"));
}
