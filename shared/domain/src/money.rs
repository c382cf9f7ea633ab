//! Money: an integer number of minor units of one currency, and only checked arithmetic.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The largest amount of one payment, in minor units, in every front door.
pub const AMOUNT_MINOR_MAX: i64 = 99_999_999;

/// Longest text that is read as a decimal amount.
const DECIMAL_CHARS_MAX: usize = 40;

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

    /// Reads an amount in major units, as a JSON number is written: `100`, `100.00`, `1.005e2`. Never by way of a binary
    /// float. `None` when it is not a number, does not fit, or has digits that the currency does not.
    pub fn from_decimal(text: &str, currency: Currency) -> Option<Self> {
        if text.len() > DECIMAL_CHARS_MAX {
            return None;
        }
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            None => (text, 0),
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        };
        let (major, minor) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
        if major.is_empty()
            || minor.is_empty()
            || !(major.bytes().chain(minor.bytes())).all(|b| b.is_ascii_digit())
        {
            return None;
        }
        let digits = format!("{major}{minor}");
        let digits = digits.trim_start_matches('0');
        if digits.is_empty() {
            return Some(Self { minor: 0, currency });
        }
        // The value is digits × 10^shift minor units.
        let shift = exponent
            .checked_sub(i64::try_from(minor.len()).ok()?)?
            .checked_add(i64::from(currency.exponent()))?;
        let value: i64 = if shift >= 0 {
            let scale = 10_i64.checked_pow(u32::try_from(shift).ok()?)?;
            digits.parse::<i64>().ok()?.checked_mul(scale)?
        } else {
            let cut = usize::try_from(-shift).ok()?;
            let kept = digits.len().checked_sub(cut).filter(|kept| *kept > 0)?;
            let (kept, lost) = digits.split_at(kept);
            if lost.bytes().any(|b| b != b'0') {
                return None;
            }
            kept.parse().ok()?
        };
        let minor = if negative { -value } else { value };
        Some(Self { minor, currency })
    }

    /// The amount in major units with exactly the currency's digits: `12.34`, `1234`, `1.234`.
    pub fn to_decimal(self) -> String {
        let digits = self.currency.exponent() as usize;
        let sign = if self.minor < 0 { "-" } else { "" };
        let text = format!("{:0>width$}", self.minor.unsigned_abs(), width = digits + 1);
        let (major, minor) = text.split_at(text.len() - digits);
        if digits == 0 { format!("{sign}{major}") } else { format!("{sign}{major}.{minor}") }
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
        Money { minor, currency: Currency::from_code(code).unwrap() }
    }

    #[test]
    fn decimals_have_the_currencys_own_digits() {
        assert_eq!(money(10000, "USD").to_decimal(), "100.00");
        assert_eq!(money(5, "usd").to_decimal(), "0.05");
        assert_eq!(money(1000, "JPY").to_decimal(), "1000");
        assert_eq!(money(1234, "KWD").to_decimal(), "1.234");
    }

    #[test]
    fn decimals_are_read_exactly_or_not_at_all() {
        let read = |text: &str, code: &str| {
            Money::from_decimal(text, Currency::from_code(code).unwrap()).map(|money| money.minor)
        };
        for (text, code, minor) in [
            ("100.00", "USD", 10000),
            ("100", "USD", 10000),
            ("100.5", "USD", 10050),
            ("0.29", "USD", 29),
            ("1e2", "USD", 10000),
            ("1.005E+2", "USD", 10050),
            ("10050e-2", "USD", 10050),
            ("100.500", "USD", 10050),
            ("1000.0", "JPY", 1000),
            ("1.234", "KWD", 1234),
            ("-5", "USD", -500),
            ("0", "USD", 0),
            ("0.00000", "USD", 0),
        ] {
            assert_eq!(read(text, code), Some(minor), "{text} {code}");
        }
        for (text, code) in [
            ("100.001", "USD"),
            ("0.5", "JPY"),
            ("1e-3", "USD"),
            ("", "USD"),
            (".", "USD"),
            ("1.", "USD"),
            (".5", "USD"),
            ("1,000", "USD"),
            ("NaN", "USD"),
            ("--1", "USD"),
            ("1e99", "USD"),
            ("1e99999999999999999999", "USD"),
            ("99999999999999999999999", "USD"),
            ("\"1\"", "USD"),
            ("true", "USD"),
        ] {
            assert_eq!(read(text, code), None, "{text} {code}");
        }
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
        fn a_decimal_is_read_back(minor in -1_000_000_000_i64..1_000_000_000, code in "USD|JPY|KWD") {
            let amount = money(minor, &code);
            prop_assert_eq!(Money::from_decimal(&amount.to_decimal(), amount.currency), Some(amount));
        }

        #[test]
        fn any_text_is_read_without_harm(text in "[-0-9.eE+]{0,45}") {
            let _ = Money::from_decimal(&text, Currency::from_code("USD").unwrap());
        }

        #[test]
        fn two_currencies_never_mix(a: i32, b: i32) {
            prop_assert_eq!(money(a.into(), "EUR").checked_add(money(b.into(), "USD")), None);
            prop_assert_eq!(money(a.into(), "EUR").checked_sub(money(b.into(), "USD")), None);
        }
    }
}
