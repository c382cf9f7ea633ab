//! Issuing access tokens.

use tollgate_domain::Denied;

use crate::{call::Call, error::Error, signing::access_token::AccessToken};

/// Lifetime of an access token, in seconds: an hour.
pub const ACCESS_TOKEN_S: i64 = 3600;

impl Call {
    /// Issues an access token for the caller's key, valid for [`ACCESS_TOKEN_S`] seconds. A caller with an
    /// access token is refused, so that no token outlives its expiry.
    pub async fn issue_access_token(&self) -> Result<String, Error> {
        let admitted = self.admitted().await?;
        if admitted.by_access_token() {
            return Err(Denied::INVALID_KEY.into());
        }
        let signer = self.gateway.signer()?;
        let key = admitted.key_hash().clone();
        let token = AccessToken { key, expires: self.now().plus_ms(ACCESS_TOKEN_S * 1000) };
        Ok(token.write(signer))
    }
}
