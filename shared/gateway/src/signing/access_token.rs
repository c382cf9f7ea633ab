//! Access tokens: signed texts that stand for an API key for a limited time.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use tollgate_domain::Timestamp;
use tollgate_store::KeyHash;

use super::signer::Signer;

/// How an access token begins.
const TOKEN_PREFIX: &str = "at_";
/// What access tokens are signed as.
const PURPOSE: &str = "access-token";
/// Bytes of a key's digest.
const DIGEST_BYTES: usize = 32;
/// Bytes of an access token's claim: the key's digest and the time of expiry in milliseconds.
const CLAIM_BYTES: usize = DIGEST_BYTES + 8;

/// An access token. It is not stored, and it ends with its key: revoking the key revokes all of its tokens.
pub(crate) struct AccessToken {
    /// The key that the token was issued to.
    pub(crate) key: KeyHash,
    /// When the token expires.
    pub(crate) expires: Timestamp,
}

impl AccessToken {
    /// Whether a text has the form of an access token.
    pub(crate) fn has_prefix(text: &str) -> bool {
        text.starts_with(TOKEN_PREFIX)
    }

    /// The token's text.
    pub(crate) fn write(&self, signer: &Signer) -> String {
        let mut bytes = self.claim().to_vec();
        bytes.extend(signer.sign(PURPOSE, &self.claim()));
        format!("{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Reads a token that this signer wrote. It may have expired.
    pub(crate) fn read(signer: &Signer, text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(TOKEN_PREFIX)?).ok()?;
        let (claim, signature) = bytes.split_at_checked(CLAIM_BYTES)?;
        let (digest, expires) = claim.split_at_checked(DIGEST_BYTES)?;
        let token = Self {
            key: KeyHash::from_digest(digest.try_into().ok()?),
            expires: Timestamp::from_ms(i64::from_be_bytes(expires.try_into().ok()?)),
        };
        signer.verify(PURPOSE, claim, signature).then_some(token)
    }

    fn claim(&self) -> [u8; CLAIM_BYTES] {
        let mut claim = [0; CLAIM_BYTES];
        claim[..DIGEST_BYTES].copy_from_slice(&self.key.digest());
        claim[DIGEST_BYTES..].copy_from_slice(&self.expires.ms().to_be_bytes());
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
}
