//! A dispute.

use serde::Serialize;
use serde_json::{Map, Value, json};
use tollgate_domain::{
    Dispute as StoredDispute, LedgerTerms,
    dispute::EVIDENCE_FIELDS,
    ledger::{Booking, required_by_dispute},
};

use super::{
    super::names::{CHARGE_PREFIX, DISPUTE_PREFIX, PAYMENT_PREFIX},
    balance_transaction::BalanceTransaction,
    context::{Context, currency},
};
use crate::json::to_value;

/// The fields of evidence that name files: always `null`, since no files are taken.
const FILE_FIELDS: &[&str] = &[
    "cancellation_policy",
    "customer_communication",
    "customer_signature",
    "duplicate_charge_documentation",
    "receipt",
    "refund_policy",
    "service_documentation",
    "shipping_documentation",
    "uncategorized_file",
];

/// A dispute.
#[derive(Debug, Serialize)]
pub struct Dispute {
    /// `dp_…`.
    pub id: String,
    /// `dispute`.
    pub object: &'static str,
    /// What is disputed, in minor units.
    pub amount: i64,
    /// What it took and, if it was won, gave back. They are booked a moment later, before its events are sent.
    pub balance_transactions: Vec<BalanceTransaction>,
    /// `ch_…`.
    pub charge: String,
    /// Unix seconds.
    pub created: i64,
    /// ISO 4217, lower case.
    pub currency: String,
    /// Always empty: no scheme's special evidence is taken.
    pub enhanced_eligibility_types: [&'static str; 0],
    /// What the merchant says, by the published names; `null` where it says nothing.
    pub evidence: Value,
    /// How evidence stands.
    pub evidence_details: EvidenceDetails,
    /// Whether the payment can still be refunded: while it is only an inquiry.
    pub is_charge_refundable: bool,
    /// Whether real money moves.
    pub livemode: bool,
    /// The merchant's metadata.
    pub metadata: Value,
    /// `pi_…`.
    pub payment_intent: String,
    /// The card's scheme, and whether it is an inquiry or a chargeback.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_method_details: Option<Value>,
    /// Why.
    pub reason: &'static str,
    /// Where it stands.
    pub status: &'static str,
}

/// How a dispute's evidence stands.
#[derive(Debug, Serialize)]
pub struct EvidenceDetails {
    /// Until when it may be submitted, in Unix seconds.
    pub due_by: i64,
    /// Always empty: no scheme's special evidence is taken.
    pub enhanced_eligibility: Value,
    /// Whether there is any, submitted or not.
    pub has_evidence: bool,
    /// Always `false`: late evidence is refused.
    pub past_due: bool,
    /// How often it was submitted.
    pub submission_count: u32,
}

/// A dispute as JSON.
pub fn dispute(dispute: &StoredDispute, context: Context<'_>) -> Value {
    let is_inquiry = dispute.status.is_inquiry();
    let case_type = if is_inquiry { "inquiry" } else { "chargeback" };
    // Its fee is its own, so the terms say nothing.
    let terms = LedgerTerms::default();
    let booked = |booking: Booking<'_>| BalanceTransaction::new(&booking.booked(context.tenant, &terms));
    to_value(&Dispute {
        id: dispute.id.to_prefixed(DISPUTE_PREFIX),
        object: "dispute",
        amount: dispute.amount.minor,
        balance_transactions: required_by_dispute(dispute).into_iter().map(booked).collect(),
        charge: dispute.payment.to_prefixed(CHARGE_PREFIX),
        created: dispute.created.s(),
        currency: currency(dispute.amount),
        enhanced_eligibility_types: [],
        evidence: evidence(dispute),
        evidence_details: EvidenceDetails {
            due_by: dispute.evidence_due_by.s(),
            enhanced_eligibility: json!({}),
            has_evidence: !dispute.evidence.is_empty(),
            past_due: false,
            submission_count: dispute.submissions,
        },
        is_charge_refundable: is_inquiry,
        livemode: context.livemode(),
        metadata: dispute.metadata.to_json(),
        payment_intent: dispute.payment.to_prefixed(PAYMENT_PREFIX),
        payment_method_details: dispute.brand.map(|brand| {
            let card = json!({"brand": brand.as_str(), "case_type": case_type, "network_reason_code": null});
            json!({"card": card, "type": "card"})
        }),
        reason: dispute.reason.as_str(),
        status: dispute.status.as_str(),
    })
}

/// The evidence with every published field.
fn evidence(dispute: &StoredDispute) -> Value {
    let texts = EVIDENCE_FIELDS.iter().map(|field| (*field, dispute.evidence.get(field)));
    let mut fields: Vec<(&str, Option<&str>)> = texts.collect();
    fields.extend(FILE_FIELDS.iter().map(|field| (*field, None)));
    fields.sort_unstable();
    let fields =
        fields.into_iter().map(|(field, text)| (field.to_owned(), text.map_or(Value::Null, Value::from)));
    let mut evidence: Map<String, Value> = fields.collect();
    evidence.insert("enhanced_evidence".to_owned(), json!({}));
    Value::Object(evidence)
}
