//! `Vault`: encrypts with AES-256-GCM what the tables must not show: card numbers until their payment is
//! decided, and the secrets of merchants' processor accounts.
//!
//! Each sealed text is bound to the item that stores it, so that a copy in another item does not open. It
//! begins with the version of the key that sealed it (see [`super::key_versions`]).

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use aes_gcm::{
    Aes256Gcm, KeyInit, Nonce,
    aead::{Aead, Payload},
};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use hmac::Mac;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use tollgate_domain::{EnteredCard, Mode, Timestamp, source::SealedCard};
use tollgate_store::StoreError;
use tollgate_webhooks::hmac_sha256;
use zeroize::{Zeroize, Zeroizing};

use super::{
    key_source::KeySource,
    key_versions::{AGE_MS_MAX, BadVaultKeys, REFRESH_MS, VaultKeys},
};
use crate::entropy::Entropy;

/// Bytes of a nonce of AES-256-GCM.
const NONCE_BYTES: usize = 12;
/// The shortest time between two reads of the secret, in milliseconds, so that texts of an unknown version do
/// not cause a read each.
const READ_AGAIN_MS: i64 = 10_000;

/// Encrypts (seals) and decrypts (opens) texts.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    /// Where the versions are read; absent for fixed ones.
    source: Option<Box<dyn KeySource>>,
    known: RwLock<Arc<Known>>,
    /// When the secret was last read. Locked during a read, so that concurrent requests read once.
    asked: Mutex<Timestamp>,
}

/// A cached copy of the versions.
struct Known {
    current: u32,
    ciphers: BTreeMap<u32, Aes256Gcm>,
    read_at: Timestamp,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(…)")
    }
}

/// Why a text was not sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The text was sealed for another item, or was changed.
    #[error("a sealed text does not open")]
    DoesNotOpen,
    /// The text was sealed with a version that the secret does not hold.
    #[error("a text is sealed with version {0} of the vault's key, which is not known")]
    UnknownVersion(u32),
    /// The versions could not be read for so long that the current one may have changed.
    #[error("the versions of the vault's key could not be read for too long")]
    Stale,
}

/// The plain text of a card.
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

impl Known {
    fn new(keys: &VaultKeys, read_at: Timestamp) -> Self {
        let cipher = |text: &str| {
            let mut key: [u8; 32] =
                hmac_sha256(text.as_bytes(), &[b"tollgate vault 1"]).finalize().into_bytes().into();
            let cipher = Aes256Gcm::new(&key.into());
            key.zeroize();
            cipher
        };
        Self {
            current: keys.current(),
            ciphers: keys.texts().map(|(version, text)| (version, cipher(text))).collect(),
            read_at,
        }
    }

    fn is_fresh(&self, now: Timestamp) -> bool {
        self.read_at.plus_ms(REFRESH_MS) > now
    }
}

/// The version of the key that sealed a text, and the rest of the text.
fn split(sealed: &str) -> Result<(u32, &str), VaultError> {
    let (version, rest) = sealed.split_once('.').ok_or(VaultError::DoesNotOpen)?;
    Ok((version.parse().map_err(|_| VaultError::DoesNotOpen)?, rest))
}

/// The version of the key that sealed a text.
pub(crate) fn version_of(sealed: &str) -> Result<u32, VaultError> {
    split(sealed).map(|(version, _)| version)
}

impl Vault {
    /// A vault with fixed versions.
    pub fn new(keys: &VaultKeys) -> Self {
        Self::with(keys, None, Timestamp::from_ms(0))
    }

    /// A vault whose versions are read now, and again when the copy is old or lacks a version.
    pub async fn open_with(source: Box<dyn KeySource>, now: Timestamp) -> Result<Self, StoreError> {
        let keys = VaultKeys::parse(&source.read().await?).map_err(|e| unreadable(&e))?;
        Ok(Self::with(&keys, Some(source), now))
    }

