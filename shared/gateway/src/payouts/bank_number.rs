//! What the number of a bank account has to look like.

use std::str::FromStr;

use iban::{Iban, IbanLike};
use tollgate_domain::bank_account::BankAccountRefusal;

/// Countries whose accounts are named by IBANs alone.
const IBAN_COUNTRIES: &[&str] = &[
    "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
    "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
];
/// Shortest and longest number of an account, in characters. An IBAN has at most 34.
const NUMBER_CHARS: std::ops::RangeInclusive<usize> = 4..=34;
/// Shortest and longest number of an account in the United States, in digits.
const US_NUMBER_DIGITS: std::ops::RangeInclusive<usize> = 4..=17;
/// Longest routing number, in characters.
const ROUTING_CHARS_MAX: usize = 20;

/// A bank's number and the number of an account, checked and without spaces.
pub(super) struct BankNumber {
    pub(super) routing: Option<String>,
    pub(super) account: String,
}

impl BankNumber {
    /// Checks the numbers of an account in a country.
    pub(super) fn check(
        country: &str,
        routing: Option<&str>,
        account: &str,
    ) -> Result<Self, BankAccountRefusal> {
        let bare = |text: &str| -> String {
            let kept = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
            kept.map(|c| c.to_ascii_uppercase()).collect()
        };
        let (account, routing) = (bare(account), routing.map(bare));
        let is_number =
            NUMBER_CHARS.contains(&account.len()) && account.chars().all(|c| c.is_ascii_alphanumeric());
        if !is_number {
            return Err(BankAccountRefusal::AccountNumber);
        }
        if country == "US" {
            if !is_aba_number(routing.as_deref().unwrap_or_default()) {
                return Err(BankAccountRefusal::RoutingNumber);
            }
            let is_us =
                US_NUMBER_DIGITS.contains(&account.len()) && account.bytes().all(|b| b.is_ascii_digit());
            return if is_us {
                Ok(Self { routing, account })
            } else {
                Err(BankAccountRefusal::AccountNumber)
            };
        }
        let begins_as_iban = account.starts_with(|first: char| first.is_ascii_alphabetic());
        if begins_as_iban || IBAN_COUNTRIES.contains(&country) {
            let iban = Iban::from_str(&account).map_err(|_| BankAccountRefusal::AccountNumber)?;
            if iban.country_code() != country {
                return Err(BankAccountRefusal::AccountNumber);
            }
        }
        let is_routing = |text: &String| {
            (1..=ROUTING_CHARS_MAX).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric())
        };
        if routing.as_ref().is_some_and(|text| !is_routing(text)) {
            return Err(BankAccountRefusal::RoutingNumber);
        }
        Ok(Self { routing, account })
    }

    /// The last four characters of the account number.
    pub(super) fn last4(&self) -> String {
        self.account[self.account.len().saturating_sub(4)..].to_owned()
    }
}

/// Whether a text is a routing number of the United States: nine digits whose weighted sum is a multiple of ten.
fn is_aba_number(text: &str) -> bool {
    const WEIGHTS: [u32; 9] = [3, 7, 1, 3, 7, 1, 3, 7, 1];
    let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(10)).collect();
    let Some(digits) = digits.filter(|digits| digits.len() == WEIGHTS.len()) else { return false };
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    sum > 0 && sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(country: &str, routing: Option<&str>, account: &str) -> Result<String, BankAccountRefusal> {
        BankNumber::check(country, routing, account).map(|number| number.last4())
    }

    #[test]
    fn numbers_of_each_country_are_checked() {
        assert_eq!(check("US", Some("110000000"), "000123456789"), Ok("6789".to_owned()));
        assert_eq!(check("DE", None, "de89 3704 0044 0532 0130 00"), Ok("3000".to_owned()));
        assert_eq!(check("GB", Some("10-88-00"), "00012345"), Ok("2345".to_owned()));
        assert_eq!(check("GB", None, "GB82WEST12345698765432"), Ok("5432".to_owned()));
        let (account, routing) =
            (Err(BankAccountRefusal::AccountNumber), Err(BankAccountRefusal::RoutingNumber));
        for (country, of_bank, number, refused) in [
            ("US", None, "000123456789", &routing),
            ("US", Some("110000001"), "000123456789", &routing),
            ("US", Some("000000000"), "000123456789", &routing),
            ("US", Some("１10000000"), "000123456789", &routing),
            ("US", Some("110000000"), "DE89370400440532013000", &account),
            ("US", Some("110000000"), "123456789012345678", &account),
            ("DE", None, "000123456789", &account),
            ("DE", None, "DE88370400440532013000", &account),
            ("FR", None, "DE89370400440532013000", &account),
            ("JP", None, "123", &account),
            ("JP", None, "ünf45678", &account),
            ("JP", Some("a/b"), "0001234", &routing),
        ] {
            assert_eq!(&check(country, of_bank, number), refused, "{country} {number}");
        }
    }
}
