//! Signed links to hosted pages. Each is valid for one payment and one purpose.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use tollgate_domain::{PaymentId, Tenant};
use tollgate_store::{Secrets, StoreError};

use super::signer::Signer;

/// Longest token that is checked, in bytes; links of ours are shorter.
const TOKEN_BYTES_MAX: usize = 200;

/// The page that a link opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The page of a hosted checkout: pay or cancel.
    Checkout,
    /// The 3-D Secure challenge: complete or fail.
    Challenge,
    /// The page that waits for the result and then returns to the merchant.
    Result,
}

impl Purpose {
    /// The page's path segment.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Checkout => "checkout",
            Self::Challenge => "challenge",
            Self::Result => "result",
        }
    }
}

/// The content of a link that Tollgate signed. It allows the actions of the link's page on this payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    tenant: Tenant,
    payment: PaymentId,
    challenge: u32,
}

impl Verified {
    /// The payment's tenant.
    pub const fn tenant(&self) -> Tenant {
        self.tenant
    }

    /// The payment.
    pub const fn payment(&self) -> PaymentId {
        self.payment
    }

    /// Challenge number, starting at 1.
    pub const fn challenge(&self) -> u32 {
        self.challenge
    }
}

/// Creates and verifies links.
#[derive(Clone)]
pub struct Links {
    base_url: String,
    signer: Signer,
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Links").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

impl Links {
    /// Links to pages under `base_url`, signed with `key`.
    pub fn new(base_url: &str, key: &[u8]) -> Self {
        Self { base_url: base_url.trim_end_matches('/').to_owned(), signer: Signer::new(key) }
    }

    /// Reads `TOLLGATE_PAGES_URL` and the secret that `TOLLGATE_LINK_SECRET_ARN` names. `None` for a function
    /// without the secret.
    pub(crate) async fn from_environment(secrets: &Secrets) -> Result<Option<Self>, StoreError> {
        let key = secrets.named_by("TOLLGATE_LINK_SECRET_ARN").await?;
        let base_url = std::env::var("TOLLGATE_PAGES_URL").unwrap_or_default();
        Ok(key.map(|key| Self::new(&base_url, key.as_bytes())))
    }

    pub(crate) fn signer(&self) -> &Signer {
        &self.signer
    }

    /// The link to a payment's page. `number` is the challenge number, starting at 1: a link to one challenge
    /// is invalid for every other.
    pub fn url(&self, purpose: Purpose, tenant: Tenant, payment: PaymentId, number: u32) -> String {
        let mut claim = format!("{}.{}.{payment}", tenant.merchant, tenant.mode.as_str());
        if number > 1 {
            claim = format!("{claim}.{number}");
        }
        let signature = URL_SAFE_NO_PAD.encode(self.signer.sign(purpose.as_str(), claim.as_bytes()));
        format!("{}/{}/{claim}.{signature}", self.base_url, purpose.as_str())
    }

    /// Verifies a link's token; `None` unless it was signed with this key for this purpose.
    pub fn verify(&self, purpose: Purpose, token: &str) -> Option<Verified> {
        if token.len() > TOKEN_BYTES_MAX {
            return None;
        }
        let (claim, signature) = token.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        if !self.signer.verify(purpose.as_str(), claim.as_bytes(), &signature) {
            return None;
        }
        let mut parts = claim.split('.');
        let (merchant, mode, payment) = (parts.next()?, parts.next()?, parts.next()?);
        let tenant = Tenant::from_key(&format!("M#{merchant}#{mode}#"))?;
        let number = match parts.next() {
            None => 1,
            Some(number) => number.parse().ok()?,
        };
        Some(Verified { tenant, payment: payment.parse().ok()?, challenge: number })
    }
}

#[cfg(test)]
mod tests {
    use tollgate_domain::{MerchantId, Mode};

    use super::*;

    #[test]
    fn a_link_is_read_by_its_own_key_and_for_its_purpose_only() {
        let links = Links::new("https://pages.example/", b"key");
        let tenant = Tenant { merchant: MerchantId::from_bytes([1; 16]), mode: Mode::Test };
        let payment = PaymentId::from_bytes([2; 16]);
        let url = links.url(Purpose::Challenge, tenant, payment, 1);
        let token = url.strip_prefix("https://pages.example/challenge/").unwrap();
        let verified = |challenge| Some(Verified { tenant, payment, challenge });
        assert_eq!(links.verify(Purpose::Challenge, token), verified(1));
        assert_eq!(links.verify(Purpose::Checkout, token), None);
        assert_eq!(Links::new("", b"other").verify(Purpose::Challenge, token), None);
        let second = links.url(Purpose::Challenge, tenant, payment, 2);
        let second = second.rsplit('/').next().unwrap();
        assert_eq!(links.verify(Purpose::Challenge, second), verified(2));
        let third = second.replacen(".2.", ".3.", 1);
        assert_eq!(links.verify(Purpose::Challenge, &third), None);
        let live = token.replacen(".test.", ".live.", 1);
        assert_eq!(links.verify(Purpose::Challenge, &live), None);
        for forged in ["", ".", "a.b.c.d", &token[..token.len() - 1], &format!("{token}A")] {
            assert_eq!(links.verify(Purpose::Challenge, forged), None, "{forged}");
        }
    }
}
