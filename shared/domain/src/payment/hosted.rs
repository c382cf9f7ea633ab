//! Data of payments that the payer completes on hosted pages.

use serde::{Deserialize, Serialize};

use crate::{
    metadata::JsonObject,
    source::{ProcessorKind, SealedCard},
    time::Timestamp,
};

/// The fields that only a hosted payment has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hosted {
    /// The merchant's order number.
    pub order_id: String,
    /// Return URL after a canceled or failed payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_url: Option<String>,
    /// The merchant's metadata where it does not fit [`crate::Metadata`], such as nested objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<JsonObject>,
}

/// The parameters of a new hosted payment that [`super::NewPayment`] lacks.
#[derive(Clone, Debug)]
pub struct HostedCharge {
    /// The processor that will charge the card.
    pub processor: ProcessorKind,
    /// The merchant's MID with the processor.
    pub account: String,
    /// The card, sealed.
    pub card: SealedCard,
    /// The order and the URL for a cancellation.
    pub hosted: Hosted,
    /// Return URL after a successful payment.
    pub return_url: Option<String>,
    /// The payer's deadline.
    pub expires: Timestamp,
    /// Whether the merchant's own page takes the confirmation, so that the challenge comes first.
    pub confirmed: bool,
}
