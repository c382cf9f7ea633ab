//! An adjustment that the operator booked, as the source of its balance transaction.

use serde::Serialize;
use serde_json::Value;
use tollgate_domain::Adjustment as StoredAdjustment;

use super::{
    super::names::ADJUSTMENT_PREFIX,
    context::{Context, currency},
};
use crate::json::to_value;

/// An adjustment.
#[derive(Debug, Serialize)]
pub struct Adjustment {
    /// `adj_…`.
    pub id: String,
    /// `adjustment`.
    pub object: &'static str,
    /// In minor units; negative if money was taken.
    pub amount: i64,
    /// Unix seconds.
    pub created: i64,
    /// ISO 4217, lower case.
    pub currency: String,
    /// Why.
    pub description: String,
    /// Whether real money moves.
    pub livemode: bool,
}

/// An adjustment as JSON.
pub fn adjustment(adjustment: &StoredAdjustment, context: Context<'_>) -> Value {
    to_value(&Adjustment {
        id: adjustment.id.to_prefixed(ADJUSTMENT_PREFIX),
        object: "adjustment",
        amount: adjustment.amount.minor,
        created: adjustment.created.s(),
        currency: currency(adjustment.amount),
        description: adjustment.reason.clone(),
        livemode: context.livemode(),
    })
}
