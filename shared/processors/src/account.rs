//! A merchant's account with a processor.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use tollgate_domain::ProcessorKind;
use url::Url;
use zeroize::Zeroizing;

/// Longest MID, key id and secret, in characters.
const TEXT_CHARS_MAX: usize = 256;

/// A merchant's account with a processor.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// The processor.
    pub processor: ProcessorKind,
    /// The URL of its API, without a slash at the end: `https://api.cybersource.com`.
    pub base_url: String,
    /// The merchant's MID.
    pub merchant_id: String,
    /// `CyberSource`: the id of the shared secret.
    pub key_id: Option<String>,
    /// `CyberSource`: the shared secret, in base64. MPGS: the integration password.
    pub secret: Zeroizing<String>,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("provider", &self.processor)
            .field("base_url", &self.base_url)
            .field("merchant_id", &self.merchant_id)
            .finish_non_exhaustive()
    }
}

/// Why an account is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAccount {
    /// Not an absolute URL, or plain HTTP in live mode.
    #[error("the base URL must be an absolute URL, with https in live mode")]
    BaseUrl,
    /// Empty, too long, or with characters that no MID has.
    #[error("the merchant id must have 1 to {TEXT_CHARS_MAX} letters, digits, underscores or hyphens")]
    MerchantId,
    /// `CyberSource` needs a key id.
    #[error("CyberSource needs the id of the shared secret")]
    KeyId,
    /// Empty, too long, or not base64 for `CyberSource`.
    #[error("the secret must not be empty, and be base64 for CyberSource")]
    Secret,
}

/// Whether a name has only the characters of MIDs and key ids.
pub(crate) fn is_plain(text: &str) -> bool {
    (1..=TEXT_CHARS_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
}

impl Account {
    /// Checks the form of each field; `live` says whether the account charges real money.
    pub fn check(&self, live: bool) -> Result<(), BadAccount> {
        let url = Url::parse(&self.base_url).map_err(|_| BadAccount::BaseUrl)?;
        let encrypted = url.scheme() == "https" || (!live && url.scheme() == "http");
        if !encrypted || url.host_str().is_none() || url.query().is_some() {
            return Err(BadAccount::BaseUrl);
        }
        if !is_plain(&self.merchant_id) {
            return Err(BadAccount::MerchantId);
        }
        if !(1..=TEXT_CHARS_MAX).contains(&self.secret.len()) {
            return Err(BadAccount::Secret);
        }
        if self.processor == ProcessorKind::CyberSource {
            if !self.key_id.as_deref().is_some_and(is_plain) {
                return Err(BadAccount::KeyId);
            }
            STANDARD.decode(self.secret.as_bytes()).map_err(|_| BadAccount::Secret)?;
        }
        Ok(())
    }

    /// The base URL without a slash at its end.
    pub(crate) fn base(&self) -> &str {
        self.base_url.trim_end_matches('/')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_checked() {
        let good = Account {
            processor: ProcessorKind::CyberSource,
            base_url: "https://api.cybersource.com".into(),
            merchant_id: "shop_1".into(),
            key_id: Some("08c94330-f618-42a3-b09d-e1e43be5efda".into()),
            secret: Zeroizing::new("c2VjcmV0".into()),
        };
        assert_eq!(good.check(true), Ok(()));
        let with = |change: fn(&mut Account)| {
            let mut account = good.clone();
            change(&mut account);
            account.check(true)
        };
        assert_eq!(with(|a| a.base_url = "http://localhost:1".into()), Err(BadAccount::BaseUrl));
        assert_eq!(with(|a| a.base_url = "shop".into()), Err(BadAccount::BaseUrl));
        assert_eq!(with(|a| a.merchant_id = "a/b".into()), Err(BadAccount::MerchantId));
        assert_eq!(with(|a| a.key_id = None), Err(BadAccount::KeyId));
        assert_eq!(with(|a| a.secret = Zeroizing::new("%".into())), Err(BadAccount::Secret));
        assert_eq!(with(|a| a.secret = Zeroizing::default()), Err(BadAccount::Secret));
        assert!(!format!("{good:?}").contains("c2VjcmV0"));
    }
}
