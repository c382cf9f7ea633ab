//! Adjustments: what the operator books because the ledger and a processor's settlement differ.

use serde::{Deserialize, Serialize};

use crate::{id::AdjustmentId, money::Money, request_ref::RequestRef, time::Timestamp};

/// Longest reason, in characters.
pub const REASON_CHARS_MAX: usize = 200;

/// An adjustment. It never changes; another one takes it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adjustment {
    /// The id, derived from the difference, so that it is booked once.
    pub id: AdjustmentId,
    /// Version number, always 1.
    pub version: u64,
    /// The request that wrote it.
    #[serde(flatten)]
    pub request: RequestRef,
    /// The change of the available money; negative if money is taken.
    pub amount: Money,
    /// Why, as the merchant reads it: at most [`REASON_CHARS_MAX`] characters.
    pub reason: String,
    /// When it was booked.
    pub created: Timestamp,
}