    fn with(keys: &VaultKeys, source: Option<Box<dyn KeySource>>, now: Timestamp) -> Self {
        Self(Arc::new(Inner {
            source,
            known: RwLock::new(Arc::new(Known::new(keys, now))),
            asked: Mutex::new(now),
        }))
    }

    fn cached(&self) -> Arc<Known> {
        self.0.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The versions, read again if the copy is old or lacks `wanted`.
    async fn known(&self, now: Timestamp, wanted: Option<u32>) -> Arc<Known> {
        let is_sufficient = |known: &Known| {
            known.is_fresh(now) && wanted.is_none_or(|version| known.ciphers.contains_key(&version))
        };
        let known = self.cached();
        let Some(source) = self.0.source.as_ref().filter(|_| !is_sufficient(&known)) else {
            return known;
        };
        let mut asked = self.0.asked.lock().await;
        let known = self.cached();
        if is_sufficient(&known) || asked.plus_ms(READ_AGAIN_MS) > now {
            return known;
        }
        *asked = now;
        let read = source.read().await;
        match read.and_then(|text| VaultKeys::parse(&text).map_err(|e| unreadable(&e))) {
            Ok(keys) => {
                let read = Arc::new(Known::new(&keys, now));
                *self.0.known.write().unwrap_or_else(PoisonError::into_inner) = read.clone();
                read
            }
            Err(error) => {
                tracing::error!(%error, "the vault's secret was not read");
                known
            }
        }
    }

    /// Seals bytes for the item `place` with the current version.
    pub async fn seal(
        &self,
        entropy: &dyn Entropy,
        now: Timestamp,
        place: &str,
        plain: &[u8],
    ) -> Result<String, VaultError> {
        let known = self.known(now, None).await;
        if self.0.source.is_some() && known.read_at.plus_ms(AGE_MS_MAX) <= now {
            return Err(VaultError::Stale);
        }
        let cipher = known.ciphers.get(&known.current);
        let cipher = cipher.ok_or(VaultError::UnknownVersion(known.current))?;
        let mut nonce = [0; NONCE_BYTES];
        entropy.fill(&mut nonce);
        let payload = Payload { msg: plain, aad: place.as_bytes() };
        let sealed = cipher.encrypt(&Nonce::from(nonce), payload).map_err(|_| VaultError::DoesNotOpen)?;
        let sealed = STANDARD_NO_PAD.encode([nonce.as_slice(), &sealed].concat());
        Ok(format!("{}.{sealed}", known.current))
    }

    /// Opens a text that was sealed for the item `place`, with any version.
    pub async fn open(
        &self,
        now: Timestamp,
        place: &str,
        sealed: &str,
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let (version, sealed) = split(sealed)?;
        let known = self.known(now, Some(version)).await;
        let cipher = known.ciphers.get(&version);
        let cipher = cipher.ok_or(VaultError::UnknownVersion(version))?;
        let bytes = STANDARD_NO_PAD.decode(sealed).map_err(|_| VaultError::DoesNotOpen)?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES).ok_or(VaultError::DoesNotOpen)?;
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| VaultError::DoesNotOpen)?;
        let payload = Payload { msg: sealed, aad: place.as_bytes() };
        let plain = cipher.decrypt(&Nonce::from(nonce), payload);
        plain.map(Zeroizing::new).map_err(|_| VaultError::DoesNotOpen)
    }

    /// Seals a text again for the same item with the current version; `None` if it already is.
    pub async fn reseal(
        &self,
        entropy: &dyn Entropy,
        now: Timestamp,
        place: &str,
        sealed: &str,
    ) -> Result<Option<String>, VaultError> {
        if version_of(sealed)? == self.known(now, None).await.current {
            return Ok(None);
        }
        let plain = self.open(now, place, sealed).await?;
        self.seal(entropy, now, place, &plain).await.map(Some)
    }

    /// Seals a card for the item `place`, without the security code.
    pub async fn seal_card(
        &self,
        entropy: &dyn Entropy,
        now: Timestamp,
        place: &str,
        card: &EnteredCard,
    ) -> Result<SealedCard, VaultError> {
        let inside =
            CardInside { n: card.pan.reveal().to_owned(), m: card.exp_month.into(), y: card.exp_year.into() };
        let plain = Zeroizing::new(serde_json::to_vec(&inside).map_err(|_| VaultError::DoesNotOpen)?);
        self.seal(entropy, now, place, &plain).await.map(SealedCard)
    }

    /// Opens a card that was sealed for the item `place`.
    pub async fn open_card(
        &self,
        now: Timestamp,
        place: &str,
        sealed: &SealedCard,
    ) -> Result<EnteredCard, VaultError> {
        let plain = self.open(now, place, &sealed.0).await?;
        let inside: CardInside = serde_json::from_slice(&plain).map_err(|_| VaultError::DoesNotOpen)?;
        // The card was checked when it was entered. Test mode has the wider rules.
        let card = EnteredCard::check(&inside.n, (inside.m, inside.y), None, Mode::Test, now);
        card.map_err(|_| VaultError::DoesNotOpen)
    }
}

