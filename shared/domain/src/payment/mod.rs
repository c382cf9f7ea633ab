//! Payments: the stored record and the state machine that changes it.
//!
//! ```text
//! create ─▶ requires_confirmation ─▶ requires_action ─▶ processing ─▶ requires_capture ─▶ succeeded ─▶ (refunds)
//!                     │                     │                │                │
//!                     └────▶ canceled ◀─────┘                └───▶ failed ◀───┘
//! ```
//!
//! A payment may start in any of these statuses: the sandbox decides at once, a hosted payment waits for its
//! payer, a bank transfer stays `processing`. A payment that a processor charges goes through `processing`
//! and `requires_capture`.
//!
//! An intent starts in `requires_payment_method`, or in `requires_confirmation` if it has a payment method.
//! It returns to `requires_payment_method` when it is declined, waits in `requires_capture` if the merchant
//! captures separately, and can be canceled until it is captured.
//!
//! | file | content |
//! |---|---|
//! | `status`, `state`, `intent`, `details`, `hosted` | parts of the record |
//! | `command` | the commands, and why they are refused |
//! | `create` | new payments |
//! | `apply` | which step executes a command; the steps of challenges and refunds |
//! | `intent_steps`, `processor_steps` | the steps of intents, and of charges by a processor |
//! | `transitions` | the changes of status that several steps share |
//! | `replay`, `personal_data` | stored answers, and erasure |

mod apply;
mod command;
mod create;
mod details;
mod hosted;
mod intent;
mod intent_steps;
mod personal_data;
mod processor_steps;
mod replay;
mod state;
mod status;
#[cfg(test)]
pub(crate) mod tests;
mod transitions;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::{
    command::{Command, Outcome, Refusal},
    create::NewPayment,
    details::{Details, DetailsUpdate},
    hosted::{Hosted, HostedCharge},
    intent::{Amendment, Intent, Method},
    state::PaymentState,
    status::Status,
};
use crate::{
    front_door::FrontDoor,
    id::{CustomerId, PaymentId},
    idempotency::Fingerprint,
    metadata::{JsonObject, Metadata},
    money::Money,
    processor_charge::ProcessorCharge,
    replay::ReplaySnapshots,
    request_ref::RequestRef,
    source::{Instrument, Source},
    time::Timestamp,
};

/// How long a cardholder may take for a 3-D Secure challenge, in milliseconds: one day.
pub const CHALLENGE_LIFETIME_MS: i64 = 24 * 60 * 60 * 1000;
/// How long an uncaptured authorization is held, in milliseconds: seven days.
pub const AUTHORIZATION_LIFETIME_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// A payment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Payment {
    /// The id.
    pub id: PaymentId,
    /// Version number, starting at 1.
    pub version: u64,
    /// The API that created it.
    pub front_door: FrontDoor,
    /// The request that wrote this version.
    #[serde(flatten)]
    pub request: RequestRef,
    /// The requested amount.
    pub amount: Money,
    /// The captured amount, in minor units of the currency.
    pub amount_captured: i64,
    /// The sum of refunds that are pending or succeeded, in minor units; at most `amount_captured`.
    pub amount_refunded: i64,
    /// What disputes withhold or took, in minor units; with `amount_refunded` at most `amount_captured`. `None` if it was
    /// never disputed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disputed_minor: Option<i64>,
    /// Status, decline and return URL.
    #[serde(flatten)]
    pub state: PaymentState,
    /// The card or bank account, as far as answers show it; `None` while it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The processor's name for the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrument: Option<Instrument>,
    /// The fields of an intent; `None` for other payments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
    /// What the merchant said beyond what is charged; `None` for most payments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Box<Details>>,
    /// The customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    /// The merchant's description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The merchant's metadata.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// The charge by a processor; `None` if the sandbox charges. Stored as `network`.
    #[serde(rename = "network", default, skip_serializing_if = "Option::is_none")]
    pub processor_charge: Option<ProcessorCharge>,
    /// The fields of a hosted payment; `None` for other payments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hosted: Option<Hosted>,
    /// When it was captured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<Timestamp>,
    /// When it was created.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
    /// When due work has to process it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// Fingerprint of the create, if it had an idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// The stored answers.
    #[serde(flatten)]
    pub replay: ReplaySnapshots<Self>,
    /// The state that the create answered, if it has changed since; `None` for intents. Stored as `first`.
    #[serde(rename = "first", default, skip_serializing_if = "Option::is_none")]
    pub created_state: Option<PaymentState>,
}

impl Payment {
    /// Whether a charge was attempted. An intent may not have been charged yet.
    pub fn was_charged(&self) -> bool {
        self.intent.as_ref().is_none_or(|intent| intent.charges > 0)
    }

    /// Number of the payment's latest challenge, starting at 1. A link names the number, so a link to an
    /// earlier challenge cannot answer a later one.
    pub fn challenge_number(&self) -> u32 {
        self.intent.as_ref().map_or(1, |intent| intent.charges.max(1))
    }

    /// The amount that can be captured, in minor units.
    pub fn capturable(&self) -> i64 {
        if self.state.status == Status::RequiresCapture { self.amount.minor } else { 0 }
    }

    /// The amount that can still be refunded, in minor units.
    pub fn refundable(&self) -> i64 {
        self.amount_captured - self.amount_refunded - self.disputed_minor.unwrap_or(0)
    }

    /// E-mail address for the receipt.
    pub fn receipt_email(&self) -> Option<&String> {
        let of_intent = self.intent.as_ref().and_then(|intent| intent.receipt_email.as_ref());
        of_intent.or_else(|| self.details.as_ref()?.receipt_email.as_ref())
    }

    /// The customer to whom a payment method is attached once it was charged, if the merchant wants to use it
    /// again.
    pub fn keeps_method_for(&self) -> Option<CustomerId> {
        self.details.as_ref()?.setup_future_usage.as_ref()?;
        self.customer
    }

    /// The merchant's metadata as JSON.
    pub fn metadata_json(&self) -> Value {
        self.json_object().map_or_else(|| self.metadata.to_json(), JsonObject::to_json)
    }

    /// The merchant's metadata, if it does not fit [`Metadata`].
    pub fn json_object(&self) -> Option<&JsonObject> {
        self.hosted.as_ref()?.metadata.as_ref()
    }
}
