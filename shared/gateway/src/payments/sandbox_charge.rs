//! What the sandbox is asked with and how it fails.

use tollgate_domain::{Payment, source::Instrument};
use tollgate_processors::sandbox;

use crate::error::Error;

/// The instrument that a payment charges. Every payment that was charged has one.
pub(crate) fn instrument(payment: &Payment) -> Result<&Instrument, Error> {
    let instrument = payment.instrument.as_ref();
    instrument.ok_or_else(|| Error::Internal(format!("payment {} has no instrument", payment.id)))
}

/// The sandbox's outcome. Only the sandbox writes its instruments, so an unknown one is an internal failure.
pub(crate) fn sandbox_outcome<T>(answer: Result<T, sandbox::UnknownInstrument>) -> Result<T, Error> {
    answer.map_err(|e| Error::Internal(e.to_string()))
}
