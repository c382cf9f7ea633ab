//! The accounts of a tenant in one currency.

use serde::{Deserialize, Serialize};

/// Minor units in each account of one currency: a movement, or a balance, which is the sum of movements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Accounts {
    /// What processors took from payers, as a negative number: the side that the money comes from.
    pub processor: i64,
    /// The merchant's money that is not available yet.
    pub pending: i64,
    /// The merchant's money that can be paid out.
    pub available: i64,
    /// The merchant's money on its way to a bank.
    pub in_transit: i64,
    /// The merchant's money that is withheld for disputes.
    pub disputed: i64,
    /// Fees that the merchant paid.
    pub fees: i64,
}

impl Accounts {
    /// The accounts by their names, as they are stored.
    pub const fn each(&self) -> [(&'static str, i64); 6] {
        [
            ("processor", self.processor),
            ("pending", self.pending),
            ("available", self.available),
            ("in_transit", self.in_transit),
            ("disputed", self.disputed),
            ("fees", self.fees),
        ]
    }

    /// The same with another amount in the account of this name; unchanged if there is none.
    #[must_use]
    pub fn with(mut self, name: &str, minor: i64) -> Self {
        match name {
            "processor" => self.processor = minor,
            "pending" => self.pending = minor,
            "available" => self.available = minor,
            "in_transit" => self.in_transit = minor,
            "disputed" => self.disputed = minor,
            "fees" => self.fees = minor,
            _ => {}
        }
        self
    }

    /// The sum over all accounts. It is zero for every movement and every balance.
    pub fn sum(&self) -> i128 {
        self.each().iter().map(|(_, minor)| i128::from(*minor)).sum()
    }

    /// The sum of two movements. Saturates, far above all money that there is.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            processor: self.processor.saturating_add(other.processor),
            pending: self.pending.saturating_add(other.pending),
            available: self.available.saturating_add(other.available),
            in_transit: self.in_transit.saturating_add(other.in_transit),
            disputed: self.disputed.saturating_add(other.disputed),
            fees: self.fees.saturating_add(other.fees),
        }
    }

    /// What is left of this after another movement is taken away.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self {
            processor: self.processor.saturating_sub(other.processor),
            pending: self.pending.saturating_sub(other.pending),
            available: self.available.saturating_sub(other.available),
            in_transit: self.in_transit.saturating_sub(other.in_transit),
            disputed: self.disputed.saturating_sub(other.disputed),
            fees: self.fees.saturating_sub(other.fees),
        }
    }
}
