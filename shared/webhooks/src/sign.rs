//! Signatures: each front door's documented header over the exact bytes sent, and the Standard Webhooks headers.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tollgate_apis::{RotationOrder, SignatureScheme};
use tollgate_domain::Timestamp;

/// Begins every secret.
const PREFIX: &str = "whsec_";

/// An endpoint's secret. What the merchant holds, whole, is the key of the documented signatures; the part after the
/// prefix, decoded, is the key of Standard Webhooks, as both verifiers expect.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret(String);

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(…)")
    }
}

/// A header to send.
pub type Header = (&'static str, String);

impl SigningSecret {
    /// A secret of 32 random bytes.
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self(format!("{PREFIX}{}", STANDARD.encode(bytes)))
    }

    /// A secret as it was stored.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text that the merchant is shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        hmac_sha256(self.0.as_bytes(), parts).finalize().into_bytes().into()
    }

    fn hex(&self, parts: &[&[u8]]) -> String {
        hex::encode(self.mac(parts))
    }

    fn standard(&self, parts: &[&[u8]]) -> String {
        let text = self.0.strip_prefix(PREFIX).unwrap_or(&self.0);
        let key = STANDARD.decode(text).unwrap_or_else(|_| text.as_bytes().to_vec());
        STANDARD.encode(hmac_sha256(&key, parts).finalize().into_bytes())
    }
}

/// HMAC-SHA256 of parts, one after the other.
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    // HMAC takes keys of any length; the error type exists for other MACs.
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key)
        .unwrap_or_else(|_| <Hmac<Sha256> as KeyInit>::new(&hmac::digest::Key::<Hmac<Sha256>>::default()));
    for part in parts {
        mac.update(part);
    }
    mac
}

/// HMAC-SHA256 in lower-case hex, as `direct` signs a body.
pub fn hmac_sha256_hex(key: &[u8], body: &[u8]) -> String {
    hex::encode(hmac_sha256(key, &[body]).finalize().into_bytes())
}

/// The headers of a delivery: the API's own signature, if it has one, and those of Standard Webhooks.
///
/// `current` is the endpoint's secret; `previous` the one before it, while both are valid.
pub fn sign(
    scheme: Option<SignatureScheme>,
    current: &SigningSecret,
    previous: Option<&SigningSecret>,
    message_id: &str,
    now: Timestamp,
    body: &str,
) -> Vec<Header> {
    let time = now.s().to_string();
    let timed: [&[u8]; 3] = [time.as_bytes(), b".", body.as_bytes()];
    let old_first: Vec<&SigningSecret> = previous.into_iter().chain([current]).collect();
    let new_first: Vec<&SigningSecret> = [current].into_iter().chain(previous).collect();
    let timestamped = |secrets: &[&SigningSecret]| {
        secrets
            .iter()
            .fold(format!("t={time}"), |header, secret| format!("{header},v1={}", secret.hex(&timed)))
    };
    let own: Option<Header> = scheme.map(|scheme| match scheme {
        SignatureScheme::Timestamped { header, order: RotationOrder::OldFirst } => {
            (header, timestamped(&old_first))
        }
        SignatureScheme::Timestamped { header, order: RotationOrder::NewFirst } => {
            (header, timestamped(&new_first))
        }
        SignatureScheme::BodyOnly { header } => (header, old_first[0].hex(&[body.as_bytes()])),
    });
    let standard: Vec<String> = new_first
        .iter()
        .map(|secret| {
            let parts: [&[u8]; 5] = [message_id.as_bytes(), b".", time.as_bytes(), b".", body.as_bytes()];
            format!("v1,{}", secret.standard(&parts))
        })
        .collect();
    own.into_iter()
        .chain([
            ("webhook-id", message_id.to_owned()),
            ("webhook-timestamp", time.clone()),
            ("webhook-signature", standard.join(" ")),
        ])
        .collect()
}

