//! HMAC signatures with one secret, separate for each purpose: a signature for one is invalid for every
//! other.

use hmac::{Hmac, Mac};
use sha2::Sha256;
use tollgate_webhooks::hmac_sha256;

/// Bytes of a signature: 128 bits cannot be guessed and keep links short.
pub(crate) const SIGNATURE_BYTES: usize = 16;

/// Signs and verifies with one secret.
#[derive(Clone)]
pub(crate) struct Signer(Vec<u8>);

impl Signer {
    pub(crate) fn new(secret: &[u8]) -> Self {
        Self(secret.to_vec())
    }

    /// The signature of a claim for a purpose.
    pub(crate) fn sign(&self, purpose: &str, claim: &[u8]) -> [u8; SIGNATURE_BYTES] {
        let full = self.derive(purpose, claim);
        let mut out = [0; SIGNATURE_BYTES];
        out.copy_from_slice(&full[..SIGNATURE_BYTES]);
        out
    }

    /// Whether a signature is valid for this purpose. Takes constant time.
    pub(crate) fn verify(&self, purpose: &str, claim: &[u8], signature: &[u8]) -> bool {
        signature.len() == SIGNATURE_BYTES
            && self.mac(purpose, claim).verify_truncated_left(signature).is_ok()
    }

    /// Bytes derived from the secret: unpredictable without it, and always the same for a purpose and a
    /// claim.
    pub(crate) fn derive(&self, purpose: &str, claim: &[u8]) -> [u8; 32] {
        self.mac(purpose, claim).finalize().into_bytes().into()
    }

    fn mac(&self, purpose: &str, claim: &[u8]) -> Hmac<Sha256> {
        hmac_sha256(&self.0, &[purpose.as_bytes(), b".", claim])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_good_for_its_purpose_only() {
        let signer = Signer::new(b"secret");
        let signature = signer.sign("challenge", b"x");
        assert!(signer.verify("challenge", b"x", &signature));
        assert!(!signer.verify("checkout", b"x", &signature));
        assert!(!signer.verify("challenge", b"x", &signature[..8]));
    }
}
