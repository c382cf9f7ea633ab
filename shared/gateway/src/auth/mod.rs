//! Authentication, permissions, rate limits and write access.
//!
//! - `authentication`: authenticates a request's caller and counts the request, in the background.
//! - `credentials`: what a caller sends.
//! - `authorized`: the callers that passed: `Authorized`, and `Admitted` within the rate limit.
//! - `write_access`: keeps the writer of the tables for admitted callers and holders of a signed link.
//! - `link_access`: the worker of a payer who opened a signed link.
//! - `access_tokens`: `Call::issue_access_token`.

pub(crate) mod access_tokens;
pub(crate) mod authentication;
pub(crate) mod authorized;
pub(crate) mod credentials;
pub(crate) mod link_access;
pub(crate) mod write_access;
