//! Cards as payers enter them. Card numbers and security codes are never printed, logged or stored in the
//! clear.

use std::fmt;

use zeroize::Zeroizing;

use crate::{
    source::{Brand, Card},
    tenant::Mode,
    time::Timestamp,
};

/// A test card that fails the Luhn check although the APIs document it as declined. Test mode accepts it.
const LUHN_EXEMPT: &str = "4111111111111112";
/// How many years ahead an expiry may lie.
const EXPIRY_YEARS_AHEAD_MAX: u16 = 50;

/// A card number. `Debug` does not show it, and its memory is wiped on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct Pan(Zeroizing<String>);

/// A card's security code. It is validated and never stored or printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Cvc(Zeroizing<String>);

/// Why a card is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCard {
    /// Not 12 to 19 digits, or the check digit is wrong.
    #[error("the card number is not valid")]
    Number,
    /// No supported scheme issues such numbers.
    #[error("cards of this scheme are not accepted")]
    Scheme,
    /// Not a month from 1 to 12.
    #[error("the expiry month is not valid")]
    ExpiryMonth,
    /// Not a year, or one too far ahead.
    #[error("the expiry year is not valid")]
    ExpiryYear,
    /// The card has expired. Only checked in live mode, since the APIs' sample cards have expired.
    #[error("the card has expired")]
    Expired,
    /// The number of digits does not fit the scheme.
    #[error("the security code is not valid")]
    Cvc,
}

impl fmt::Debug for Pan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pan(…)")
    }
}

impl fmt::Debug for Cvc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cvc(…)")
    }
}

impl Pan {
    /// Parses a card number and checks its Luhn digit. Spaces and hyphens are dropped.
    pub fn parse(text: &str, mode: Mode) -> Result<Self, BadCard> {
        let mut digits = Zeroizing::new(String::with_capacity(text.len()));
        for c in text.chars() {
            match c {
                '0'..='9' => digits.push(c),
                ' ' | '-' => {}
                _ => return Err(BadCard::Number),
            }
        }
        let exempt = !mode.is_live() && digits.as_str() == LUHN_EXEMPT;
        if (12..=19).contains(&digits.len()) && (exempt || passes_luhn(&digits)) {
            Ok(Self(digits))
        } else {
            Err(BadCard::Number)
        }
    }

    /// The digits. Only for the processor and the vault.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The last four digits. Answers may show them.
    pub fn last4(&self) -> &str {
        &self.0[self.0.len() - 4..]
    }

    /// The scheme that issues such numbers.
    pub fn brand(&self) -> Option<Brand> {
        let head = |digits: usize| self.0[..digits].parse::<u32>().unwrap_or(0);
        let length = self.0.len();
        Some(match (head(1), head(2), head(3), head(4)) {
            (4, ..) if matches!(length, 13 | 16 | 19) => Brand::Visa,
            (_, 51..=55, ..) | (_, _, _, 2221..=2720) if length == 16 => Brand::Mastercard,
            (_, 34 | 37, ..) if length == 15 => Brand::Amex,
            (_, 65, ..) | (_, _, 644..=649, _) | (_, _, _, 6011) if length >= 16 => Brand::Discover,
            (_, 36 | 38 | 39, ..) | (_, _, 300..=305, _) if length >= 14 => Brand::Diners,
            (_, _, _, 3528..=3589) if length >= 16 => Brand::Jcb,
            (_, 62, ..) if length >= 16 => Brand::UnionPay,
            _ => return None,
        })
    }
}

impl Cvc {
    /// Parses a security code: four digits for American Express, three otherwise.
    pub fn parse(text: &str, brand: Brand) -> Result<Self, BadCard> {
        let length = if brand == Brand::Amex { 4 } else { 3 };
        if text.len() == length && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(Zeroizing::new(text.to_owned())))
        } else {
            Err(BadCard::Cvc)
        }
    }

    /// The digits. Only for the processor.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// A complete card, validated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnteredCard {
    /// The number.
    pub pan: Pan,
    /// The scheme.
    pub brand: Brand,
    /// Month of expiry, 1 to 12.
    pub exp_month: u8,
    /// Year of expiry, four digits.
    pub exp_year: u16,
}

impl EnteredCard {
    /// Validates a complete card. The security code is checked and dropped.
    pub fn check(
        number: &str,
        expiry: (i64, i64),
        cvc: Option<&str>,
        mode: Mode,
        now: Timestamp,
    ) -> Result<Self, BadCard> {
        let pan = Pan::parse(number, mode)?;
        let brand = pan.brand().ok_or(BadCard::Scheme)?;
        let (exp_month, exp_year) = check_expiry(expiry, mode, now)?;
        if let Some(cvc) = cvc {
            Cvc::parse(cvc, brand)?;
        }
        Ok(Self { pan, brand, exp_month, exp_year })
    }

    /// The details that answers show.
    pub fn shown(&self) -> Card {
        Card {
            brand: self.brand,
            last4: self.pan.last4().to_owned(),
            exp_month: self.exp_month,
            exp_year: self.exp_year,
            wallet: None,
        }
    }
}

