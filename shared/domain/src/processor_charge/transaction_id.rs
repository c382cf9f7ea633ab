//! Processors' transaction ids.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Longest transaction id, in characters.
const TRANSACTION_ID_CHARS_MAX: usize = 64;
/// A processor's id of an authorization, a capture or a refund: 1 to 64 letters, digits, `-`, `_` and `.`,
/// which need no escaping in a URL's path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProcessorTransactionId(String);

/// The text is not a transaction id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id of a provider: 1 to 64 letters, digits, hyphens, underscores and dots")]
pub struct NotAProcessorTransactionId;

impl ProcessorTransactionId {
    /// Parses an id.
    pub fn parse(text: &str) -> Result<Self, NotAProcessorTransactionId> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        let ok = (1..=TRANSACTION_ID_CHARS_MAX).contains(&text.len())
            && text.bytes().all(allowed)
            && text.bytes().any(|b| b != b'.');
        if ok { Ok(Self(text.to_owned())) } else { Err(NotAProcessorTransactionId) }
    }

    /// The id as the processor wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProcessorTransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ProcessorTransactionId {
    type Error = NotAProcessorTransactionId;

    fn try_from(text: String) -> Result<Self, NotAProcessorTransactionId> {
        Self::parse(&text)
    }
}

impl From<ProcessorTransactionId> for String {
    fn from(id: ProcessorTransactionId) -> Self {
        id.0
    }
}
