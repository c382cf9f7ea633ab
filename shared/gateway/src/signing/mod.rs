//! Signatures: links, access tokens and client secrets that Tollgate issues and later accepts.
//!
//! They are signed with the gateway's own secret (`TOLLGATE_LINK_SECRET_ARN`), so none of them is stored.
//!
//! - `signer`: HMAC signatures, separate for each purpose.
//! - `links`: links to hosted pages.
//! - `page_urls`: `Gateway::challenge_url`, and the gateway's other links.
//! - `access_token`: the text of an access token.
//! - `client_secret`: `Gateway::client_secret`.

pub(crate) mod access_token;
pub(crate) mod client_secret;
pub(crate) mod links;
pub(crate) mod page_urls;
pub(crate) mod signer;