/// The last four digits of a text that may be a card number. A fingerprint may hold no more of it.
pub fn last_four_digits(text: &str) -> String {
    let digits: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
    digits.iter().skip(digits.len().saturating_sub(4)).collect()
}

/// Validates an expiry (month, year). A two-digit year is in this century. A card is valid until the end of
/// its month, UTC; live mode refuses expired cards.
pub fn check_expiry((month, year): (i64, i64), mode: Mode, now: Timestamp) -> Result<(u8, u16), BadCard> {
    let exp_month = u8::try_from(month).ok().filter(|m| (1..=12).contains(m)).ok_or(BadCard::ExpiryMonth)?;
    let year = u16::try_from(year).map_err(|_| BadCard::ExpiryYear)?;
    let exp_year = if year < 100 { 2000 + year } else { year };
    let (this_year, this_month) = now.year_and_month();
    if !(1970..=this_year.saturating_add(EXPIRY_YEARS_AHEAD_MAX)).contains(&exp_year) {
        return Err(BadCard::ExpiryYear);
    }
    if mode.is_live() && (exp_year, exp_month) < (this_year, this_month) {
        return Err(BadCard::Expired);
    }
    Ok((exp_month, exp_year))
}

fn passes_luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(digit - b'0') * if place % 2 == 1 { 2 } else { 1 };
            value / 10 + value % 10
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_s(1_795_219_200); // 2026-11-21

    #[test]
    fn a_number_shows_its_scheme() {
        for (number, brand) in [
            ("4242 4242 4242 4242", Brand::Visa),
            ("5555-5555-5555-4444", Brand::Mastercard),
            ("2223003122003222", Brand::Mastercard),
            ("378282246310005", Brand::Amex),
            ("6011111111111117", Brand::Discover),
            ("30569309025904", Brand::Diners),
            ("3566002020360505", Brand::Jcb),
            ("6200000000000005", Brand::UnionPay),
        ] {
            assert_eq!(Pan::parse(number, Mode::Test).unwrap().brand(), Some(brand), "{number}");
        }
    }

    #[test]
    fn the_listed_decline_is_exempt_from_its_check_digit_in_test_mode_only() {
        assert!(Pan::parse(LUHN_EXEMPT, Mode::Test).is_ok());
        assert_eq!(Pan::parse(LUHN_EXEMPT, Mode::Live), Err(BadCard::Number));
        for bad in ["", "4242424242424241", "42", "4242x24242424242", "４２４２４２４２４２４２４２４２"]
        {
            assert_eq!(Pan::parse(bad, Mode::Test), Err(BadCard::Number), "{bad}");
        }
    }

    #[test]
    fn an_expired_card_is_wrong_in_live_mode_only() {
        assert_eq!(check_expiry((12, 25), Mode::Test, NOW), Ok((12, 2025)));
        assert_eq!(check_expiry((12, 25), Mode::Live, NOW), Err(BadCard::Expired));
        assert_eq!(check_expiry((11, 2026), Mode::Live, NOW), Ok((11, 2026)));
        assert_eq!(check_expiry((13, 2030), Mode::Test, NOW), Err(BadCard::ExpiryMonth));
        assert_eq!(check_expiry((0, 2030), Mode::Test, NOW), Err(BadCard::ExpiryMonth));
        for year in [-1, 100, 1969, 2100, 99_999] {
            assert_eq!(check_expiry((1, year), Mode::Test, NOW), Err(BadCard::ExpiryYear), "{year}");
        }
    }

    #[test]
    fn security_codes_have_the_schemes_length() {
        assert!(Cvc::parse("123", Brand::Visa).is_ok());
        assert!(Cvc::parse("1234", Brand::Amex).is_ok());
        for (bad, brand) in
            [("1234", Brand::Visa), ("123", Brand::Amex), ("12a", Brand::Visa), ("", Brand::Visa)]
        {
            assert!(Cvc::parse(bad, brand).is_err(), "{bad}");
        }
    }

    #[test]
    fn nothing_prints_a_number_or_a_code() {
        let card = EnteredCard::check("4242424242424242", (12, 2030), Some("987"), Mode::Test, NOW).unwrap();
        let text = format!("{card:?} {:?}", Cvc::parse("987", Brand::Visa));
        assert!(!text.contains("4242") && !text.contains("987"), "{text}");
    }

    proptest! {
        #[test]
        fn one_changed_digit_fails_the_check(at in 0..16_usize, by in 1..10_u8) {
            let mut digits = *b"4242424242424242";
            digits[at] = b'0' + (digits[at] - b'0' + by) % 10;
            let changed = String::from_utf8(digits.to_vec()).unwrap();
            prop_assert_eq!(Pan::parse(&changed, Mode::Live), Err(BadCard::Number));
        }

        #[test]
        fn any_text_is_a_card_number_or_an_error(text in "\\PC{0,30}") {
            if let Ok(pan) = Pan::parse(&text, Mode::Live) {
                prop_assert!(pan.reveal().bytes().all(|b| b.is_ascii_digit()));
                let _ = pan.brand();
            }
        }
    }
}
