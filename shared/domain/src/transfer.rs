//! Transfers: money that came from another merchant's balance.
//!
//! A payout to a connected account moves money between two ledgers in one transaction. The transfer is what the
//! merchant that gets the money has of it.

use serde::{Deserialize, Serialize};

use crate::{
    id::{MerchantId, PayoutId, TransferId},
    idempotency::booking_id,
    ledger::TransactionSource,
    money::Money,
    payout::Payout,
    request_ref::RequestRef,
    tenant::Tenant,
    time::Timestamp,
};

/// A transfer. It never changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transfer {
    /// The id, derived from the payout.
    pub id: TransferId,
    /// Version number, always 1.
    pub version: u64,
    /// The request of the merchant that paid.
    #[serde(flatten)]
    pub request: RequestRef,
    /// How much came.
    pub amount: Money,
    /// The merchant that paid.
    pub sender: MerchantId,
    /// Its payout.
    pub payout: PayoutId,
    /// What the payout says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When it was made. The money is available at once.
    pub created: Timestamp,
}

impl Transfer {
    /// What a payout of `sender` to another merchant's account is there.
    pub fn of(sender: Tenant, payout: &Payout) -> Self {
        Self {
            id: booking_id(&TransactionSource::Payout(payout.id).key(sender), "transfer"),
            version: 1,
            // The request and its idempotency key are the sender's.
            request: RequestRef::default(),
            amount: payout.amount,
            sender: sender.merchant,
            payout: payout.id,
            description: payout.description.clone(),
            created: payout.created,
        }
    }
}
