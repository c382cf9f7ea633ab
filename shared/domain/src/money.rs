//! Money: an integer number of minor units of one currency, and only checked arithmetic.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The largest amount of one payment, in minor units, in every front door.
pub const MAX_AMOUNT_MINOR: i64 = 99_999_999;

/// A currency of ISO 4217.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// Reads a three-letter code in either case. Codes without a minor unit (precious metals, test codes) are not
    /// money that can be charged and are refused.
    pub fn from_code(code: &str) -> Option<Self> {
        if code.len() != 3 || !code.bytes().all(|b| b.is_ascii_alphabetic()) {
            return None;
        }
        let currency = iso_currency::Currency::from_code(&code.to_ascii_uppercase())?;
        currency.exponent()?;
        Some(Self(currency))
    }

    /// The upper-case code: `GBP`.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Digits after the decimal point in major units: 2 for GBP, 0 for JPY, 3 for KWD.
    pub fn exponent(self) -> u32 {
        self.0.exponent().map_or(2, u32::from)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::from_code(&code).ok_or_else(|| de::Error::custom("not a currency of ISO 4217"))
    }
}

/// An amount in minor units of a currency (1234 GBP is £12.34, 1234 JPY is ¥1234).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Minor units.
    pub minor: i64,
    /// The currency they are of.
    pub currency: Currency,
}

impl Money {
    /// The sum, or `None` when the currencies differ or the sum does not fit.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        (self.currency == other.currency)
            .then(|| self.minor.checked_add(other.minor))
            .flatten()
            .map(|minor| Self { minor, ..self })
    }

    /// The difference, or `None` when the currencies differ or it would be negative.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        (self.currency == other.currency)
            .then(|| self.minor.checked_sub(other.minor))
            .flatten()
            .filter(|minor| *minor >= 0)
            .map(|minor| Self { minor, ..self })
    }

    /// The amount in major units with exactly the currency's digits: `12.34`, `1234`, `1.234`.
    pub fn to_decimal(self) -> String {
        let digits = self.currency.exponent() as usize;
        let sign = if self.minor < 0 { "-" } else { "" };
        let text = format!("{:0>width$}", self.minor.unsigned_abs(), width = digits + 1);
        let (major, minor) = text.split_at(text.len() - digits);
        if digits == 0 {
            format!("{sign}{major}")
        } else {
            format!("{sign}{major}.{minor}")
        }
    }
}

impl fmt::Display for Money {
    /// For people: `12.34 GBP`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.to_decimal(), self.currency.code())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn money(minor: i64, code: &str) -> Money {
        Money {
            minor,
            currency: Currency::from_code(code).unwrap(),
        }
    }

    #[test]
    fn decimals_have_the_currencys_own_digits() {
        assert_eq!(money(10000, "USD").to_decimal(), "100.00");
        assert_eq!(money(5, "usd").to_decimal(), "0.05");
        assert_eq!(money(1000, "JPY").to_decimal(), "1000");
        assert_eq!(money(1234, "KWD").to_decimal(), "1.234");
    }

    #[test]
    fn only_codes_of_iso_4217_that_can_be_charged_are_currencies() {
        assert!(Currency::from_code("kes").is_some());
        for code in ["", "US", "USDT", "ZZZ", "XAU", "XXX", "U\0D", "€€€"] {
            assert!(Currency::from_code(code).is_none(), "{code}");
        }
    }

    proptest! {
        #[test]
        fn adding_and_taking_away_again_changes_nothing(a in 0..i64::MAX, b in 0..i64::MAX) {
            let (a, b) = (money(a, "EUR"), money(b, "EUR"));
            if let Some(sum) = a.checked_add(b) {
                prop_assert_eq!(sum.checked_sub(b), Some(a));
            } else {
                prop_assert!(a.minor.checked_add(b.minor).is_none());
            }
        }

        #[test]
        fn two_currencies_never_mix(a: i32, b: i32) {
            prop_assert_eq!(money(a.into(), "EUR").checked_add(money(b.into(), "USD")), None);
            prop_assert_eq!(money(a.into(), "EUR").checked_sub(money(b.into(), "USD")), None);
        }
    }
}
