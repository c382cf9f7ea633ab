//! `CyberSource`'s notices: `v-c-signature` as its guide to webhooks has it; in the payload the fields of its chargeback
//! details.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use tollgate_domain::Timestamp;
use zeroize::Zeroizing;

use super::{AGE_MS_MAX, BadNotice, DisputeNotice, DisputeStage, Notice, NoticeKey, money, reason, text};

/// The header: `t=MILLISECONDS;keyId=ID;sig=BASE64`.
pub(super) const SIGNATURE: &str = "v-c-signature";
/// Begins the types of events about chargebacks.
const EVENTS: &str = "payments.chargebacks.";

/// A shared secret's bytes.
pub(super) fn key(secret: &str) -> Option<Zeroizing<Vec<u8>>> {
    STANDARD.decode(secret.as_bytes()).ok().map(Zeroizing::new)
}

fn mac(key: &[u8], at: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(at.as_bytes());
    mac.update(b".");
    mac.update(body);
    Some(mac)
}

pub(super) fn signature(of: &NoticeKey, body: &[u8], now: Timestamp) -> String {
    let at = now.ms().to_string();
    let mac = key(&of.secret).and_then(|key| mac(&key, &at, body));
    let signature = mac.map(|mac| STANDARD.encode(mac.finalize().into_bytes())).unwrap_or_default();
    format!("t={at};keyId={};sig={signature}", of.key_id.as_deref().unwrap_or_default())
}

/// Whether a key signed the body, at most an hour before or after `now`.
pub(super) fn is_signed(keys: &[NoticeKey], header: &str, body: &[u8], now: Timestamp) -> bool {
    let part = |name: &str| {
        let mut parts = header.split(';').filter_map(|part| part.trim().split_once('='));
        parts.find(|(found, _)| *found == name).map(|(_, value)| value)
    };
    let (Some(at), Some(id), Some(signature)) = (part("t"), part("keyId"), part("sig")) else {
        return false;
    };
    let Ok(at_ms) = at.parse::<i64>() else { return false };
    let Ok(signature) = STANDARD.decode(signature) else { return false };
    let is_recent = now.ms().abs_diff(at_ms) <= AGE_MS_MAX.unsigned_abs();
    is_recent
        && keys.iter().filter(|known| known.key_id.as_deref() == Some(id)).any(|known| {
            let mac = key(&known.secret).and_then(|key| mac(&key, at, body));
            mac.is_some_and(|mac| mac.verify_slice(&signature).is_ok())
        })
}

/// The stage that an action of a chargeback means; `None`: of no consequence here.
fn stage(action: &str) -> Option<DisputeStage> {
    match action.to_ascii_uppercase().replace([' ', '-'], "_").as_str() {
        "RETRIEVAL_REQUEST" | "INQUIRY" | "PRE_DISPUTE" => Some(DisputeStage::Inquiry),
        "CHARGEBACK" | "SECOND_CHARGEBACK" => Some(DisputeStage::Chargeback),
        "REVERSAL" | "CHARGEBACK_REVERSAL" | "WON" => Some(DisputeStage::Won),
        "LOST" | "EXPIRED" | "ACCEPTED" => Some(DisputeStage::Lost),
        _ => None,
    }
}

pub(super) fn read(body: &Value) -> Result<Notice, BadNotice> {
    if !text(&body["eventType"], "eventType")?.starts_with(EVENTS) {
        return Ok(Notice::Other);
    }
    let payload = &body["payload"];
    let details = if payload["data"].is_object() { &payload["data"] } else { payload };
    let Some(stage) = stage(text(&details["action"], "action")?) else { return Ok(Notice::Other) };
    let amount = if details["amount"].is_null() {
        None
    } else {
        Some(money(&details["amount"], &details["currencyCode"], ("amount", "currencyCode"))?)
    };
    let due = &details["responseDueTime"];
    let due = if due.is_null() { None } else { Some(time(due)?) };
    Ok(Notice::Dispute(DisputeNotice {
        reference: text(&details["trackingNumber"], "trackingNumber")?.to_owned(),
        order: text(&details["merchantReferenceNumber"], "merchantReferenceNumber")?.to_owned(),
        amount,
        reason: reason::of_code(details["reasonCode"].as_str().unwrap_or_default()),
        stage,
        evidence_due_by: due,
    }))
}

fn time(value: &Value) -> Result<Timestamp, BadNotice> {
    let time = value.as_str().and_then(Timestamp::parse_rfc3339);
    time.ok_or(BadNotice::Field("responseDueTime"))
}
