//! The fields of a request's body, with the checks of the published reference.

use serde_json::Value;
use tollgate_domain::{Currency, Money};

/// Why a request is refused: `CyberSource`'s reason.
pub(super) type Reason = &'static str;

/// Longest `clientReferenceInformation.code` and `.transactionId`, and longest amount, in characters.
const CODE_CHARS_MAX: usize = 50;
const TRANSACTION_ID_CHARS_MAX: usize = 30;
const AMOUNT_CHARS_MAX: usize = 12;

pub(super) fn text<'a>(body: &'a Value, pointer: &str) -> &'a str {
    body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn money(body: &Value, pointer: &str) -> Result<Money, Reason> {
    let (amount, currency) =
        (text(body, &format!("{pointer}/totalAmount")), text(body, &format!("{pointer}/currency")));
    if amount.is_empty() || currency.is_empty() {
        return Err("MISSING_FIELD");
    }
    let money = Currency::from_code(currency).and_then(|currency| Money::from_decimal(amount, currency));
    money.filter(|money| money.minor > 0 && amount.len() <= AMOUNT_CHARS_MAX).ok_or("INVALID_DATA")
}

/// The gateway's reference and the transaction id, which may be empty.
pub(super) fn reference(body: &Value) -> Result<(String, String), Reason> {
    let code = text(body, "/clientReferenceInformation/code");
    let transaction_id = text(body, "/clientReferenceInformation/transactionId");
    if code.is_empty() {
        return Err("MISSING_FIELD");
    }
    if code.len() > CODE_CHARS_MAX || transaction_id.len() > TRANSACTION_ID_CHARS_MAX {
        return Err("INVALID_DATA");
    }
    Ok((code.to_owned(), transaction_id.to_owned()))
}

/// The card's number, if all fields of the card are valid.
pub(super) fn card(body: &Value) -> Result<String, Reason> {
    let part = |name: &str| text(body, &format!("/paymentInformation/card/{name}"));
    let digits = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
    };
    let (number, month, year) = (part("number"), part("expirationMonth"), part("expirationYear"));
    if number.is_empty() || month.is_empty() || year.is_empty() {
        return Err("MISSING_FIELD");
    }
    if !digits(number, 12..=19) {
        return Err("INVALID_CARD");
    }
    let mastercard = part("type") == "002";
    let proof = body.get("consumerAuthenticationInformation");
    let proof_fits = proof.is_none_or(|proof| {
        let has = |name: &str| proof.get(name).is_some_and(Value::is_string);
        has("paSpecificationVersion")
            && if mastercard {
                has("ucafAuthenticationData") && has("ucafCollectionIndicator")
            } else {
                has("cavv")
            }
    });
    if !digits(month, 2..=2) || !digits(year, 4..=4) || !proof_fits {
        return Err("INVALID_DATA");
    }
    Ok(number.to_owned())
}
