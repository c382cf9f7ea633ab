//! Signatures on what Tollgate gives out and takes back: links to hosted pages and access tokens. Each purpose has
//! signatures of its own, so that nothing signed for one is good for another.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use tollgate_domain::Timestamp;
use tollgate_store::KeyHash;
use tollgate_webhooks::hmac_sha256;

/// Bytes of a signature: 128 bits cannot be guessed and keep links short.
pub(crate) const SIGNATURE_BYTES: usize = 16;
/// Begins an access token.
const TOKEN_PREFIX: &str = "at_";
/// Bytes of an access token's claims: the key's digest and the instant of its end in milliseconds.
const CLAIM_BYTES: usize = 32 + 8;

/// Signs and verifies with one secret.
#[derive(Clone)]
pub(crate) struct Signer(Vec<u8>);

impl Signer {
    pub(crate) fn new(secret: &[u8]) -> Self {
        Self(secret.to_vec())
    }

    pub(crate) fn sign(&self, purpose: &str, claim: &[u8]) -> [u8; SIGNATURE_BYTES] {
        let full = self.derive(purpose, claim);
        let mut out = [0; SIGNATURE_BYTES];
        out.copy_from_slice(&full[..SIGNATURE_BYTES]);
        out
    }

    /// Whether the signature is this secret's, for this purpose; takes the same time wherever they differ.
    pub(crate) fn verify(&self, purpose: &str, claim: &[u8], signature: &[u8]) -> bool {
        signature.len() == SIGNATURE_BYTES
            && self.mac(purpose, claim).verify_truncated_left(signature).is_ok()
    }

    /// Bytes that nobody without this secret can guess, the same whenever they are asked for.
    pub(crate) fn derive(&self, purpose: &str, claim: &[u8]) -> [u8; 32] {
        self.mac(purpose, claim).finalize().into_bytes().into()
    }

    fn mac(&self, purpose: &str, claim: &[u8]) -> Hmac<Sha256> {
        hmac_sha256(&self.0, &[purpose.as_bytes(), b".", claim])
    }
}

/// An access token: stands for the key that it was made with, for a while. Nothing is stored of it, and it ends with its
/// key: whoever revokes the key revokes all its tokens.
pub(crate) struct AccessToken {
    pub(crate) key: KeyHash,
    pub(crate) expires: Timestamp,
}

impl AccessToken {
    pub(crate) fn is_one(text: &str) -> bool {
        text.starts_with(TOKEN_PREFIX)
    }

    pub(crate) fn write(&self, signer: &Signer) -> String {
        let mut bytes = self.claim().to_vec();
        bytes.extend(signer.sign("access-token", &self.claim()));
        format!("{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    pub(crate) fn read(signer: &Signer, text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(TOKEN_PREFIX)?).ok()?;
        let (claim, signature) = bytes.split_at_checked(CLAIM_BYTES)?;
        let (digest, expires) = claim.split_at_checked(32)?;
        let token = Self {
            key: KeyHash::from_digest(digest.try_into().ok()?),
            expires: Timestamp::from_ms(i64::from_be_bytes(expires.try_into().ok()?)),
        };
        signer.verify("access-token", claim, signature).then_some(token)
    }

    fn claim(&self) -> [u8; CLAIM_BYTES] {
        let mut claim = [0; CLAIM_BYTES];
        claim[..32].copy_from_slice(&self.key.digest());
        claim[32..].copy_from_slice(&self.expires.ms().to_be_bytes());
        claim
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_by_its_own_secret_only_and_no_bit_of_it_can_change() {
        let signer = Signer::new(b"secret");
        let token = AccessToken { key: KeyHash::of("sk_test_x"), expires: Timestamp::from_s(1_795_219_200) };
        let text = token.write(&signer);
        let read = AccessToken::read(&signer, &text).unwrap();
        assert_eq!((read.key, read.expires), (token.key, token.expires));
        assert!(AccessToken::read(&Signer::new(b"other"), &text).is_none());
        let bytes = URL_SAFE_NO_PAD.decode(&text[3..]).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let forged = format!("at_{}", URL_SAFE_NO_PAD.encode(changed));
            assert!(AccessToken::read(&signer, &forged).is_none(), "{at}");
        }
        for bad in ["", "at_", "at_x", "sk_test_x", &text[..text.len() - 1]] {
            assert!(AccessToken::read(&signer, bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_signature_is_good_for_its_purpose_only() {
        let signer = Signer::new(b"secret");
        let signature = signer.sign("challenge", b"x");
        assert!(signer.verify("challenge", b"x", &signature));
        assert!(!signer.verify("checkout", b"x", &signature));
        assert!(!signer.verify("challenge", b"x", &signature[..8]));
    }
}