/// Whether a `t=…,v1=…` header signs the body with the secret, no more than `tolerance_s` seconds from `now`.
pub fn verify_timestamped(
    header: &str,
    body: &str,
    secret: &SigningSecret,
    now: Timestamp,
    tolerance_s: i64,
) -> bool {
    let mut fields = header.split(',').filter_map(|field| field.split_once('='));
    let Some(("t", time)) = fields.next() else {
        return false;
    };
    if time.parse::<i64>().map_or(true, |t| t.abs_diff(now.s()) > tolerance_s.unsigned_abs()) {
        return false;
    }
    fields.any(|(name, signature)| {
        let Ok(signature) = hex::decode(signature) else {
            return false;
        };
        let mac = hmac_sha256(secret.0.as_bytes(), &[time.as_bytes(), b".", body.as_bytes()]);
        name == "v1" && mac.verify_slice(&signature).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use tollgate_apis::published;
    use tollgate_domain::FrontDoor;

    use super::*;

    const NOW: Timestamp = Timestamp::from_s(1_736_720_000);

    fn secret(byte: u8) -> SigningSecret {
        SigningSecret::from_random([byte; 32])
    }

    fn header(headers: &[Header], name: &str) -> String {
        headers.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone()).unwrap_or_default()
    }

    #[test]
    fn a_signature_verifies_with_its_secret_body_and_time_only() {
        let headers = sign(published(FrontDoor::Charges).signature(), &secret(1), None, "evt_1", NOW, "{}");
        let signature = header(&headers, "x-signature");
        assert!(verify_timestamped(&signature, "{}", &secret(1), NOW, 300));
        assert!(!verify_timestamped(&signature, "{ }", &secret(1), NOW, 300));
        assert!(!verify_timestamped(&signature, "{}", &secret(2), NOW, 300));
        assert!(!verify_timestamped(&signature, "{}", &secret(1), NOW.plus_ms(301_000), 300));
        assert!(!verify_timestamped("", "{}", &secret(1), NOW, 300));
    }

    #[test]
    fn known_answers() {
        // Computed with Python's hmac: key "whsec_…" whole, message "1736720000.{}".
        let headers = sign(
            published(FrontDoor::Direct).signature(),
            &SigningSecret::from_text("key"),
            None,
            "m",
            NOW,
            "The quick brown fox jumps over the lazy dog",
        );
        assert_eq!(
            header(&headers, "x-webhook-signature"),
            "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"
        );
    }

    #[test]
    fn while_a_secret_rotates_each_verifier_finds_the_one_it_reads() {
        let (old, new) = (secret(1), secret(2));
        let charges = header(
            &sign(published(FrontDoor::Charges).signature(), &new, Some(&old), "m", NOW, "{}"),
            "x-signature",
        );
        let intents = header(
            &sign(published(FrontDoor::Intents).signature(), &new, Some(&old), "m", NOW, "{}"),
            "pg-signature",
        );
        let alone = |s: &SigningSecret| {
            header(&sign(published(FrontDoor::Charges).signature(), s, None, "m", NOW, "{}"), "x-signature")
        };
        assert!(charges.starts_with(&alone(&old)));
        assert!(intents.starts_with(&alone(&new)));
        assert_eq!((charges.matches("v1=").count(), intents.matches("v1=").count()), (2, 2));
        let direct = header(
            &sign(published(FrontDoor::Direct).signature(), &new, Some(&old), "m", NOW, "{}"),
            "x-webhook-signature",
        );
        assert_eq!(direct.len(), 64);
        let standard = header(
            &sign(published(FrontDoor::Direct).signature(), &new, Some(&old), "m", NOW, "{}"),
            "webhook-signature",
        );
        assert_eq!(standard.split(' ').count(), 2);
    }

    #[test]
    fn a_secret_does_not_print_itself() {
        assert_eq!(format!("{:?}", secret(7)), "SigningSecret(…)");
    }
}
