//! `WriteAccess`: the writer of the tables, which only this room can take out of a gateway.

use tollgate_store::{KeyMeter, Reader, Writer};

/// Keeps a gateway's writer for admitted callers, for payers with a signed link, and for processors with a proven notice.
#[derive(Clone, Debug)]
pub(crate) struct WriteAccess(Writer);

impl WriteAccess {
    pub(crate) fn new(writer: Writer) -> Self {
        Self(writer)
    }

    /// The tables, for reading.
    pub(crate) fn reader(&self) -> &Reader {
        self.0.reader()
    }

    /// The same access with a new meter.
    pub(crate) fn metered(&self) -> Self {
        Self(self.0.metered())
    }

    /// The counters of rate limits, which count before a caller is admitted.
    pub(super) fn key_meter(&self) -> KeyMeter {
        self.0.key_meter()
    }

    /// The tables, for writing. Visible in this room only, which gives it to authenticated callers.
    pub(super) fn writer(&self) -> &Writer {
        &self.0
    }
}
