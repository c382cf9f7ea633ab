//! The record of sent requests.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Requests that may have reached the processor: those of the current stage, or of a refund.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// How many.
    #[serde(default)]
    pub times: u32,
    /// When the last one was sent; absent where the last one certainly did nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Timestamp>,
    /// How many of them certainly did nothing. The one after such a one is a new request to the processor, under a new
    /// transaction id; any other is the same request again, under the same id, so that it is carried out once.
    #[serde(default)]
    pub renewed: u32,
}

impl Sent {
    /// The first request, sent now.
    pub const fn first(now: Timestamp) -> Self {
        Self { times: 1, last: Some(now), renewed: 0 }
    }

    /// One more request, sent now.
    #[must_use]
    pub const fn again(self, now: Timestamp) -> Self {
        Self { times: self.times.saturating_add(1), last: Some(now), ..self }
    }

    /// The last request certainly did nothing.
    #[must_use]
    pub const fn without_effect(self) -> Self {
        Self { last: None, renewed: self.renewed.saturating_add(1), ..self }
    }

    /// Whether the last request is the only one that can have done anything.
    pub const fn is_only_one(self) -> bool {
        self.times <= self.renewed.saturating_add(1)
    }

    /// Whether a look-up now shows all that was sent: `settle_ms` after the last request, that one has arrived or never
    /// will, and look-ups show what it did.
    pub fn is_settled(self, now: Timestamp, settle_ms: i64) -> bool {
        self.last.is_none_or(|last| last.plus_ms(settle_ms) <= now)
    }
}
