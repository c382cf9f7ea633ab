//! `Credentials`: what a caller sends to authenticate.

/// What a caller sends to authenticate.
#[derive(Clone)]
pub struct Credentials {
    /// An API key, or an access token that was issued to one.
    pub secret: String,
    /// The merchant that the key must belong to, for APIs that send both.
    pub merchant: Option<String>,
}

impl From<String> for Credentials {
    fn from(secret: String) -> Self {
        Self { secret, merchant: None }
    }
}
