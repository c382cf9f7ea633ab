//! The requests that were sent to a processor.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// The requests that may have reached the processor: those of the current stage, or of a refund.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Number of requests.
    #[serde(default)]
    pub times: u32,
    /// When the last one was sent; `None` if it certainly had no effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Timestamp>,
    /// How many certainly had no effect. The request after such a one gets a new transaction id. Any other
    /// repeat has the same transaction id, by which the processor executes it only once.
    #[serde(default)]
    pub renewed: u32,
}

impl Sent {
    /// One request, sent now.
    pub const fn first(now: Timestamp) -> Self {
        Self { times: 1, last: Some(now), renewed: 0 }
    }

    /// One more request, sent now.
    #[must_use]
    pub const fn again(self, now: Timestamp) -> Self {
        Self { times: self.times.saturating_add(1), last: Some(now), ..self }
    }

    /// The last request certainly had no effect.
    #[must_use]
    pub const fn without_effect(self) -> Self {
        Self { last: None, renewed: self.renewed.saturating_add(1), ..self }
    }

    /// Whether no request before the last one can have had an effect.
    pub const fn is_only_one(self) -> bool {
        self.times <= self.renewed.saturating_add(1)
    }

    /// Whether a query now shows the effect of every request: `settle_ms` after the last request, it has
    /// arrived or never will, and the processor's queries show what it did.
    pub fn is_settled(self, now: Timestamp, settle_ms: i64) -> bool {
        self.last.is_none_or(|last| last.plus_ms(settle_ms) <= now)
    }
}
