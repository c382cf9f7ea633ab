use proptest::prelude::*;
use serde_json::json;
use tollgate_domain::ProcessorKind::{CyberSource, Mpgs};

use super::*;

const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);

fn shared(id: &str, secret: &str) -> NoticeKey {
    NoticeKey { key_id: Some(id.into()), secret: Zeroizing::new(secret.into()) }
}

fn password(secret: &str) -> NoticeKey {
    NoticeKey { key_id: None, secret: Zeroizing::new(secret.into()) }
}

/// The header of a known answer, worked out with Python's `hmac` and `base64`.
const KNOWN: &str = "t=1800000000000;keyId=key-1;sig=M9/eqceSMdYtsJNgninOL6IFag5z6/5Nis+IzLvfP84=";

fn is_signed(keys: &[NoticeKey], header: &str, body: &[u8]) -> bool {
    is_genuine(CyberSource, keys, |name| (name == "v-c-signature").then_some(header), body, NOW)
}

#[test]
fn a_signature_is_over_the_time_and_the_body() {
    let keys = [shared("key-0", "b3RoZXI="), shared("key-1", "c2VjcmV0")];
    assert!(is_signed(&keys, KNOWN, b"{}"));
    assert_eq!(headers(CyberSource, &keys[1], b"{}", NOW), [("v-c-signature", KNOWN.to_owned())]);
    assert!(!is_signed(&keys, KNOWN, b"{ }"), "another body");
    assert!(!is_signed(&keys[..1], KNOWN, b"{}"), "another key");
    assert!(!is_signed(&[], KNOWN, b"{}"), "no key");
    for wrong in [
        KNOWN.replace("t=1800000000000", "t=1800000000001"),
        KNOWN.replace("key-1", "key-0"),
        KNOWN.replace("sig=", "sig=A"),
        KNOWN.replace(";sig=", ";signature="),
        KNOWN.replace("t=1800000000000;", ""),
        "t=;keyId=;sig=".into(),
        String::new(),
    ] {
        assert!(!is_signed(&keys, &wrong, b"{}"), "{wrong}");
    }
    let none = is_genuine(CyberSource, &keys, |_| None, b"{}", NOW);
    assert!(!none, "no header");
}

#[test]
fn an_old_signature_proves_nothing() {
    let keys = [shared("key-1", "c2VjcmV0")];
    let at = |ms: i64| {
        let signed = headers(CyberSource, &keys[0], b"{}", NOW.plus_ms(ms));
        is_signed(&keys, &signed[0].1, b"{}")
    };
    assert!(at(0) && at(-AGE_MS_MAX) && at(AGE_MS_MAX));
    assert!(!at(-AGE_MS_MAX - 1) && !at(AGE_MS_MAX + 1));
}

#[test]
fn a_notification_secret_is_compared_whole() {
    let keys = [password("correct-horse"), password("battery-staple")];
    let is_known = |secret: &str| {
        is_genuine(Mpgs, &keys, |name| (name == "x-notification-secret").then_some(secret), b"{}", NOW)
    };
    assert!(is_known("correct-horse") && is_known("battery-staple"));
    assert!(!is_known("correct-hors") && !is_known("correct-horse ") && !is_known(""));
    assert!(!format!("{keys:?}").contains("horse"));
}

#[test]
fn keys_are_checked() {
    assert_eq!(shared("key-1", "c2VjcmV0").check(CyberSource), Ok(()));
    assert_eq!(shared("key 1", "c2VjcmV0").check(CyberSource), Err(BadAccount::KeyId));
    assert_eq!(password("c2VjcmV0").check(CyberSource), Err(BadAccount::KeyId));
    assert_eq!(shared("key-1", "%").check(CyberSource), Err(BadAccount::Secret));
    assert_eq!(shared("key-1", "").check(CyberSource), Err(BadAccount::Secret));
    assert_eq!(password("12345678").check(Mpgs), Ok(()));
    assert_eq!(password("1234567").check(Mpgs), Err(BadAccount::Secret));
}

fn chargeback() -> Value {
    json!({
        "webhookId": "w1",
        "eventType": "payments.chargebacks.opened",
        "payload": {"data": {
            "merchantReferenceNumber": "order-1",
            "trackingNumber": "case-1",
            "action": "Chargeback",
            "amount": "12.50",
            "currencyCode": "USD",
            "reasonCode": "10.4",
            "responseDueTime": "2027-02-01T00:00:00Z",
        }},
    })
}

fn read_json(processor: ProcessorKind, body: &Value) -> Result<Notice, BadNotice> {
    read(processor, body.to_string().as_bytes())
}

