//! What a merchant pays for a payment, and when its money is available.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    money::{AMOUNT_MINOR_MAX, Currency, Money},
    time::Timestamp,
};

/// The highest rate of a fee, in basis points: the whole amount.
pub const RATE_BASIS_POINTS_MAX: u32 = 10_000;
/// The longest delay until money is available, in days.
pub const DELAY_DAYS_MAX: u16 = 90;
/// The delay unless another is set, in days.
const DELAY_DAYS_DEFAULT: u16 = 2;
/// The fee of a dispute unless another is set, in minor units.
const DISPUTE_MINOR_DEFAULT: i64 = 1500;
/// Milliseconds of a day.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A fee: a share of the amount and a fixed part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fee {
    /// The share, in basis points: 290 is 2.9 %.
    pub rate_basis_points: u32,
    /// The fixed part, in minor units of the payment's currency.
    pub fixed_minor: i64,
}

/// Why figures can be no merchant's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTerms {
    /// A rate above the whole amount.
    #[error("a fee's rate is 0 to {RATE_BASIS_POINTS_MAX} basis points")]
    Rate,
    /// A negative fixed part, or one above the largest payment.
    #[error("a fee's fixed part is 0 to {AMOUNT_MINOR_MAX} minor units")]
    Fixed,
    /// A delay that is too long.
    #[error("the delay is 0 to {DELAY_DAYS_MAX} days")]
    Delay,
}

impl Fee {
    /// 2.9 % and 30 minor units.
    pub const DEFAULT: Self = Self { rate_basis_points: 290, fixed_minor: 30 };

    /// A fee of these figures.
    pub fn new(rate_basis_points: u32, fixed_minor: i64) -> Result<Self, BadTerms> {
        if rate_basis_points > RATE_BASIS_POINTS_MAX {
            return Err(BadTerms::Rate);
        }
        if !(0..=AMOUNT_MINOR_MAX).contains(&fixed_minor) {
            return Err(BadTerms::Fixed);
        }
        Ok(Self { rate_basis_points, fixed_minor })
    }

    /// The fee of an amount, in minor units. Half a minor unit of the share is rounded up. The fee is never
    /// above the amount, so that no payment costs its merchant more than it brings.
    pub fn of(self, amount_minor: i64) -> i64 {
        let half = i128::from(RATE_BASIS_POINTS_MAX / 2);
        let share = (i128::from(amount_minor) * i128::from(self.rate_basis_points) + half)
            / i128::from(RATE_BASIS_POINTS_MAX);
        let fee = share + i128::from(self.fixed_minor);
        i64::try_from(fee).unwrap_or(i64::MAX).clamp(0, amount_minor.max(0))
    }
}

/// The fees of a merchant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeeSchedule {
    /// The fee in every currency without its own.
    pub standard: Fee,
    /// Currencies with their own fee, by their upper-case codes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by_currency: BTreeMap<String, Fee>,
    /// The fee of a dispute, in minor units of its currency.
    #[serde(default = "dispute_minor_default")]
    pub dispute_minor: i64,
    /// Currencies with their own fee of a dispute, by their upper-case codes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dispute_by_currency: BTreeMap<String, i64>,
}

const fn dispute_minor_default() -> i64 {
    DISPUTE_MINOR_DEFAULT
}

impl Default for FeeSchedule {
    fn default() -> Self {
        Self {
            standard: Fee::DEFAULT,
            by_currency: BTreeMap::new(),
            dispute_minor: DISPUTE_MINOR_DEFAULT,
            dispute_by_currency: BTreeMap::new(),
        }
    }
}

impl FeeSchedule {
    /// The fee in a currency.
    pub fn fee_in(&self, currency: Currency) -> Fee {
        self.by_currency.get(currency.code()).copied().unwrap_or(self.standard)
    }

    /// The fee of a dispute, in minor units.
    pub fn dispute_fee_in(&self, currency: Currency) -> i64 {
        self.dispute_by_currency.get(currency.code()).copied().unwrap_or(self.dispute_minor)
    }

    /// The fee of an amount, in minor units.
    pub fn fee_of(&self, amount: Money) -> i64 {
        self.fee_in(amount.currency).of(amount.minor)
    }
}

/// A merchant's terms: its fees, and when its money is available. They apply to what is booked from then on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerTerms {
    /// The fees.
    #[serde(default)]
    pub fees: FeeSchedule,
    /// Days from a payment's capture until its money is available.
    #[serde(default = "delay_days_default")]
    pub delay_days: u16,
}

const fn delay_days_default() -> u16 {
    DELAY_DAYS_DEFAULT
}

impl Default for LedgerTerms {
    fn default() -> Self {
        Self { fees: FeeSchedule::default(), delay_days: DELAY_DAYS_DEFAULT }
    }
}

impl LedgerTerms {
    /// These terms with another fee: in one currency, or in all that have none of their own.
    #[must_use]
    pub fn with_fee(mut self, currency: Option<Currency>, fee: Fee) -> Self {
        match currency {
            None => self.fees.standard = fee,
            Some(currency) => {
                self.fees.by_currency.insert(currency.code().to_owned(), fee);
            }
        }
        self
    }

    /// These terms with another fee of disputes: in one currency, or in all that have none of their own.
    pub fn with_dispute_fee(mut self, currency: Option<Currency>, minor: i64) -> Result<Self, BadTerms> {
        if !(0..=AMOUNT_MINOR_MAX).contains(&minor) {
            return Err(BadTerms::Fixed);
        }
        match currency {
            None => self.fees.dispute_minor = minor,
            Some(currency) => {
                self.fees.dispute_by_currency.insert(currency.code().to_owned(), minor);
            }
        }
        Ok(self)
    }

    /// These terms with another delay.
    pub fn with_delay(self, delay_days: u16) -> Result<Self, BadTerms> {
        if delay_days > DELAY_DAYS_MAX { Err(BadTerms::Delay) } else { Ok(Self { delay_days, ..self }) }
    }

    /// These terms without a delay.
    #[must_use]
    pub fn without_delay(self) -> Self {
        Self { delay_days: 0, ..self }
    }

    /// When money that was captured at `at` is available.
    pub fn available_on(&self, at: Timestamp) -> Timestamp {
        at.plus_ms(i64::from(self.delay_days) * DAY_MS)
    }
}