fn unreadable(error: &BadVaultKeys) -> StoreError {
    StoreError::BadValue(error.to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Mutex as Lock,
        atomic::{AtomicUsize, Ordering},
    };

    use futures_util::future::BoxFuture;

    use super::*;
    use crate::entropy::OsEntropy;

    const NOW: Timestamp = Timestamp::from_s(1_795_219_200);
    const PLACE: &str = "M#a#test#PAY#1";
    const FIRST: &str = "the secret of the first version";

    fn keys(text: &str) -> VaultKeys {
        VaultKeys::parse(text).unwrap()
    }

    /// A secret that can be changed and that counts its readers; `None` is a service that is down.
    #[derive(Clone, Default)]
    struct Changing {
        text: Arc<Lock<Option<String>>>,
        reads: Arc<AtomicUsize>,
    }

    impl Changing {
        fn set(&self, keys: Option<&VaultKeys>) {
            *self.text.lock().unwrap() = keys.map(|keys| keys.text().to_string());
        }
    }

    impl KeySource for Changing {
        fn read(&self) -> BoxFuture<'_, Result<Zeroizing<String>, StoreError>> {
            self.reads.fetch_add(1, Ordering::Relaxed);
            let text = self.text.lock().unwrap().clone();
            let down = StoreError::BadValue("down".to_owned());
            Box::pin(async move { text.map(Zeroizing::new).ok_or(down) })
        }
    }

    async fn opened(source: &Changing, now: Timestamp) -> Vault {
        Vault::open_with(Box::new(source.clone()), now).await.unwrap()
    }

    #[tokio::test]
    async fn a_card_opens_with_its_own_key_at_its_own_place_only() {
        let vault = Vault::new(&keys(FIRST));
        let card = EnteredCard::check("4242 4242 4242 4242", (12, 25), Some("123"), Mode::Test, NOW).unwrap();
        let sealed = vault.seal_card(&OsEntropy, NOW, PLACE, &card).await.unwrap();
        assert!(!sealed.0.contains("4242") && sealed.0.starts_with("1."));
        assert_eq!(vault.open_card(NOW, PLACE, &sealed).await, Ok(card.clone()));
        let elsewhere = vault.open_card(NOW, "M#a#test#PAY#2", &sealed).await;
        assert_eq!(elsewhere, Err(VaultError::DoesNotOpen));
        let other = Vault::new(&keys("the secret of another vault"));
        assert_eq!(other.open_card(NOW, PLACE, &sealed).await, Err(VaultError::DoesNotOpen));
        // No two sealings are alike, and no changed one opens.
        assert_ne!(vault.seal_card(&OsEntropy, NOW, PLACE, &card).await.unwrap(), sealed);
        for bad in
            ["", "1.", "x.AAAA", "1.AAAA", &sealed.0[..sealed.0.len() - 2], &sealed.0.replace("1.", "1.A")]
        {
            assert_eq!(vault.open(NOW, PLACE, bad).await, Err(VaultError::DoesNotOpen), "{bad}");
        }
        assert_eq!(vault.open(NOW, PLACE, "2.AAAA").await, Err(VaultError::UnknownVersion(2)));
    }

    #[tokio::test]
    async fn what_a_release_without_versions_sealed_opens() {
        // The derivation of that release, carried out by another implementation (Node.js) with the secret
        // `FIRST`.
        let sealed = "1.AAAAAAAAAAAAAAAADvN23eftWRo/v9Vyur7f5YXVGDc";
        let plain = Vault::new(&keys(FIRST)).open(NOW, PLACE, sealed).await.unwrap();
        assert_eq!(plain.as_slice(), b"kept");
    }

    #[tokio::test]
    async fn every_function_opens_what_any_other_seals_while_the_key_changes() {
        let source = Changing::default();
        let first = keys(FIRST);
        source.set(Some(&first));
        let old = opened(&source, NOW).await;
        let sealed = old.seal(&OsEntropy, NOW, PLACE, b"one").await.unwrap();

        // Added and promoted behind the back of a function that does not look yet.
        let added = first.added("the secret of the second version".to_owned().into(), NOW);
        let promoted = added.unwrap().promoted(NOW, true).unwrap();
        source.set(Some(&promoted));
        let later = NOW.plus_ms(READ_AGAIN_MS);
        let new = opened(&source, later).await;
        let second = new.seal(&OsEntropy, later, PLACE, b"two").await.unwrap();
        assert!(second.starts_with("2."));
        assert_eq!(new.open(later, PLACE, &sealed).await.unwrap().as_slice(), b"one");
        // It seals with the version that it knows, and reads the secret when it meets the other.
        let still = old.seal(&OsEntropy, later, PLACE, b"x").await.unwrap();
        assert!(still.starts_with("1."));
        assert_eq!(old.open(later, PLACE, &second).await.unwrap().as_slice(), b"two");
        assert!(old.seal(&OsEntropy, later, PLACE, b"x").await.unwrap().starts_with("2."));

        let resealed = new.reseal(&OsEntropy, later, PLACE, &sealed).await.unwrap().unwrap();
        assert_eq!(new.reseal(&OsEntropy, later, PLACE, &resealed).await, Ok(None));
        let retired = promoted.retired(1, later.plus_ms(2 * AGE_MS_MAX)).unwrap();
        let last = Vault::new(&retired);
        assert_eq!(last.open(later, PLACE, &resealed).await.unwrap().as_slice(), b"one");
        assert_eq!(last.open(later, PLACE, &sealed).await, Err(VaultError::UnknownVersion(1)));
    }

    #[tokio::test]
    async fn the_secret_is_read_again_when_the_copy_is_old_and_seldom_otherwise() {
        let source = Changing::default();
        source.set(Some(&keys(FIRST)));
        let vault = opened(&source, NOW).await;
        let reads = || source.reads.load(Ordering::Relaxed);
        for _ in 0..5 {
            let unknown = vault.open(NOW.plus_ms(1), PLACE, "7.AAAA").await;
            assert_eq!(unknown, Err(VaultError::UnknownVersion(7)));
        }
        assert_eq!(reads(), 1);
        for _ in 0..5 {
            vault.open(NOW.plus_ms(READ_AGAIN_MS), PLACE, "7.AAAA").await.unwrap_err();
        }
        assert_eq!(reads(), 2);
        let old = NOW.plus_ms(READ_AGAIN_MS + REFRESH_MS);
        vault.seal(&OsEntropy, old, PLACE, b"x").await.unwrap();
        assert_eq!(reads(), 3);

        // A service that is down is asked again, and after an hour nothing is sealed with a copy.
        source.set(None);
        let down = old.plus_ms(REFRESH_MS);
        let sealed = vault.seal(&OsEntropy, down, PLACE, b"x").await.unwrap();
        assert_eq!(reads(), 4);
        let too_old = old.plus_ms(AGE_MS_MAX);
        assert_eq!(vault.seal(&OsEntropy, too_old, PLACE, b"x").await, Err(VaultError::Stale));
        assert!(vault.open(too_old, PLACE, &sealed).await.is_ok());
    }
}
