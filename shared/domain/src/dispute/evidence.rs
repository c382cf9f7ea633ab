//! What a merchant says in a dispute.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Longest text of one field, in characters, as Stripe documents it.
pub const EVIDENCE_CHARS_MAX: usize = 20_000;
/// Size of all texts together, in bytes. An event holds the evidence twice, and an item of DynamoDB 400 KB.
pub const EVIDENCE_BYTES_MAX: usize = 100_000;

/// The fields that a dispute's evidence may have, by Stripe's names, without those that name files.
pub const EVIDENCE_FIELDS: &[&str] = &[
    "access_activity_log",
    "billing_address",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_tracking_number",
    "uncategorized_text",
];

/// The fields that say who the payer is: erased with the customer. The other texts are the merchant's, as descriptions are.
const PERSONAL_FIELDS: &[&str] = &[
    "access_activity_log",
    "billing_address",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "shipping_address",
];

/// The evidence of a dispute: texts by the names of [`EVIDENCE_FIELDS`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Evidence(BTreeMap<String, String>);

/// The texts are longer than [`EVIDENCE_BYTES_MAX`] together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("evidence has {EVIDENCE_BYTES_MAX} bytes at most")]
pub struct EvidenceTooLong;

impl Evidence {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text of a field.
    pub fn get(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(String::as_str)
    }

    /// With these fields changed: an empty text removes a field.
    pub fn changed(&self, changes: &BTreeMap<String, String>) -> Result<Self, EvidenceTooLong> {
        let mut texts = self.0.clone();
        for (field, text) in changes {
            if text.is_empty() {
                texts.remove(field);
            } else {
                texts.insert(field.clone(), text.clone());
            }
        }
        let bytes: usize = texts.values().map(String::len).sum();
        if bytes > EVIDENCE_BYTES_MAX { Err(EvidenceTooLong) } else { Ok(Self(texts)) }
    }

    /// Without the fields that say who the payer is.
    #[must_use]
    pub fn without_person(&self) -> Self {
        let mut texts = self.0.clone();
        texts.retain(|field, _| !PERSONAL_FIELDS.contains(&field.as_str()));
        Self(texts)
    }
}
