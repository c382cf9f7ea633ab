//! Links to hosted pages: signed, so that nobody can make one up, and naming one payment.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use tollgate_domain::{PaymentId, Scope};
use tollgate_webhooks::hmac_sha256;

/// Bytes of the signature that a link carries: 128 bits cannot be guessed and keep the link short.
const SIGNATURE_BYTES: usize = 16;
/// Longest token that is looked at.
const TOKEN_MAX_BYTES: usize = 200;

/// Makes and checks links.
#[derive(Clone)]
pub struct Links {
    base_url: String,
    key: Vec<u8>,
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Links")
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}

impl Links {
    /// Links to pages under `base_url`, signed with `key`.
    pub fn new(base_url: &str, key: &[u8]) -> Self {
        Self {
            base_url: base_url.trim_end_matches('/').to_owned(),
            key: key.to_vec(),
        }
    }

    /// Reads `TOLLGATE_PAGES_URL` and `TOLLGATE_LINK_KEY`; `None` for a function that is given no key.
    pub fn from_environment() -> Option<Self> {
        let key = std::env::var("TOLLGATE_LINK_KEY")
            .ok()
            .filter(|key| !key.is_empty())?;
        Some(Self::new(
            &std::env::var("TOLLGATE_PAGES_URL").unwrap_or_default(),
            key.as_bytes(),
        ))
    }

    /// The page on which a payment's 3-D Secure challenge is answered. The same for the payment's whole life.
    pub fn challenge_url(&self, scope: Scope, payment: PaymentId) -> String {
        format!("{}/challenge/{}", self.base_url, self.token(scope, payment))
    }

    fn token(&self, scope: Scope, payment: PaymentId) -> String {
        let claim = format!("{}.{}.{payment}", scope.merchant, scope.mode.as_str());
        format!(
            "{claim}.{}",
            URL_SAFE_NO_PAD.encode(&self.sign(&claim)[..SIGNATURE_BYTES])
        )
    }

    /// Reads a token that this key signed.
    pub fn verify(&self, token: &str) -> Option<(Scope, PaymentId)> {
        if token.len() > TOKEN_MAX_BYTES {
            return None;
        }
        let (claim, signature) = token.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        if signature.len() != SIGNATURE_BYTES {
            return None;
        }
        self.mac(claim).verify_truncated_left(&signature).ok()?;
        let mut parts = claim.split('.');
        let (merchant, mode, payment) = (parts.next()?, parts.next()?, parts.next()?);
        let scope = Scope::from_key(&format!("M#{merchant}#{mode}#"))?;
        Some((scope, payment.parse().ok()?))
    }

    fn mac(&self, claim: &str) -> Hmac<Sha256> {
        hmac_sha256(&self.key, &[b"challenge.", claim.as_bytes()])
    }

    fn sign(&self, claim: &str) -> [u8; 32] {
        self.mac(claim).finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use tollgate_domain::{MerchantId, Mode};

    use super::*;

    #[test]
    fn a_link_is_read_by_its_own_key_only() {
        let links = Links::new("https://pages.example/", b"key");
        let scope = Scope {
            merchant: MerchantId::from_bytes([1; 16]),
            mode: Mode::Test,
        };
        let payment = PaymentId::from_bytes([2; 16]);
        let url = links.challenge_url(scope, payment);
        let token = url.strip_prefix("https://pages.example/challenge/").unwrap();
        assert_eq!(links.verify(token), Some((scope, payment)));
        assert_eq!(Links::new("", b"other").verify(token), None);
        let live = token.replacen(".test.", ".live.", 1);
        assert_eq!(links.verify(&live), None);
        for forged in [
            "",
            ".",
            "a.b.c.d",
            &token[..token.len() - 1],
            &format!("{token}A"),
        ] {
            assert_eq!(links.verify(forged), None, "{forged}");
        }
    }
}
