//! MPGS's notifications: `X-Notification-Secret`, and the answer of Retrieve Transaction as the body.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use tollgate_domain::dispute::DisputeReason;

use super::{BadNotice, DisputeNotice, DisputeStage, Notice, NoticeKey, money, text};

/// The header.
pub(super) const SECRET: &str = "x-notification-secret";
/// The type of a transaction that charges back, or takes that back.
const CHARGEBACK: &str = "CHARGEBACK";
/// The status of an order that a payer's bank inquires about.
const DISPUTED: &str = "DISPUTED";

/// Whether it is one of the secrets. Both texts are compared by a MAC, in constant time.
pub(super) fn is_known(keys: &[NoticeKey], secret: &str) -> bool {
    let mac = |text: &str| {
        let mac = Hmac::<Sha256>::new_from_slice(b"tollgate notice").ok()?;
        Some(mac.chain_update(text.as_bytes()))
    };
    keys.iter().any(|known| match (mac(&known.secret), mac(secret)) {
        (Some(known), Some(given)) => known.verify(&given.finalize().into_bytes()).is_ok(),
        _ => false,
    })
}

/// An order has one dispute, named as the order. What was charged back in all is in the order; it is nothing when a
/// chargeback was taken back.
pub(super) fn read(body: &Value) -> Result<Notice, BadNotice> {
    let order = &body["order"];
    let id = text(&order["id"], "order.id")?;
    let (amount, stage) = if body["transaction"]["type"] == CHARGEBACK {
        let taken = &order["chargeback"];
        let taken = money(
            &taken["amount"],
            if taken["currency"].is_null() { &order["currency"] } else { &taken["currency"] },
            ("order.chargeback.amount", "order.chargeback.currency"),
        )?;
        if taken.minor == 0 { (None, DisputeStage::Won) } else { (Some(taken), DisputeStage::Chargeback) }
    } else if order["status"] == DISPUTED {
        (None, DisputeStage::Inquiry)
    } else {
        return Ok(Notice::Other);
    };
    Ok(Notice::Dispute(DisputeNotice {
        reference: id.to_owned(),
        order: id.to_owned(),
        amount,
        reason: DisputeReason::General,
        stage,
        evidence_due_by: None,
    }))
}
