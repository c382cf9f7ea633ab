//! Notices that processors send by themselves, and what they say of disputes.
//!
//! A notice is proven before anything is read from it: [`is_genuine`] checks the processor's published header over the
//! exact bytes that came. Neither processor publishes what its notice of a dispute has in its body; what is assumed is in
//! `docs/processors.md`.

mod cybersource;
mod mpgs;
mod reason;
#[cfg(test)]
mod tests;

use serde_json::Value;
use tollgate_domain::{Currency, Money, ProcessorKind, Timestamp, dispute::DisputeReason};
use zeroize::Zeroizing;

use crate::account::{BadAccount, is_plain};

/// How old `CyberSource`'s signature may be, in milliseconds: an hour.
const AGE_MS_MAX: i64 = 60 * 60 * 1000;
/// Longest names in a notice, in characters.
const NAME_CHARS_MAX: usize = 100;
/// Bounds of a notification secret, in characters.
const SECRET_CHARS: std::ops::RangeInclusive<usize> = 8..=256;

/// A secret with which a processor proves its notices.
#[derive(Clone, PartialEq, Eq)]
pub struct NoticeKey {
    /// `CyberSource`: the id of the shared secret.
    pub key_id: Option<String>,
    /// `CyberSource`: the shared secret, in base64. MPGS: the notification secret.
    pub secret: Zeroizing<String>,
}

impl std::fmt::Debug for NoticeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NoticeKey").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

impl NoticeKey {
    /// Checks the form of both fields for a processor.
    pub fn check(&self, processor: ProcessorKind) -> Result<(), BadAccount> {
        match processor {
            ProcessorKind::CyberSource => {
                if !self.key_id.as_deref().is_some_and(is_plain) {
                    return Err(BadAccount::KeyId);
                }
                let key = cybersource::key(&self.secret).filter(|key| !key.is_empty());
                key.map(|_| ()).ok_or(BadAccount::Secret)
            }
            ProcessorKind::Mpgs if SECRET_CHARS.contains(&self.secret.len()) => Ok(()),
            ProcessorKind::Mpgs => Err(BadAccount::Secret),
        }
    }
}

/// Whether the holder of one of these secrets sent this body. `header` finds a header by its name in lower case. Each
/// comparison takes the same time wherever texts differ.
pub fn is_genuine<'a>(
    processor: ProcessorKind,
    keys: &[NoticeKey],
    header: impl Fn(&str) -> Option<&'a str>,
    body: &[u8],
    now: Timestamp,
) -> bool {
    match processor {
        ProcessorKind::CyberSource => header(cybersource::SIGNATURE)
            .is_some_and(|signature| cybersource::is_signed(keys, signature, body, now)),
        ProcessorKind::Mpgs => header(mpgs::SECRET).is_some_and(|secret| mpgs::is_known(keys, secret)),
    }
}

/// The headers with which a processor would prove a body, for its simulator.
pub fn headers(
    processor: ProcessorKind,
    key: &NoticeKey,
    body: &[u8],
    now: Timestamp,
) -> Vec<(&'static str, String)> {
    match processor {
        ProcessorKind::CyberSource => vec![(cybersource::SIGNATURE, cybersource::signature(key, body, now))],
        ProcessorKind::Mpgs => vec![(mpgs::SECRET, key.secret.as_str().to_owned())],
    }
}

/// What a notice says.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// News of a dispute.
    Dispute(DisputeNotice),
    /// Something else, which is not acted upon.
    Other,
}

/// News of a dispute.
#[derive(Clone, Debug, PartialEq)]
pub struct DisputeNotice {
    /// The processor's name for the dispute: the same in all notices of it.
    pub reference: String,
    /// The payment's reference.
    pub order: String,
    /// What is disputed; `None`: all that is left of the payment.
    pub amount: Option<Money>,
    /// Why.
    pub reason: DisputeReason,
    /// What happened.
    pub stage: DisputeStage,
    /// Until when evidence may be submitted, if the notice says it.
    pub evidence_due_by: Option<Timestamp>,
}

/// What happened to a dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisputeStage {
    /// The payer's bank inquires; no money moved.
    Inquiry,
    /// The money was taken.
    Chargeback,
    /// The money came back.
    Won,
    /// The money is the payer's.
    Lost,
}

/// Why a notice cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadNotice {
    /// Longer than any notice.
    #[error("the body is too long")]
    TooLarge,
    /// Not JSON, or no object.
    #[error("the body is not a JSON object")]
    NotJson,
    /// A field is missing or has another form.
    #[error("{0} is missing or invalid")]
    Field(&'static str),
}

/// Reads a notice.
///
/// # Errors
/// The field that is missing or cannot be read. Fields that are not needed are not looked at.
pub fn read(processor: ProcessorKind, body: &[u8]) -> Result<Notice, BadNotice> {
    let body: Value = serde_json::from_slice(body).map_err(|_| BadNotice::NotJson)?;
    if !body.is_object() {
        return Err(BadNotice::NotJson);
    }
    match processor {
        ProcessorKind::CyberSource => cybersource::read(&body),
        ProcessorKind::Mpgs => mpgs::read(&body),
    }
}

/// A text of a notice, neither empty nor too long.
fn text<'a>(value: &'a Value, name: &'static str) -> Result<&'a str, BadNotice> {
    let text = value.as_str().filter(|text| (1..=NAME_CHARS_MAX).contains(&text.len()));
    text.ok_or(BadNotice::Field(name))
}

/// An amount, as a number or a text, and its currency.
fn money(amount: &Value, currency: &Value, names: (&'static str, &'static str)) -> Result<Money, BadNotice> {
    let currency = currency.as_str().and_then(Currency::from_code).ok_or(BadNotice::Field(names.1))?;
    let digits = match amount {
        Value::String(text) => text.trim_start_matches('-').to_owned(),
        Value::Number(number) => number.to_string().trim_start_matches('-').to_owned(),
        _ => return Err(BadNotice::Field(names.0)),
    };
    Money::from_decimal(&digits, currency).ok_or(BadNotice::Field(names.0))
}
