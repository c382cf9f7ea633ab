//! `VaultKeys`: the versions of the vault's key, as their secret stores them.
//!
//! A version is added, promoted and retired, with waits in between, so that every running function can always
//! open what any other one has sealed:
//!
//! - An **added** version only opens. A function reads it when it uses the vault after [`REFRESH_MS`], or
//!   when it meets a text that is sealed with it.
//! - A **promoted** version seals. A function whose copy of the versions is older than [`AGE_MS_MAX`] seals
//!   nothing, so after that time nothing is sealed with an older version.
//! - Stored texts are then sealed again, and the old version is **retired** when no text needs it.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use tollgate_domain::Timestamp;
use zeroize::Zeroizing;

/// Age of a copy of the versions after which it is read again before use, in milliseconds: five minutes.
pub(crate) const REFRESH_MS: i64 = 5 * 60 * 1000;
/// Age of a copy of the versions after which it seals nothing, in milliseconds: an hour. It is that old if
/// the secret could not be read.
pub(crate) const AGE_MS_MAX: i64 = 60 * 60 * 1000;
/// How long a function may take to write what it sealed, in milliseconds: 15 minutes, the longest timeout of
/// Lambda.
const IN_FLIGHT_MS: i64 = 15 * 60 * 1000;
/// Versions at one time: the current one, the next one, and old ones whose texts are being sealed again.
const VERSIONS_MAX: usize = 4;
/// Shortest text that a key is derived from, in bytes. 256 bits in letters and digits need 43.
const TEXT_BYTES_MIN: usize = 16;

/// The versions of the key: texts from which keys are derived.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct VaultKeys {
    /// The version that seals.
    current: u32,
    /// When a version was last added or promoted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    changed_at: Option<Timestamp>,
    /// The texts that keys are derived from, by version.
    keys: BTreeMap<u32, Zeroizing<String>>,
}

/// Why the versions were not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadVaultKeys {
    /// The secret is neither a text nor a document of versions.
    #[error("the vault's secret is no document of versions: {0}")]
    Unreadable(String),
    /// An added version waits for its promotion, or too many versions are kept.
    #[error("promote the version that was added last, and retire old ones, before another one is added")]
    TooMany,
    /// No added version waits for its promotion.
    #[error("there is no version after the current one: add one first")]
    NothingToPromote,
    /// A running function may not have read the last change yet.
    #[error("wait until {} (Unix seconds): some function may not know of the last change yet", .0.s())]
    TooSoon(Timestamp),
    /// There is no such version, or it is the current one or a newer one.
    #[error("version {0} is not an old one")]
    NotOld(u32),
}

impl fmt::Debug for VaultKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VaultKeys")
            .field("current", &self.current)
            .field("versions", &self.versions())
            .finish_non_exhaustive()
    }
}

impl VaultKeys {
    /// Reads the secret's text. A text that is not a JSON object is version 1, as the stack generates it.
    pub fn parse(text: &str) -> Result<Self, BadVaultKeys> {
        let unreadable = |reason: &str| BadVaultKeys::Unreadable(reason.to_owned());
        let read = if text.trim_start().starts_with('{') {
            // The error is not shown: it could contain parts of the secret.
            serde_json::from_str(text).map_err(|_| unreadable("it does not read as one"))?
        } else {
            Self {
                current: 1,
                changed_at: None,
                keys: BTreeMap::from([(1, Zeroizing::new(text.to_owned()))]),
            }
        };
        if !read.keys.contains_key(&read.current) {
            return Err(unreadable("it lacks the current version"));
        }
        if read.keys.values().any(|text| text.len() < TEXT_BYTES_MIN) {
            return Err(unreadable("a version is too short"));
        }
        Ok(read)
    }

