//! Amounts for one unit, exact to twelve decimals of a minor unit.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::money::AMOUNT_MINOR_MAX;

/// Decimals that a unit amount may have.
const DECIMALS: usize = 12;
/// Parts of a minor unit.
const PARTS: i128 = 10_i128.pow(12);
/// Largest quantity that is multiplied.
pub const QUANTITY_MAX: u64 = 1_000_000_000_000;

/// An amount for one unit, in minor units with up to twelve decimals; never negative, and at most
/// [`AMOUNT_MINOR_MAX`]. It is stored and shown as a decimal text, as Stripe's `unit_amount_decimal`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnitAmount(i128);

/// A sum of unit amounts, which is rounded once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExactSum(i128);

impl UnitAmount {
    /// Whole minor units; `None` outside the bounds.
    pub fn from_minor(minor: i64) -> Option<Self> {
        (0..=AMOUNT_MINOR_MAX).contains(&minor).then(|| Self(i128::from(minor) * PARTS))
    }

    /// Reads a decimal number without sign and exponent, such as `0.05`. `None` if it is none, has more than twelve
    /// decimals or is too large.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let has_decimals = text.contains('.');
        if !is_number(whole) || (has_decimals && !is_number(decimals)) || decimals.len() > DECIMALS {
            return None;
        }
        let whole: i64 = whole.parse().ok().filter(|whole| *whole <= AMOUNT_MINOR_MAX)?;
        let decimals: i128 = format!("{decimals:0<DECIMALS$}").parse().ok()?;
        let parts = i128::from(whole) * PARTS + decimals;
        (parts <= i128::from(AMOUNT_MINOR_MAX) * PARTS).then_some(Self(parts))
    }

    /// The amount in minor units, if it is a whole number of them.
    pub fn minor(self) -> Option<i64> {
        if self.0 % PARTS == 0 { i64::try_from(self.0 / PARTS).ok() } else { None }
    }

    /// So many of it. Quantities above [`QUANTITY_MAX`] count as that.
    pub fn times(self, quantity: u64) -> ExactSum {
        ExactSum(self.0.saturating_mul(i128::from(quantity.min(QUANTITY_MAX))))
    }
}

impl ExactSum {
    /// The sum of both.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The sum in minor units; half a minor unit is rounded up.
    pub fn rounded(self) -> i64 {
        let rounded = self.0.saturating_add(PARTS / 2) / PARTS;
        i64::try_from(rounded).unwrap_or(i64::MAX)
    }
}

impl fmt::Display for UnitAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, decimals) = (self.0 / PARTS, self.0 % PARTS);
        if decimals == 0 {
            return write!(f, "{whole}");
        }
        let decimals = format!("{decimals:0>DECIMALS$}");
        write!(f, "{whole}.{}", decimals.trim_end_matches('0'))
    }
}

impl Serialize for UnitAmount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UnitAmount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("not a unit amount"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decimals_are_read_exactly_or_not_at_all() {
        for (text, shown) in [
            ("0", "0"),
            ("7", "7"),
            ("0.5", "0.5"),
            ("0.000000000001", "0.000000000001"),
            ("12.500", "12.5"),
            ("99999999", "99999999"),
            ("007", "7"),
        ] {
            assert_eq!(UnitAmount::parse(text).unwrap().to_string(), shown);
        }
        for text in
            ["", ".", "1.", ".5", "-1", "+1", "1e3", "0.0000000000001", "100000000", "99999999.1", "١"]
        {
            assert_eq!(UnitAmount::parse(text), None, "{text}");
        }
        assert_eq!(UnitAmount::from_minor(-1), None);
        assert_eq!(UnitAmount::parse("7").unwrap().minor(), Some(7));
        assert_eq!(UnitAmount::parse("7.5").unwrap().minor(), None);
    }

    #[test]
    fn a_sum_is_rounded_once() {
        let third = UnitAmount::parse("0.333333333333").unwrap();
        assert_eq!(third.times(3).rounded(), 1);
        assert_eq!(third.times(1).rounded(), 0);
        let half = UnitAmount::parse("0.5").unwrap();
        assert_eq!((half.times(1).rounded(), half.times(1).plus(half.times(2)).rounded()), (1, 2));
        let most = UnitAmount::from_minor(AMOUNT_MINOR_MAX).unwrap();
        assert_eq!(most.times(u64::MAX).rounded(), i64::MAX);
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(parts in 0..=i128::from(AMOUNT_MINOR_MAX) * PARTS, text: String) {
            let amount = UnitAmount(parts);
            prop_assert_eq!(UnitAmount::parse(&amount.to_string()), Some(amount));
            let stored = serde_json::to_string(&amount).unwrap();
            prop_assert_eq!(serde_json::from_str::<UnitAmount>(&stored).unwrap(), amount);
            let _ = UnitAmount::parse(&text);
        }
    }
}