#[test]
fn cybersources_chargebacks_are_read() {
    let Ok(Notice::Dispute(read)) = read_json(CyberSource, &chargeback()) else { panic!() };
    assert_eq!((read.order.as_str(), read.reference.as_str()), ("order-1", "case-1"));
    let usd = Currency::from_code("USD").unwrap();
    assert_eq!(read.amount, Some(Money { minor: 1250, currency: usd }));
    assert_eq!((read.reason, read.stage), (DisputeReason::Fraudulent, DisputeStage::Chargeback));
    assert_eq!(read.evidence_due_by, Timestamp::parse_rfc3339("2027-02-01T00:00:00Z"));
    for (action, stage) in [
        ("Retrieval Request", Some(DisputeStage::Inquiry)),
        ("CHARGEBACK", Some(DisputeStage::Chargeback)),
        ("chargeback-reversal", Some(DisputeStage::Won)),
        ("LOST", Some(DisputeStage::Lost)),
        ("Second Guess", None),
    ] {
        let mut body = chargeback();
        body["payload"]["data"]["action"] = json!(action);
        let found = match read_json(CyberSource, &body).unwrap() {
            Notice::Dispute(dispute) => Some(dispute.stage),
            Notice::Other => None,
        };
        assert_eq!(found, stage, "{action}");
    }
}

#[test]
fn a_field_that_is_needed_is_named() {
    for (field, value) in [
        ("trackingNumber", json!(null)),
        ("trackingNumber", json!("")),
        ("merchantReferenceNumber", json!(7)),
        ("action", json!(null)),
        ("amount", json!("1.234")),
        ("currencyCode", json!("XX")),
        ("responseDueTime", json!("soon")),
    ] {
        let mut body = chargeback();
        body["payload"]["data"][field] = value.clone();
        assert_eq!(read_json(CyberSource, &body), Err(BadNotice::Field(field)), "{value}");
    }
    assert_eq!(read_json(CyberSource, &json!({"eventType": "tms.token.created"})), Ok(Notice::Other));
    assert_eq!(read_json(CyberSource, &json!({})), Err(BadNotice::Field("eventType")));
    assert_eq!(read_json(Mpgs, &json!([])), Err(BadNotice::NotJson));
    assert_eq!(read(Mpgs, b"order"), Err(BadNotice::NotJson));
}

#[test]
fn mpgss_orders_are_read() {
    let order = |status: &str, kind: &str, chargeback: &Value| {
        json!({
            "order": {"id": "order-1", "status": status, "currency": "EUR", "chargeback": chargeback},
            "transaction": {"type": kind},
        })
    };
    let stage = |body: &Value| match read_json(Mpgs, body)? {
        Notice::Dispute(dispute) => {
            assert_eq!((dispute.order.as_str(), dispute.reference.as_str()), ("order-1", "order-1"));
            Ok(Some((dispute.stage, dispute.amount.map(|amount| amount.minor))))
        }
        Notice::Other => Ok(None),
    };
    let taken = json!({"amount": 12.5, "currency": "EUR"});
    let nothing = json!({"amount": 0});
    assert_eq!(stage(&order("DISPUTED", "CAPTURE", &json!(null))), Ok(Some((DisputeStage::Inquiry, None))));
    let charged = order("CHARGEBACK_PROCESSED", "CHARGEBACK", &taken);
    assert_eq!(stage(&charged), Ok(Some((DisputeStage::Chargeback, Some(1250)))));
    assert_eq!(stage(&order("CAPTURED", "CHARGEBACK", &nothing)), Ok(Some((DisputeStage::Won, None))));
    // A late notice of the capture takes nothing back.
    assert_eq!(stage(&order("CAPTURED", "CAPTURE", &nothing)), Ok(None));
    let without = order("CHARGEBACK_PROCESSED", "CHARGEBACK", &json!(null));
    assert_eq!(stage(&without), Err(BadNotice::Field("order.chargeback.amount")));
    assert_eq!(stage(&json!({"order": {}})), Err(BadNotice::Field("order.id")));
}

proptest! {
    #[test]
    fn whatever_comes_is_read_or_refused(body: Vec<u8>, text: String, minor: i64) {
        for processor in ProcessorKind::ALL {
            let _ = read(*processor, &body);
            let _ = is_genuine(*processor, &[shared("k", &text)], |_| Some(&text), &body, NOW);
            let mut known = chargeback();
            known["payload"]["data"]["amount"] = json!(minor);
            known["payload"]["data"]["responseDueTime"] = json!(text);
            let _ = read_json(*processor, &known);
            let order = json!({"order": {"id": text, "chargeback": {"amount": minor}}, "transaction": {"type": "CHARGEBACK"}});
            let _ = read_json(*processor, &order);
        }
    }
}
