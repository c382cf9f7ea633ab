//! The versions of the vault's key, as their secret holds them.
//!
//! A version is added, promoted and retired, in this order and with waits in between, so that at every moment every running
//! function can open what any other has sealed:
//!
//! - **Added**, it is only opened with. A function learns of it at the latest when it next uses the vault after
//!   [`REFRESH_MS`], or when it meets a text that is sealed with it.
//! - **Promoted**, it is sealed with. A function whose copy of the versions is older than [`AGE_MS_MAX`] seals nothing, so some
//!   time after that nothing is sealed with another version any more.
//! - What is stored is then sealed again, and the old version is **retired** when nothing is left that needs it.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use tollgate_domain::Timestamp;
use zeroize::Zeroizing;

/// A copy of the versions that is older is read again before it is used, in milliseconds.
pub(crate) const REFRESH_MS: i64 = 5 * 60 * 1000;
/// With a copy that is older, because the secret could not be read, nothing is sealed, in milliseconds.
pub(crate) const AGE_MS_MAX: i64 = 60 * 60 * 1000;
/// A function may still be writing what it sealed for so long, in milliseconds: Lambda's longest timeout.
const IN_FLIGHT_MS: i64 = 15 * 60 * 1000;
/// Versions at one time: the current one, the next one and what is being sealed again.
const VERSIONS_MAX: usize = 4;
/// Shortest text that a key is derived from, in bytes: 256 bits in letters and digits need 43.
const TEXT_BYTES_MIN: usize = 16;

/// The versions of the key: texts from which keys are derived.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct VaultKeys {
    /// The version that seals.
    current: u32,
    /// When a version was last added or promoted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    changed_at: Option<Timestamp>,
    /// What keys are derived from, by version.
    keys: BTreeMap<u32, Zeroizing<String>>,
}

/// Why the versions cannot be changed so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadVaultKeys {
    /// The secret is neither a text nor a document of versions.
    #[error("the vault's secret is no document of versions: {0}")]
    Unreadable(String),
    /// A version is added already, or too many are kept.
    #[error("promote the version that was added last, and retire old ones, before another one is added")]
    TooMany,
    /// Nothing was added that could be promoted.
    #[error("there is no version after the current one: add one first")]
    NothingToPromote,
    /// Some function may not know of the last change yet.
    #[error("wait until {} (Unix seconds): some function may not know of the last change yet", .0.s())]
    TooSoon(Timestamp),
    /// There is no such version, or it is the one that seals.
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
    /// Reads the secret's text. One that is no JSON object is version 1, as the stack generates it.
    pub fn parse(text: &str) -> Result<Self, BadVaultKeys> {
        let unreadable = |reason: &str| BadVaultKeys::Unreadable(reason.to_owned());
        let read = if text.trim_start().starts_with('{') {
            // What is wrong is not shown: the text is a secret.
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

    /// With another version, that only opens.
    pub fn added(&self, text: Zeroizing<String>, now: Timestamp) -> Result<Self, BadVaultKeys> {
        if self.newest() != self.current || self.keys.len() >= VERSIONS_MAX {
            return Err(BadVaultKeys::TooMany);
        }
        let mut next = self.clone();
        next.keys.insert(self.current + 1, text);
        next.changed_at = Some(now);
        Ok(next)
    }

    /// With the version that was added as the one that seals, once every function knows of it; `at_once` for a key that leaked:
    /// functions that do not know it yet read it when they meet it.
    pub fn promoted(&self, now: Timestamp, at_once: bool) -> Result<Self, BadVaultKeys> {
        if self.newest() == self.current {
            return Err(BadVaultKeys::NothingToPromote);
        }
        self.waited(REFRESH_MS, now, at_once)?;
        Ok(Self { current: self.newest(), changed_at: Some(now), ..self.clone() })
    }

    /// Without an old version, once no function seals with it. That nothing stored needs it is for the caller to see.
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
