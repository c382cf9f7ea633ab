//! The format of queue messages: a number in the member `f`; a message without it has format 1.
//!
//! During a deployment, a release reads messages of the other one. It refuses a newer format, so that the
//! queue redelivers the message until a release reads it.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::error::Error;

/// The format in which messages are written, and the newest that is read.
const MESSAGE_FORMAT: u32 = 1;

/// A message with its format.
#[derive(Serialize, Deserialize)]
struct Written<M> {
    /// The format. Absent means 1.
    #[serde(rename = "f", default = "first_format")]
    format: u32,
    #[serde(flatten)]
    message: M,
}

const fn first_format() -> u32 {
    1
}

/// The text of a message.
pub(crate) fn write<M: Serialize>(message: &M) -> Result<String, Error> {
    let written = Written { format: MESSAGE_FORMAT, message };
    serde_json::to_string(&written).map_err(|e| Error::Internal(e.to_string()))
}

/// The message of a text. A newer format is an error.
pub(crate) fn read<M: DeserializeOwned>(text: &str) -> Result<M, Error> {
    let bad = |e: serde_json::Error| Error::Internal(format!("message does not read: {e}"));
    let written: Written<serde_json::Value> = serde_json::from_str(text).map_err(bad)?;
    if written.format > MESSAGE_FORMAT {
        return Err(Error::Internal(format!(
            "message has format {}; this release reads up to {MESSAGE_FORMAT}",
            written.format
        )));
    }
    serde_json::from_value(written.message).map_err(bad)
}
