//! Hosted pages: what payers see and do with a signed link.
//!
//! - `link`: `Gateway::open_link`, `open_result`; opens a link and refuses an invalid one.
//! - `challenge`: `Gateway::answer_challenge`.
//! - `checkout`: `Gateway::confirm_checkout`, `cancel_checkout`.
//! - `redirect`: `Gateway::onward`; where the payer goes next.

pub(crate) mod challenge;
pub(crate) mod checkout;
pub(crate) mod link;
pub(crate) mod redirect;
