//! The vault: AES-256-GCM for what must be kept and must not be readable in the tables, which is card numbers until their
//! payment is decided and the secrets of merchants' provider accounts.
//!
//! Each sealed text is bound to the item that holds it, so that one copied to another item does not open.

use std::fmt;

use aes_gcm::{
    Aes256Gcm, KeyInit, Nonce,
    aead::{Aead, Payload},
};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use hmac::Mac;
use serde::{Deserialize, Serialize};
use tollgate_domain::{EnteredCard, Mode, Timestamp, source::SealedCard};
use tollgate_webhooks::hmac_sha256;
use zeroize::{Zeroize, Zeroizing};

use crate::services::Entropy;

/// Begins a sealed text: the version of the key and the cipher, so that both can change.
const VERSION: &str = "1.";
const NONCE_BYTES: usize = 12;

/// Seals and opens.
#[derive(Clone)]
pub struct Vault(Aes256Gcm);

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(…)")
    }
}

/// The text was not sealed by this key for this place, or was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed text does not open")]
pub struct DoesNotOpen;

#[derive(Serialize, Deserialize)]
struct CardInside {
    n: String,
    m: i64,
    y: i64,
}

impl Drop for CardInside {
    fn drop(&mut self) {
        self.n.zeroize();
    }
}

impl Vault {
    /// A vault whose key is derived from a secret.
    pub fn new(secret: &[u8]) -> Self {
        let mut key: [u8; 32] = hmac_sha256(secret, &[b"tollgate vault 1"])
            .finalize()
            .into_bytes()
            .into();
        let vault = Self(Aes256Gcm::new(&key.into()));
        key.zeroize();
        vault
    }

    /// Reads `TOLLGATE_VAULT_KEY`; `None` for a function that is given none.
    pub fn from_environment() -> Option<Self> {
        let secret = Zeroizing::new(std::env::var("TOLLGATE_VAULT_KEY").ok()?);
        (!secret.is_empty()).then(|| Self::new(secret.as_bytes()))
    }

    /// Seals bytes for the item at `place`.
    pub fn seal(&self, entropy: &dyn Entropy, place: &str, plain: &[u8]) -> Result<String, DoesNotOpen> {
        let mut nonce = [0; NONCE_BYTES];
        entropy.fill(&mut nonce);
        let payload = Payload {
            msg: plain,
            aad: place.as_bytes(),
        };
        let sealed = self
            .0
            .encrypt(&Nonce::from(nonce), payload)
            .map_err(|_| DoesNotOpen)?;
        Ok(format!(
            "{VERSION}{}",
            STANDARD_NO_PAD.encode([nonce.as_slice(), &sealed].concat())
        ))
    }

    /// Opens what was sealed for the item at `place`.
    pub fn open(&self, place: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        let sealed = sealed.strip_prefix(VERSION).ok_or(DoesNotOpen)?;
        let bytes = STANDARD_NO_PAD.decode(sealed).map_err(|_| DoesNotOpen)?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES).ok_or(DoesNotOpen)?;
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| DoesNotOpen)?;
        let payload = Payload {
            msg: sealed,
            aad: place.as_bytes(),
        };
        let plain = self.0.decrypt(&Nonce::from(nonce), payload);
        plain.map(Zeroizing::new).map_err(|_| DoesNotOpen)
    }

    /// Seals a card for the item at `place`. There is no security code in it.
    pub fn seal_card(
        &self,
        entropy: &dyn Entropy,
        place: &str,
        card: &EnteredCard,
    ) -> Result<SealedCard, DoesNotOpen> {
        let inside = CardInside {
            n: card.pan.reveal().to_owned(),
            m: card.exp_month.into(),
            y: card.exp_year.into(),
        };
        let plain = Zeroizing::new(serde_json::to_vec(&inside).map_err(|_| DoesNotOpen)?);
        self.seal(entropy, place, &plain).map(SealedCard)
    }

    /// Opens a card that was sealed for the item at `place`.
    pub fn open_card(
        &self,
        place: &str,
        sealed: &SealedCard,
        now: Timestamp,
    ) -> Result<EnteredCard, DoesNotOpen> {
        let plain = self.open(place, &sealed.0)?;
        let inside: CardInside = serde_json::from_slice(&plain).map_err(|_| DoesNotOpen)?;
        // It was checked when it was entered; test mode's rules are the wider ones.
        EnteredCard::check(&inside.n, (inside.m, inside.y), None, Mode::Test, now).map_err(|_| DoesNotOpen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::OsEntropy;

    const NOW: Timestamp = Timestamp::from_s(1_795_219_200);

    #[test]
    fn a_card_opens_with_its_own_key_at_its_own_place_only() {
        let vault = Vault::new(b"secret");
        let card = EnteredCard::check("4242 4242 4242 4242", (12, 25), Some("123"), Mode::Test, NOW).unwrap();
        let sealed = vault.seal_card(&OsEntropy, "M#a#test#PAY#1", &card).unwrap();
        assert!(!sealed.0.contains("4242"));
        assert_eq!(vault.open_card("M#a#test#PAY#1", &sealed, NOW), Ok(card.clone()));
        assert_eq!(vault.open_card("M#a#test#PAY#2", &sealed, NOW), Err(DoesNotOpen));
        let other = Vault::new(b"other");
        assert_eq!(other.open_card("M#a#test#PAY#1", &sealed, NOW), Err(DoesNotOpen));
        // No two sealings are alike, and no changed one opens.
        assert_ne!(
            vault.seal_card(&OsEntropy, "M#a#test#PAY#1", &card).unwrap(),
            sealed
        );
        for bad in [
            "",
            "1.",
            "2.AAAA",
            "1.AAAA",
            &sealed.0[..sealed.0.len() - 2],
            &sealed.0.replace("1.", "1.A"),
        ] {
            assert_eq!(vault.open("M#a#test#PAY#1", bad), Err(DoesNotOpen), "{bad}");
        }
    }
}