    /// The secret's text.
    pub fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(serde_json::to_string(self).unwrap_or_default())
    }

    /// The version that seals.
    pub fn current(&self) -> u32 {
        self.current
    }

    /// Every version, the oldest first.
    pub fn versions(&self) -> Vec<u32> {
        self.keys.keys().copied().collect()
    }

    pub(crate) fn texts(&self) -> impl Iterator<Item = (u32, &str)> {
        self.keys.iter().map(|(version, text)| (*version, text.as_str()))
    }

    fn newest(&self) -> u32 {
        self.keys.keys().next_back().copied().unwrap_or(self.current)
    }

    /// Adds a version, which only opens.
    pub fn added(&self, text: Zeroizing<String>, now: Timestamp) -> Result<Self, BadVaultKeys> {
        if self.newest() != self.current || self.keys.len() >= VERSIONS_MAX {
            return Err(BadVaultKeys::TooMany);
        }
        let mut next = self.clone();
        next.keys.insert(self.current + 1, text);
        next.changed_at = Some(now);
        Ok(next)
    }

    /// Promotes the added version, once every function has read it. `at_once` is for a key that leaked:
    /// functions then read the new version when they meet it.
    pub fn promoted(&self, now: Timestamp, at_once: bool) -> Result<Self, BadVaultKeys> {
        if self.newest() == self.current {
            return Err(BadVaultKeys::NothingToPromote);
        }
        self.waited(REFRESH_MS, now, at_once)?;
        Ok(Self { current: self.newest(), changed_at: Some(now), ..self.clone() })
    }

    /// Removes an old version, once no function seals with it. The caller must check that no stored text
    /// needs it.
    pub fn retired(&self, version: u32, now: Timestamp) -> Result<Self, BadVaultKeys> {
        if version >= self.current || !self.keys.contains_key(&version) {
            return Err(BadVaultKeys::NotOld(version));
        }
        self.waited(AGE_MS_MAX + IN_FLIGHT_MS, now, false)?;
        let mut next = self.clone();
        next.keys.remove(&version);
        Ok(next)
    }

    fn waited(&self, wait_ms: i64, now: Timestamp, at_once: bool) -> Result<(), BadVaultKeys> {
        let until = self.changed_at.map(|at| at.plus_ms(wait_ms));
        match until.filter(|until| *until > now && !at_once) {
            Some(until) => Err(BadVaultKeys::TooSoon(until)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_s(1_795_219_200);

    fn text(c: char) -> Zeroizing<String> {
        Zeroizing::new(String::from(c).repeat(64))
    }

    #[test]
    fn a_plain_text_is_version_1() {
        let keys = VaultKeys::parse(&text('a')).unwrap();
        assert_eq!((keys.current(), keys.versions()), (1, vec![1]));
        assert_eq!(VaultKeys::parse(&keys.text()).unwrap(), keys);
        for bad in [
            "",
            "short",
            "{",
            r#"{"current":2,"keys":{"1":"aaaaaaaaaaaaaaaa"}}"#,
            r#"{"current":1,"keys":{"1":"a"}}"#,
        ] {
            let error = VaultKeys::parse(bad).unwrap_err().to_string();
            assert!(!error.contains("aaaa"), "{error}");
        }
    }

    #[test]
    fn a_version_is_added_promoted_and_retired_in_this_order_and_not_too_soon() {
        let first = VaultKeys::parse(&text('a')).unwrap();
        assert_eq!(first.promoted(NOW, true), Err(BadVaultKeys::NothingToPromote));
        assert_eq!(first.retired(1, NOW), Err(BadVaultKeys::NotOld(1)));

        let added = first.added(text('b'), NOW).unwrap();
        assert_eq!((added.current(), added.versions()), (1, vec![1, 2]));
        assert_eq!(added.added(text('c'), NOW), Err(BadVaultKeys::TooMany));
        let known = NOW.plus_ms(REFRESH_MS);
        assert_eq!(added.promoted(known.plus_ms(-1), false), Err(BadVaultKeys::TooSoon(known)));
        assert_eq!(added.promoted(NOW, true).unwrap().current(), 2);

        let promoted = added.promoted(known, false).unwrap();
        let unused = known.plus_ms(AGE_MS_MAX + IN_FLIGHT_MS);
        assert_eq!(promoted.retired(1, unused.plus_ms(-1)), Err(BadVaultKeys::TooSoon(unused)));
        assert_eq!(promoted.retired(2, unused), Err(BadVaultKeys::NotOld(2)));
        let retired = promoted.retired(1, unused).unwrap();
        assert_eq!((retired.current(), retired.versions()), (2, vec![2]));
        assert_eq!(VaultKeys::parse(&retired.text()).unwrap(), retired);
        assert!(!format!("{retired:?}").contains("bbb"));
    }
}
